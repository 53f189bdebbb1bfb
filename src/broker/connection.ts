/** One client's connection: a state machine of bytes in and bytes out. */
import type { DisconnectCause, PeerAddress } from '../base/log-events.ts';
import type { Deadline } from '../base/timer-wheel.ts';
import { SecondConnect, UnexpectedTls } from '../protocol/decode.ts';
import { Decoder } from '../protocol/decoder.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Connect, Disconnect, Packet } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Exchange, Identity } from './access.ts';
import { acknowledged, completed, received, released } from './acknowledging.ts';
import type { Agreement } from './agreement.ts';
import { authenticate, connect, reauthenticate, refuse } from './handshake.ts';
import type { Broker } from './broker.ts';
import { causeOf } from './cause.ts';
import { LIMITS } from './limits.ts';
import type { Listener } from './limits.ts';
import { Newcomer } from './newcomers.ts';
import { Outlet } from './outlet.ts';
import type { OutletOwner } from './outlet.ts';
import { paceOf } from './pace.ts';
import type { Pace } from './pace.ts';
import type { Publisher } from './pressure.ts';
import { receivePublish } from './publishing.ts';
import type { Session } from './session.ts';
import { subscribe, unsubscribe } from './subscribing.ts';
import type { Wire } from './wire.ts';

export type ConnectionState =
  | { readonly name: 'new' }
  | { readonly name: 'authenticating'; readonly connect: Connect; readonly exchange: Exchange }
  | { readonly name: 'open'; readonly agreement: Agreement; readonly exchange?: Exchange }
  | { readonly name: 'closed' };

const NEW: ConnectionState = { name: 'new' };
const CLOSED: ConnectionState = { name: 'closed' };

/**
 * The transport calls `receive` with bytes, `drained` when the wire has room again and `lost` when the peer is
 * gone. While an access backend thinks, nothing is read, so that packets keep their order.
 */
export class Connection implements OutletOwner, Publisher, Deadline {
  readonly broker: Broker;
  readonly listener: Listener;
  readonly peer: PeerAddress;
  readonly outlet: Outlet;
  readonly decoder: Decoder;
  state: ConnectionState = NEW;
  second: number | undefined;
  readonly wire: Wire;
  /** What the transport has proved of the peer; set before the first byte. */
  identity: Identity | undefined;
  #heardAt: number;
  #waiting = false;
  #backlog: Uint8Array[] = [];
  /** Until it is let in. */
  #newcomer: Newcomer | undefined;
  /** Undefined while there is no rate to keep. */
  #pace: Pace | undefined;

  constructor(broker: Broker, wire: Wire, listener: Listener, peer: PeerAddress, identity?: Identity) {
    this.broker = broker;
    this.listener = listener;
    this.peer = peer;
    this.wire = wire;
    this.identity = identity;
    this.outlet = new Outlet(broker, wire, this, peer.address);
    const { maxPacketSize } = broker.settings;
    const { maxConnectBytes } = listener.settings;
    this.decoder = new Decoder({ sender: 'client', maxPacketSize, maxConnectBytes, topics: broker.topics });
    this.#heardAt = broker.now;
    this.#newcomer = new Newcomer(listener.guard.newcomers, this, this.#heardAt);
    broker.connections.add(this);
    broker.log.event('connectionOpened', { ...peer, listenerPort: listener.settings.port });
    broker.wheel.set(this, this.#heardAt + LIMITS.connectSeconds * 1000);
  }

  /** Bytes from the peer. */
  receive(chunk: Uint8Array): void {
    if (this.state.name === 'closed') return;
    this.broker.counters.bytesReceived += chunk.length;
    this.#heardAt = this.broker.now;
    if (this.#waiting) this.#holdBack(chunk);
    else if (this.outlet.isUnread) this.close(Reason.quotaExceeded, 'answers left unread');
    else if (this.#newcomer?.maySend(chunk.length) === false) this.close(Reason.quotaExceeded);
    else this.#take(chunk);
  }

  /** The transport gathers bytes of a frame before it hands them over: a newcomer has sent them all the same. */
  gather(bytes: number): void {
    if (this.#newcomer?.maySend(bytes) === false) this.close(Reason.quotaExceeded);
  }

  /** The wire is no longer full. */
  drained(): void {
    if (this.state.name === 'open') this.state.agreement.session.refill();
  }

  /** The peer has closed, or the transport failed; `error` is the system's text. */
  lost(error?: string): void {
    if (error === undefined) this.#finish('connection closed by client', true);
    else this.#finish('socket error', true, error);
  }

  /** Another connection has taken the client identifier. [MQTT-3.1.4-3] */
  takeOver(): void {
    this.close(Reason.sessionTakenOver);
  }

  /** The broker stops. */
  shutDown(): void {
    this.close(Reason.serverShuttingDown);
  }

  /** Tells a client of MQTT 5.0 why, and closes. The will is published, if nobody says no. [MQTT-4.13.1-1] */
  close(reasonCode: ReasonCode, detail?: string, willDue = true): void {
    if (this.state.name === 'open' && this.outlet.version === 5) {
      this.outlet.sendLast({ type: 'disconnect', reasonCode, properties: NO_PROPERTIES });
      this.broker.log.event('disconnectSent', { client: this.outlet.client, reasonCode });
    }
    this.#finish(causeOf(reasonCode), willDue, detail);
  }

  /** The rules have changed, and the pace with them. As Mosquitto, a client that would not be let in now goes, with no word and no will. */
  reconsider(): void {
    const { state, broker } = this;
    if (state.name !== 'open') return;
    if (broker.access.mayStay(state.agreement.session.principal)) this.#pace = paceOf(this, this.#pace);
    else this.#finish('normal', false);
  }

  /** Closes without a word to the peer. */
  abort(cause: DisconnectCause): void {
    this.#finish(cause, true);
  }

  /** Waits for an answer without reading on; a promise that rejects closes the connection. */
  await<T>(promise: Promise<T>, then: (value: T) => void): void {
    this.wait();
    promise.then(
      (value) => this.#resume(() => then(value)),
      (error: unknown) => this.#resume(() => this.#failed(error)),
    );
  }

  /** After a message was published: waits if all who receive it lag behind. The client itself is not waited for. */
  yieldToLaggard(session: Session): void {
    const { laggard, keptUp } = this.broker;
    if (laggard !== undefined && !keptUp && laggard !== session) laggard.hold(this);
  }

  /** Reads nothing until `goOn`. */
  wait(): void {
    this.#waiting = true;
    this.wire.pause();
  }

  /** Calls `then`, and goes on reading. */
  goOn(then: () => void = () => {}): void {
    this.#resume(then);
  }

  /** Whether it is we whom the peer waits for. */
  get isHeld(): boolean {
    return this.#waiting;
  }

  /** The client is known and its session is there: packets are handled from now on. */
  opened(agreement: Agreement): void {
    this.state = { name: 'open', agreement };
    this.#leaveNewcomers();
    this.#pace = paceOf(this, this.#pace);
    this.#scheduleKeepAlive(agreement.keepAliveSeconds);
  }

  /** The deadline: no CONNECT in time, or silence for one and a half times the keep alive. [MQTT-3.1.2-22] */
  wake(): void {
    const { state } = this;
    if (state.name !== 'open') {
      this.abort('exceeded timeout');
      return;
    }
    const limit = state.agreement.keepAliveSeconds * 1500;
    if (this.#waiting) this.#heardAt = this.broker.now; // it is we who do not listen
    if (this.broker.now - this.#heardAt >= limit) this.close(Reason.keepAliveTimeout);
    else this.broker.wheel.set(this, this.#heardAt + limit);
  }

  #leaveNewcomers(): void {
    this.#newcomer?.leave();
    this.#newcomer = undefined;
  }

  #scheduleKeepAlive(seconds: number): void {
    if (seconds === 0) this.broker.wheel.cancel(this);
    else this.broker.wheel.set(this, this.#heardAt + seconds * 1500);
  }

  #take(chunk: Uint8Array): void {
    this.decoder.push(chunk);
    if (this.#pace === undefined || this.#pace.received(chunk.length)) this.#handleAll();
  }

  #handleAll(): void {
    const { decoder, broker } = this;
    const most = broker.offered + LIMITS.offersAtOnce;
    try {
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        broker.counters.packetsReceived++;
        this.#handle(packet);
        if (this.#waiting || this.state.name === 'closed') return;
        if (broker.offered > most) {
          this.#letOthers();
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reject(error);
    }
  }

  /** What the chunk holds besides is for the next turn. */
  #letOthers(): void {
    this.wait();
    this.broker.afterTick(() => this.goOn());
  }

  #handle(packet: Packet): void {
    const { state, broker } = this;
    if (broker.journal !== undefined) broker.journal.touched = false;
    switch (state.name) {
      case 'open':
        this.#handleOpen(packet, state.agreement);
        break;
      case 'new':
        this.broker.counters.connects++;
        this.#newcomer?.moved(this.broker.now);
        if (packet.type === 'connect') connect(this, packet);
        break;
      case 'authenticating':
        this.#newcomer?.moved(this.broker.now);
        if (packet.type === 'auth') authenticate(this, state, packet);
        else if (packet.type === 'disconnect') this.#onDisconnect(packet);
        else throw new ProtocolError(Reason.protocolError, `${packet.type} before the CONNACK`); // [MQTT-3.1.2-30]
        break;
      case 'closed':
        break;
    }
  }

  #handleOpen(packet: Packet, { session }: Agreement): void {
    switch (packet.type) {
      case 'publish':
        if (this.#pace === undefined) receivePublish(this, session, packet);
        else this.#pace.publish(session, packet);
        break;
      case 'puback':
        acknowledged(this, session, packet);
        break;
      case 'pubrec':
        received(this, session, packet);
        break;
      case 'pubrel':
        released(this, session, packet);
        break;
      case 'pubcomp':
        completed(this, session, packet);
        break;
      case 'subscribe':
        subscribe(this, session, packet);
        break;
      case 'unsubscribe':
        unsubscribe(this, session, packet);
        break;
      case 'pingreq':
        this.#onPingreq();
        break;
      case 'disconnect':
        this.#onDisconnect(packet);
        break;
      case 'auth':
        reauthenticate(this, packet);
        break;
      case 'connect':
      case 'connack':
      case 'suback':
      case 'unsuback':
      case 'pingresp':
        throw new TypeError('the decoder lets no second CONNECT and no packet of a server pass');
    }
  }

  /** [MQTT-3.12.4-1] */
  #onPingreq(): void {
    const { log } = this.broker;
    const { client } = this.outlet;
    if (log.debug) log.event('pingreqReceived', { client });
    if (log.debug) log.event('pingrespSent', { client });
    this.outlet.send({ type: 'pingresp' });
  }

  #onDisconnect(packet: Disconnect): void {
    this.broker.log.event('disconnectReceived', {
      client: this.outlet.client,
      reasonCode: packet.reasonCode,
    });
    const expiry = packet.properties.sessionExpiryInterval;
    if (this.state.name === 'open' && expiry !== undefined) {
      const { session } = this.state.agreement;
      // [MQTT-3.1.2-23]: what began as 0 stays 0
      if (session.expiryInterval === 0 && expiry > 0) {
        throw new ProtocolError(Reason.protocolError, 'DISCONNECT that revives a session');
      }
      session.expiryInterval = expiry;
    }
    this.#finish('normal', packet.reasonCode !== Reason.success); // [MQTT-3.14.4-3]
  }

  /** The peer broke the protocol: it is told as its version allows, and closed. */
  #reject(error: ProtocolError): void {
    const { broker, outlet, peer, state, decoder } = this;
    const { client } = outlet;
    if (error instanceof SecondConnect) broker.log.event('secondConnect', { client, ...peer });
    else if (error instanceof UnexpectedTls && this.identity?.tls === undefined)
      broker.log.event('tlsOnPlainListener', peer);
    else broker.log.event('protocolError', { client, ...peer, problem: error.message });
    if (state.name === 'open') this.close(error.reasonCode, error.message);
    else refuse(this, decoder.version, error);
  }

  /** The rest of a CONNECT that was refused: closes with the cause that the reason code names. */
  refused(reasonCode: ReasonCode): void {
    this.#finish(causeOf(reasonCode), true);
  }

  #failed(error: unknown): void {
    this.broker.log.event('serverError', { text: `Error: An access check failed: ${String(error)}.` });
    this.close(Reason.implementationSpecificError);
  }

  #holdBack(chunk: Uint8Array): void {
    this.#backlog.push(chunk);
    if (this.#backlog.length > LIMITS.backlogChunks) this.close(Reason.quotaExceeded);
  }

  /** The answer is there: handles it, then what came meanwhile. */
  #resume(answer: () => void): void {
    const { journal } = this.broker;
    if (journal === undefined) this.#catchUp(answer);
    else journal.apart(() => this.#catchUp(answer));
  }

  #catchUp(answer: () => void): void {
    this.#waiting = false;
    this.#heardAt = this.broker.now; // it was we who did not listen
    if (this.state.name === 'closed') return;
    try {
      answer();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reject(error);
    }
    if (!this.#isReading()) return;
    this.#handleAll();
    while (this.#backlog.length > 0 && this.#isReading()) this.#take(this.#backlog.shift()!);
    if (this.#isReading()) this.wire.resume();
  }

  #isReading(): boolean {
    return !this.#waiting && this.state.name !== 'closed';
  }

  /** The end, once. `willDue`: the will was not taken back by the client. */
  #finish(cause: DisconnectCause, willDue: boolean, detail?: string): void {
    const { state, broker } = this;
    if (state.name === 'closed') return;
    this.state = CLOSED;
    this.#backlog = [];
    this.#leaveNewcomers();
    this.#pace?.stop();
    broker.wheel.cancel(this);
    broker.connections.delete(this);
    this.listener.connections--;
    this.wire.close();
    broker.log.event('clientDisconnected', {
      client: this.outlet.client,
      ...this.peer,
      cause,
      ...(detail !== undefined && { detail }),
    });
    if (state.name !== 'open') return;
    state.agreement.leave?.cancel();
    broker.sessions.disconnected(state.agreement.session, cause, willDue);
  }
}
