/** A client identifier whose session outlives its connections: comes, goes, comes back, takes over. */
import { NO_PROPERTIES, Reason } from '../../src/protocol/index.ts';
import type { Connack, Packet, Will } from '../../src/protocol/index.ts';
import type { Ledger } from './ledger.ts';
import { Link } from './link.ts';
import type { Random } from '../random.ts';

/** What all clients share. */
export interface Stage {
  readonly ledger: Ledger;
  /** Where the broker listens; undefined while it is down, or not open to clients yet. */
  readonly port: number | undefined;
  /** Nothing new is begun, what was begun is finished; then what is left is looked at. */
  readonly phase: 'load' | 'publishers finish' | 'subscribers finish' | 'second look';
  /** Counts the phases, so that a client sees that one has begun. */
  readonly phaseNumber: number;
  /** When the broker was there again, milliseconds since 1970. */
  readonly upSince: number;
  /** How long something that must come is waited for, milliseconds. Only what is lost uses it up. */
  readonly patienceMs: number;
  /** Is a will that waits kept when the broker is stopped? Else it may be published before its time. */
  readonly keepsWills: boolean;
  /** Every link is ended before the broker starts again. */
  opened(link: Link): void;
}

export interface SeatOptions {
  readonly clientId: string;
  readonly version: 4 | 5;
  /** Seconds, in 5.0. */
  readonly expiry?: number;
  /** Made anew for each CONNECT. */
  readonly will?: () => Will;
}

/** What its client does with it. */
export interface SeatOwner {
  /** CONNACK has come. */
  opened(sessionPresent: boolean): void;
  packet(packet: Packet): void;
  /** The connection is gone, whoever ended it. */
  closed(): void;
}

const KEEP_ALIVE_SECONDS = 300;

export class Seat {
  readonly version: 4 | 5;
  readonly clientId: string;
  readonly #stage: Stage;
  readonly #options: SeatOptions;
  readonly #owner: SeatOwner;
  readonly #random: Random;
  #link: Link | undefined;
  #open = false;
  /** When it comes back, milliseconds since 1970. */
  #backAt = 0;
  /** Was it told that its session is there? */
  #promised = false;
  #clean = false;
  /** When it sent its last CONNECT, milliseconds since 1970. */
  connectedAt = 0;
  /** When its last connection ended. */
  leftAt = 0;

  constructor(stage: Stage, options: SeatOptions, random: Random, owner: SeatOwner) {
    this.#stage = stage;
    this.#options = options;
    this.#owner = owner;
    this.#random = random;
    this.version = options.version;
    this.clientId = options.clientId;
  }

  /** May packets be sent? */
  get isOpen(): boolean {
    return this.#open;
  }

  get isAway(): boolean {
    return this.#link === undefined;
  }

  /** For a report. */
  get state(): string {
    return `${this.clientId} is ${this.#open ? 'open' : this.isAway ? 'away' : 'connecting'}`;
  }

  /** Connects when it is time to; `now`: milliseconds since 1970. */
  step(now: number): void {
    if (this.#link === undefined && this.#stage.port !== undefined && now >= this.#backAt) this.#connect();
  }

  send(packet: Packet): void {
    this.#link?.send(packet);
  }

  /** Goes, with DISCONNECT or in the middle of whatever it is, and comes back after so many milliseconds. */
  leave(polite: boolean, backInMs: number): void {
    const link = this.#gone(backInMs);
    if (link === undefined) return;
    if (!polite) return link.cut();
    link.send({ type: 'disconnect', reasonCode: Reason.success, properties: NO_PROPERTIES });
    link.end();
  }

  /** Comes back now, wherever it is. */
  hurry(): void {
    this.#backAt = 0;
  }

  /** Connects a second time, and leaves it to the broker to close the first connection. */
  takeOver(): void {
    this.#gone(0)?.abandon();
    this.step(Date.now());
  }

  /** Its next session is to begin without the past. 5.0 only: before it such a session is not kept. */
  renew(): void {
    this.#clean = true;
    this.takeOver();
  }

  #gone(backInMs: number): Link | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#open = false;
    this.#backAt = Date.now() + backInMs;
    if (link === undefined) return undefined;
    this.leftAt = Date.now();
    this.#owner.closed();
    return link;
  }

  #connect(): void {
    const { port, ledger } = this.#stage;
    if (port === undefined) return;
    const link: Link = new Link(port, this.version, {
      packet: (packet) => this.#packet(packet),
      closed: (problem) => this.#closed(link, problem),
    });
    this.#link = link;
    this.#stage.opened(link);
    this.connectedAt = Date.now();
    ledger.tick();
    const { clientId, expiry = FOR_EVER, will } = this.#options;
    link.send({
      type: 'connect',
      version: this.version,
      bridge: false,
      clientId,
      cleanStart: this.#clean,
      keepAliveSeconds: KEEP_ALIVE_SECONDS,
      properties: this.version === 5 ? { sessionExpiryInterval: expiry } : NO_PROPERTIES,
      ...(will === undefined ? {} : { will: will() }),
    });
  }

  #packet(packet: Packet): void {
    if (packet.type === 'connack') this.#connack(packet);
    else if (packet.type === 'disconnect') this.#disconnected(packet.reasonCode);
    else this.#owner.packet(packet);
  }

  #disconnected(reasonCode: number): void {
    const { ledger, port } = this.#stage;
    const isGoingDown = port === undefined && reasonCode === Reason.serverShuttingDown;
    if (!isGoingDown) ledger.fault('refused', `${this.clientId} got DISCONNECT ${reasonCode}`);
  }

  #connack({ reasonCode, sessionPresent }: Connack): void {
    const { ledger } = this.#stage;
    if (reasonCode !== 0) {
      ledger.fault('refused', `${this.clientId} got CONNACK ${reasonCode}`);
      return this.leave(false, this.#random.between(10, 100));
    }
    if (this.#clean && sessionPresent)
      ledger.fault('sessions', `${this.clientId} asked for a new session and got the old one`);
    if (this.#promised && !this.#clean && !sessionPresent)
      ledger.fault('sessions', `${this.clientId} had a session, and it is not there`);
    this.#promised = true;
    this.#clean = false;
    this.#open = true;
    this.#owner.opened(sessionPresent);
  }

  #closed(link: Link, problem: string | undefined): void {
    if (link !== this.#link) return;
    const { ledger, port } = this.#stage;
    if (problem !== undefined) ledger.fault('broken', `${this.clientId}: ${problem}`);
    else if (this.#open && port !== undefined) ledger.fault('refused', `${this.clientId} was disconnected`);
    this.#gone(this.#random.between(0, 20));
  }
}

/** Session Expiry Interval. */
const FOR_EVER = 0xffff_ffff;
