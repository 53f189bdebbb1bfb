/** A broker of the test with a listener for WebSocket on a port of its own. Time and access are the test's. */
import type { Socket } from 'node:net';
import type { LogEvents } from '../../src/base/log-events.ts';
import { arrive } from '../../src/transport/arrival.ts';
import type { Door } from '../../src/transport/arrival.ts';
import { Flusher } from '../../src/transport/flusher.ts';
import { listen } from '../../src/transport/listener.ts';
import type { OpenListener } from '../../src/transport/listener.ts';
import { WebSocketReception } from '../../src/transport/websocket.ts';
import type { WebSocketRules } from '../../src/transport/websocket.ts';
import { Rig } from '../broker/rig.ts';
import type { RigOptions } from '../broker/rig.ts';
import { Visitor } from './visitor.ts';

export interface StandOptions extends RigOptions {
  readonly rules?: Partial<WebSocketRules>;
  /** Frames and bytes that wait for a slow client before its wire is full. */
  readonly limits?: { readonly frames: number; readonly bytes: number };
}

const RULES: WebSocketRules = {
  origins: new Set(),
  headBytes: 4096,
  packetBytes: 2_000_000,
  compression: false,
  files: undefined,
};

/** It closes with the block that declares it (`await using`). */
export class Stand implements AsyncDisposable {
  readonly rig: Rig;
  readonly reception: WebSocketReception;
  readonly #sockets = new Set<Socket>();
  #listener: OpenListener | undefined;

  private constructor(options: StandOptions) {
    this.rig = new Rig(options);
    this.reception = new WebSocketReception({ ...RULES, ...options.rules });
  }

  static async open(options: StandOptions = {}): Promise<Stand> {
    const stand = new Stand(options);
    const { limits = { frames: 0, bytes: 1_000_000 } } = options;
    const door: Door = {
      limits: () => limits,
      flusher: new Flusher(),
      accept: (wire, peer, identity) => stand.rig.broker.accept(wire, stand.rig.listener, peer, identity),
    };
    stand.#listener = await listen({
      place: { port: 0, host: '127.0.0.1', family: 4 },
      noDelay: true,
      arrived: (socket, peer) => {
        stand.#sockets.add(socket);
        socket.once('close', () => stand.#sockets.delete(socket));
        arrive(socket, peer, door, { webSockets: stand.reception });
      },
      failed: (error) => {
        throw error;
      },
    });
    return stand;
  }

  get port(): number {
    return this.#listener!.address.port;
  }

  /** The server's end of the connections that are open, oldest first. */
  get sockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  /** How the connection that ended first ended, and the words for it, if it had any. */
  async end(): Promise<{ cause: string; problem: string | undefined }> {
    const [ended] = await this.logged('clientDisconnected');
    return { cause: ended!.cause, problem: this.rig.logged('protocolError')[0]?.problem };
  }

  /** Waits until the log tells of it. */
  async logged<E extends 'clientDisconnected' | 'clientConnected' | 'connectionOpened'>(
    event: E,
  ): Promise<readonly LogEvents[E][]> {
    for (;;) {
      const found = this.rig.logged(event);
      if (found.length > 0) return found;
      await this.rig.settle();
    }
  }

  /** Waits until all connections have gone. */
  async empty(): Promise<void> {
    for (const socket of this.#sockets) {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once('close', () => resolve()); // `once` of node:events would count a reset as a failure
      await promise;
    }
  }

  enter(options?: Parameters<typeof Visitor.enter>[1]): Promise<Visitor> {
    return Visitor.enter(this.port, options);
  }

  visit(): Promise<Visitor> {
    return Visitor.open(this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reception.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#listener!.close();
  }
}
