/** A subscriber that keeps its session, and the state of QoS 2 that a client must keep. */
import { NO_PROPERTIES } from '../../src/protocol/index.ts';
import type { Packet, Publish, QoS } from '../../src/protocol/index.ts';
import type { Audience } from './audience.ts';
import type { Grant } from './coverage.ts';
import type { Random } from '../random.ts';
import { Seat } from './seat.ts';
import type { Stage } from './seat.ts';

export interface SubscriberOptions {
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly audience: Audience;
  /** In front of its filters: `$share/<name>/`, or nothing. */
  readonly share?: string;
  /** Subscribed first of all, and never given up. */
  readonly filters: readonly { readonly filter: string; readonly qos: QoS }[];
  /** Subscribed and unsubscribed as chance has it. */
  readonly roams?: readonly string[];
  /** The most milliseconds before it acknowledges. */
  readonly lazyMs: number;
  /** Of a step: that it goes, and for how many milliseconds at most. */
  readonly goes: number;
  readonly awayMs: number;
  /** Comes only when the load is over. */
  readonly sleeps?: boolean;
  /** Of a step: that it begins a new session. 5.0 only. */
  readonly renews?: number;
}

/** A SUBSCRIBE or an UNSUBSCRIBE without its answer. */
interface Request {
  readonly packetId: number;
  readonly filter: string;
  readonly grant: Grant | undefined;
}

interface Due {
  readonly packet: Packet;
  readonly at: number;
}

/**
 * Requests and their answers without anything else in between, before it is believed that nothing more comes. They are
 * SUBSCRIBE and UNSUBSCRIBE, as their answers wait for the store like all that may still come; PINGRESP would not.
 */
const QUIET = 3;

export class Subscriber {
  readonly #seat: Seat;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #options: SubscriberOptions;
  /** QoS 2 messages between PUBLISH and PUBREL: packet identifier to payload number. */
  readonly #held = new Map<number, number>();
  /** Acknowledgements in the order in which they go. */
  #due: Due[] = [];
  #request: Request | undefined;
  /** Filters that this member asked for itself: the others of a shared subscription ask for theirs. */
  readonly #asked = new Set<string>();
  #packetId = 0;
  #quiet = 0;
  /** The phase that it has taken notice of. */
  #phase = 0;

  constructor(stage: Stage, options: SubscriberOptions, random: Random) {
    this.#stage = stage;
    this.#options = options;
    this.#random = random;
    this.#seat = new Seat(stage, options, random, {
      opened: (sessionPresent) => this.#opened(sessionPresent),
      packet: (packet) => this.#packet(packet),
      closed: () => this.#closed(),
    });
  }

  get audience(): Audience {
    return this.#options.audience;
  }

  get connectedAt(): number {
    return this.#seat.connectedAt;
  }

  /** Has everything come that will come? */
  get isIdle(): boolean {
    return this.#phase === this.#stage.phaseNumber && this.#quiet >= QUIET;
  }

  get doing(): string {
    const held = [...this.#held].map((pair) => pair.join(':')).join(' ');
    const asks = this.#request?.filter ?? 'nothing';
    return `${this.#seat.state}, quiet ${this.#quiet}, asks ${asks}, ${this.#due.length} due, holds ${held}`;
  }

  step(now: number): void {
    const { phase, phaseNumber } = this.#stage;
    if (this.#phase !== phaseNumber) this.#begin(phase, phaseNumber);
    const asleep = this.#options.sleeps === true && phase === 'load' && this.#hasAll;
    if (!asleep) this.#seat.step(now);
    else if (this.#seat.isOpen) this.#seat.leave(true, 0);
    if (!this.#seat.isOpen) return;
    this.#acknowledge(now);
    this.#subscribe();
    if (phase === 'load') this.#wander();
    else if (phase !== 'publishers finish') this.#probe();
  }

  /** Everything has come: a PUBREL that is missing now never comes. */
  finished(): void {
    for (const [packetId, number] of this.#held)
      this.#stage.ledger.fault(
        'stuck',
        `${this.#seat.clientId} has no PUBREL ${packetId} for message ${number}`,
      );
    this.#held.clear();
  }

  /** Everybody comes for the end; for the second look everybody comes again. */
  #begin(phase: Stage['phase'], phaseNumber: number): void {
    this.#phase = phaseNumber;
    this.#quiet = 0;
    if (phase === 'second look') this.#seat.leave(true, 0);
    if (phase !== 'load') this.#seat.hurry();
  }

  get #hasAll(): boolean {
    const { filters, audience } = this.#options;
    return filters.every(({ filter }) => audience.has(filter));
  }

  #opened(sessionPresent: boolean): void {
    if (sessionPresent) return;
    this.#held.clear();
    this.#asked.clear();
    this.#options.audience.renewed();
  }

  #closed(): void {
    this.#due = [];
    this.#request = undefined;
    this.#quiet = 0;
  }

  #wander(): void {
    const { goes, awayMs, roams, renews = 0, audience } = this.#options;
    const random = this.#random;
    if (random.chance(goes)) this.#seat.leave(random.chance(0.5), random.between(0, awayMs));
    else if (random.chance(goes / 4)) this.#seat.takeOver();
    else if (random.chance(renews)) {
      audience.renew();
      this.#seat.renew();
    } else if (roams !== undefined && this.#request === undefined && random.chance(0.05))
      this.#roam(random.pick(roams));
  }

  #roam(filter: string): void {
    const subscribed = this.#options.audience.has(filter);
    if (subscribed && this.#random.chance(0.7)) this.#ask(filter, undefined);
    else this.#ask(filter, this.#random.pick([1, 2] as const));
  }

  /** Asks for what it must have, one after the other. */
  #subscribe(): void {
    if (this.#request !== undefined) return;
    const { filters, audience } = this.#options;
    const next = filters.find(({ filter }) => !audience.has(filter) || !this.#asked.has(filter));
    if (next !== undefined) this.#ask(next.filter, next.qos);
  }

  #ask(filter: string, qos: QoS | undefined): void {
    const { audience, share = '' } = this.#options;
    this.#packetId = (this.#packetId % 1000) + 1;
    const packetId = this.#packetId;
    audience.doubt(filter);
    if (qos === undefined) {
      this.#request = { packetId, filter, grant: undefined };
      const filters = [share + filter];
      return this.#seat.send({ type: 'unsubscribe', packetId, filters, properties: NO_PROPERTIES });
    }
    const identifier = this.#seat.version === 5 ? this.#identifier() : 0;
    this.#request = { packetId, filter, grant: { qos, identifier } };
    this.#seat.send({
      type: 'subscribe',
      packetId,
      subscriptions: [
        { filter: share + filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 2 },
      ],
      properties: identifier > 0 ? { subscriptionIdentifiers: [identifier] } : NO_PROPERTIES,
    });
  }

  /** Of a subscription: any, but for members of a shared one, who must not be told apart. */
  #identifier(): number {
    return this.#options.audience.isShared ? 1 : this.#random.between(2, 5000);
  }

  #packet(packet: Packet): void {
    if (packet.type !== 'suback' && packet.type !== 'unsuback') this.#quiet = 0;
    if (packet.type === 'publish') this.#publish(packet);
    else if (packet.type === 'pubrel') this.#release(packet.packetId);
    else if (packet.type === 'suback' || packet.type === 'unsuback')
      this.#answered(packet.packetId, packet.reasonCodes);
    else this.#stage.ledger.fault('broken', `${this.#seat.clientId} got ${packet.type}`);
  }

  #release(packetId: number): void {
    if (this.#stage.phase === 'second look')
      this.#stage.ledger.fault('stuck', `${this.#seat.clientId} got PUBREL ${packetId} again`);
    this.#held.delete(packetId);
    this.#later('pubcomp', packetId);
  }

  #answered(packetId: number, reasonCodes: readonly number[]): void {
    const request = this.#request;
    if (request?.packetId !== packetId) return;
    this.#request = undefined;
    this.#quiet += 1;
    const [code = 0] = reasonCodes;
    if (code >= 0x80) return this.#stage.ledger.fault('refused', `${this.#seat.clientId} got SUBACK ${code}`);
    this.#asked.add(request.filter);
    this.#options.audience.settle(request.filter, request.grant);
  }

  #publish(packet: Publish): void {
    const { packetId, qos } = packet;
    const number = Number.parseInt(new TextDecoder().decode(packet.payload.subarray(0, 16)), 10);
    if (this.#stage.phase === 'second look')
      this.#stage.ledger.fault('stuck', `${this.#seat.clientId} got message ${number} once more at the end`);
    const held = this.#held.get(packetId);
    if (qos === 2 && held !== undefined) {
      // [MQTT-4.3.3-10]: the same again, which a client must not take for another
      if (held !== number) this.#clash(packetId, held, number);
      return this.#later('pubrec', packetId);
    }
    this.#options.audience.receive(packet, this.#seat);
    if (qos === 2) this.#held.set(packetId, number);
    if (qos > 0) this.#later(qos === 2 ? 'pubrec' : 'puback', packetId);
  }

  #clash(packetId: number, held: number, number: number): void {
    this.#stage.ledger.fault(
      'stuck',
      `${this.#seat.clientId} got message ${number} under identifier ${packetId}, which ${held} still has`,
    );
  }

  #later(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number): void {
    const delay = this.#stage.phase === 'load' ? this.#random.between(0, this.#options.lazyMs) : 0;
    const at = Math.max(Date.now() + delay, this.#due.at(-1)?.at ?? 0);
    this.#due.push({ packet: { type, packetId, reasonCode: 0, properties: NO_PROPERTIES }, at });
    if (delay === 0) this.#acknowledge(Date.now());
  }

  #acknowledge(now: number): void {
    const { phase } = this.#stage;
    let count = 0;
    for (const { packet, at } of this.#due) {
      if (phase === 'load' && at > now) break;
      this.#seat.send(packet);
      count += 1;
    }
    if (count > 0) this.#due = this.#due.slice(count);
  }

  /** Asks for something that costs nothing, to see what comes before the answer. */
  #probe(): void {
    if (this.#request !== undefined || this.#due.length > 0) return;
    const filter = `probe/${this.#seat.clientId}`;
    this.#ask(filter, this.#options.audience.has(filter) ? undefined : 0);
  }
}
