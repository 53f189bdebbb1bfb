/** The stream under the wire of a WebSocket client: what is written leaves in binary frames. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { DisconnectCause } from '../base/log-events.ts';
import type { Connection } from '../broker/connection.ts';
import { LIMITS } from '../broker/limits.ts';
import type { WireStream } from './socket-wire.ts';

/** Status codes of a Close frame. RFC 6455 §7.4.1 */
const CLOSE = { normal: 1000, unsupportedData: 1003, messageTooBig: 1009 } as const;

/** How the log names what the library finds wrong with frames; everything else is a protocol error. */
const CAUSES: Readonly<Record<string, DisconnectCause>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'oversize packet',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'oversize packet',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'quota exceeded',
};

type State =
  /** HTTP; the connection has nothing to say yet. */
  | { readonly name: 'request' }
  | { readonly name: 'frames'; readonly connection: Connection; readonly webSocket: WebSocket }
  /** The connection is over, and the socket belongs to whoever answers the request. */
  | { readonly name: 'released' };

const REQUEST: State = { name: 'request' };
const RELEASED: State = { name: 'released' };

/**
 * A tick's frames of MQTT are written as one binary frame. Frames of MQTT and of WebSocket need not match, in either
 * direction. [MQTT-6.0.0-2]
 */
export class WebSocketStream implements WireStream {
  readonly #socket: Socket;
  #state: State = REQUEST;
  #paused = false;
  /** What came in the same chunk as the packet at which the connection began to wait. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Until CONNACK. */
  #isStranger = false;
  #room = 0;
  #left: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get writableLength(): number {
    return this.#state.name === 'frames' ? this.#state.webSocket.bufferedAmount : 0;
  }

  get destroyed(): boolean {
    return this.#state.name === 'released' || this.#socket.destroyed;
  }

  /** The request was granted: from now on messages go to and fro. `left`: the client is no stranger any more, or gone. */
  begin(webSocket: WebSocket, connection: Connection, left?: () => void): void {
    this.#state = { name: 'frames', webSocket, connection };
    webSocket.binaryType = 'fragments';
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on('error', (error) => this.#onError(error));
    this.#isStranger = true;
    this.#room = connection.listener.settings.maxConnectBytes + LIMITS.webSocketSpareBytes;
    this.#left = left;
    this.#socket.on('data', this.#onChunk);
    this.#socket.on('close', this.#leave);
  }

  /** Gives the socket away. True once: a second request on the same socket is not answered. */
  release(): boolean {
    if (this.#state.name !== 'request') return false;
    this.#state = RELEASED;
    return true;
  }

  /** The connection writes nothing before a CONNECT came in a frame; the first is the answer to that. */
  write(bytes: Uint8Array, taken: () => void): void {
    if (this.#state.name !== 'frames') return;
    const { connection, webSocket } = this.#state;
    if (this.#isStranger && connection.state.name === 'open') this.#leave();
    webSocket.send(bytes, taken);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    this.#paused = true;
    if (this.#state.name === 'frames') this.#state.webSocket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#held.length > 0) setImmediate(this.#deliverHeld);
    else if (this.#state.name === 'frames') this.#state.webSocket.resume();
  }

  destroySoon(): void {
    switch (this.#state.name) {
      case 'request':
        this.#socket.destroy();
        break;
      case 'frames':
        this.#closeFrames(this.#state.webSocket);
        break;
      case 'released':
        break;
    }
  }

  once(event: 'close', closed: () => void): void {
    this.#socket.once(event, closed);
  }

  destroy(): void {
    if (this.#state.name !== 'released') this.#socket.destroy();
  }

  /** The peer may answer our Close frame or just go; what it sends meanwhile is read and forgotten. */
  #closeFrames(webSocket: WebSocket): void {
    const isCompressing = webSocket.bufferedAmount > this.#socket.writableLength;
    webSocket.close(CLOSE.normal);
    this.#held = [];
    this.resume();
    if (!isCompressing) this.#socket.end(); // else the library ends it, after the answer
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.#refuse(CLOSE.unsupportedData, 'protocol error', 'WebSocket message of text'); // [MQTT-6.0.0-1]
      return;
    }
    for (const bytes of data as Buffer[]) this.#deliver(bytes);
  }

  /** In order: what comes while something is held back is held back too. */
  #deliver(bytes: Uint8Array): void {
    if (this.#state.name !== 'frames') return;
    const { connection } = this.#state;
    if (!this.#paused && this.#held.length === 0) connection.receive(bytes);
    else if (this.#heldBytes > LIMITS.webSocketHeldBytes) connection.abort('quota exceeded');
    else {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    }
  }

  readonly #deliverHeld = (): void => {
    if (this.#paused || this.#held.length === 0) return;
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#deliver(bytes);
    if (!this.#paused) this.resume();
  };

  /** The library has told the peer with a Close frame. */
  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state.name !== 'frames') return;
    breakOff(this.#state.connection, CAUSES[error.code ?? ''] ?? 'protocol error', error.message);
  }

  /** Nothing more is read: the library would go on gathering. */
  #refuse(code: number, cause: DisconnectCause, problem: string): void {
    if (this.#state.name !== 'frames') return;
    this.#state.webSocket.close(code);
    breakOff(this.#state.connection, cause, problem);
    this.#socket.destroySoon();
  }

  /**
   * The library gathers a message before it shows it, and messages may be as large as the largest packet. Who has not
   * been let in yet gets no more room than a CONNECT needs.
   */
  readonly #onChunk = (chunk: Buffer): void => {
    if (this.#state.name !== 'frames') return;
    const { connection } = this.#state;
    this.#room -= chunk.length;
    if (connection.state.name === 'open') this.#leave();
    else if (this.#room >= 0) connection.gather(chunk.length);
    else
      this.#refuse(CLOSE.messageTooBig, 'oversize packet', 'WebSocket message before CONNACK is too large');
  };

  /** The client has been let in, or has gone. */
  readonly #leave = (): void => {
    this.#socket.off('data', this.#onChunk);
    this.#socket.off('close', this.#leave);
    this.#left?.();
    this.#left = undefined;
    this.#isStranger = false;
  };
}

/** Ends a connection whose peer broke the rules below MQTT. There is no word of MQTT for that. */
export function breakOff(connection: Connection, cause: DisconnectCause, problem: string): void {
  const { broker, outlet, peer } = connection;
  if (connection.state.name === 'closed') return;
  broker.log.event('protocolError', { client: outlet.client, ...peer, problem });
  connection.abort(cause);
}
