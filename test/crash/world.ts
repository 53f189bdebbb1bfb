/** All clients of a run, and the phases that they go through together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { QoS } from '../../src/protocol/packet.ts';
import { Audience } from './audience.ts';
import { Bystander } from './bystander.ts';
import { Ledger } from './ledger.ts';
import type { Link } from './link.ts';
import { Publisher } from './publisher.ts';
import type { Item } from './publisher.ts';
import type { Random } from '../random.ts';
import { Retained } from './retained.ts';
import type { Stage } from './seat.ts';
import { Subscriber } from './subscriber.ts';
import type { SubscriberOptions } from './subscriber.ts';
import { WillBearer } from './will-bearer.ts';

/** Milliseconds between the steps of all clients. */
const STEP_MS = 4;
/** How long a load goes on at most, on a machine too slow for what it is to bring. */
const LOAD_MS = 20_000;
/** How long a connection of a dead broker may take to close. */
const CLOSING_MS = 1000;

/** Topics of the load: QoS and publisher are in the name, so that each has one of both. */
const TOPICS = [0, 1, 2].flatMap((n) => [`load/1/${n}`, `load/2/${n}`]);
/** Bytes beyond the number: mostly few, at times more than a page of a database. */
const PADDING = [0, 0, 10, 10, 100, 100, 1000, 9000] as const;

export class World implements Stage {
  readonly ledger: Ledger = new Ledger();
  readonly retained: Retained = new Retained(this.ledger);
  port: number | undefined;
  phase: Stage['phase'] = 'load';
  phaseNumber = 1;
  upSince = 0;
  readonly patienceMs: number;
  readonly keepsWills: boolean;
  readonly #links = new Set<Link>();
  readonly #publishers: readonly Publisher[];
  readonly #subscribers: readonly Subscriber[];
  readonly #bearers: readonly WillBearer[];
  readonly #bystanders: readonly Bystander[];

  constructor(random: Random, { patienceMs, keepsWills }: Pick<Stage, 'patienceMs' | 'keepsWills'>) {
    this.patienceMs = patienceMs;
    this.keepsWills = keepsWills;
    this.#publishers = this.#makePublishers(random);
    this.#subscribers = this.#makeSubscribers(random);
    const wills = this.#subscribers.find(({ audience }) => audience.name === 'heir')!.audience;
    this.#bearers = [0, 0, 1, 600, 600].map((delay, n) => {
      const clientId = `bearer-${n}-${delay}`;
      return new WillBearer(this, { clientId, delay, audience: wills }, random.fork(clientId));
    });
    this.#bystanders = ['bystander-0', 'bystander-1'].map(
      (clientId) => new Bystander(this, clientId, random.fork(clientId)),
    );
  }

  opened(link: Link): void {
    this.#links.add(link);
    void link.ended.then(() => this.#links.delete(link));
  }

  /** The broker is there: clients may come. */
  open(port: number): void {
    this.port = port;
    this.upSince = Date.now();
  }

  /** Clients do what they do for so many milliseconds, and on a slow machine until they have received so many messages. */
  async load(forMs: number, leastReceived: number): Promise<void> {
    this.#enter('load');
    const began = performance.now();
    const until = began + forMs;
    while (performance.now() < until || this.#lacks(leastReceived, began)) {
      this.#step();
      await sleep(Math.min(STEP_MS, Math.max(0, until - performance.now())));
    }
  }

  #lacks(leastReceived: number, began: number): boolean {
    return this.ledger.counts.received < leastReceived && performance.now() < began + LOAD_MS;
  }

  /** The broker is about to die. What the kernel still has from it is read after that, and counts. */
  close(isKilled: boolean): void {
    for (const bearer of this.#bearers) bearer.brokerDies(isKilled);
    this.port = undefined;
  }

  /** Waits until all connections to the dead broker are closed. */
  async closed(): Promise<void> {
    const closing = Promise.all([...this.#links].map(({ ended }) => ended));
    await Promise.race([closing, sleep(CLOSING_MS, undefined, { ref: false })]);
    for (const link of this.#links) link.fail();
  }

  /** Finishes everything that was begun, and judges it. */
  async judge(): Promise<void> {
    await this.#until('publishers finish', [...this.#publishers, ...this.#bearers]);
    await this.#until('subscribers finish', this.#subscribers);
    for (const subscriber of this.#subscribers) subscriber.finished();
    for (const sent of this.ledger.messages())
      for (const audience of this.#audiences) audience.judge(sent, this.#connectedAt(audience));
    await this.#until('second look', this.#subscribers);
    if (this.port !== undefined) await this.retained.audit(this.port, this.patienceMs);
    this.ledger.settle();
    for (const audience of this.#audiences) audience.prune();
    for (const bearer of this.#bearers) bearer.settle();
  }

  get #audiences(): Set<Audience> {
    return new Set(this.#subscribers.map(({ audience }) => audience));
  }

  #connectedAt(audience: Audience): number {
    return Math.max(
      ...this.#subscribers.filter((one) => one.audience === audience).map((one) => one.connectedAt),
    );
  }

  #enter(phase: Stage['phase']): void {
    this.phase = phase;
    this.phaseNumber += 1;
  }

  async #until(phase: Stage['phase'], all: readonly Finishing[]): Promise<void> {
    this.#enter(phase);
    const deadline = Date.now() + 4 * this.patienceMs;
    do {
      this.#step();
      await sleep(STEP_MS);
    } while (Date.now() < deadline && !all.every(({ isIdle }) => isIdle));
    for (const one of all)
      if (!one.isIdle) this.ledger.fault('stuck', `not finished in the phase “${phase}”: ${one.doing}`);
  }

  #step(): void {
    const now = Date.now();
    for (const publisher of this.#publishers) publisher.step(now);
    for (const subscriber of this.#subscribers) subscriber.step(now);
    for (const bearer of this.#bearers) bearer.step(now);
    for (const bystander of this.#bystanders) bystander.step();
  }

  #makePublishers(random: Random): readonly Publisher[] {
    const plain = [0, 1, 2].map((n) => {
      const clientId = `publisher-${n}`;
      const next = (source: Random): Item => loadItem(n, source);
      return new Publisher(this, { clientId, version: n === 0 ? 4 : 5, next }, random.fork(clientId));
    });
    const keeper = new Publisher(
      this,
      {
        clientId: 'keeper',
        version: 5,
        next: keptItem,
        sent: (sent, item) => this.retained.note(sent, item),
      },
      random.fork('keeper'),
    );
    return [
      ...plain,
      keeper,
      new Publisher(this, { clientId: 'brief', version: 5, next: briefItem }, random.fork('brief')),
    ];
  }

  #makeSubscribers(random: Random): readonly Subscriber[] {
    const { ledger } = this;
    const workers = new Audience(ledger, { name: 'workers', isShared: true });
    const plans: readonly Plan[] = [
      { clientId: 'steady', version: 5, filters: allLoad(2), lazyMs: 20, goes: 0.002, awayMs: 30 },
      { clientId: 'plain', version: 4, filters: allLoad(1), lazyMs: 40, goes: 0.004, awayMs: 60 },
      { clientId: 'absent', version: 4, filters: allLoad(2), lazyMs: 60, goes: 0.03, awayMs: 1500 },
      {
        clientId: 'heir',
        version: 5,
        filters: [{ filter: 'will/#', qos: 2 }],
        lazyMs: 5,
        goes: 0.01,
        awayMs: 200,
      },
      {
        clientId: 'sleeper',
        version: 5,
        filters: [{ filter: 'brief/#', qos: 1 }],
        lazyMs: 5,
        goes: 0,
        awayMs: 0,
        sleeps: true,
      },
      { clientId: 'roamer-4', version: 4, filters: [], roams: TOPICS, lazyMs: 10, goes: 0.01, awayMs: 40 },
      {
        clientId: 'roamer-5',
        version: 5,
        filters: [],
        roams: TOPICS,
        lazyMs: 10,
        goes: 0.005,
        awayMs: 100,
        renews: 0.003,
      },
      { ...worker('worker-0', 0.01), audience: workers },
      { ...worker('worker-1', 0.01), audience: workers },
    ];
    return plans.map((plan) => {
      const audience = plan.audience ?? new Audience(ledger, { name: plan.clientId });
      return new Subscriber(this, { ...plan, audience }, random.fork(plan.clientId));
    });
  }
}

/** Whoever takes part in a phase. */
interface Finishing {
  readonly isIdle: boolean;
  /** What it is waiting for, for a report. */
  readonly doing: string;
}

function allLoad(qos: QoS): SubscriberOptions['filters'] {
  return [{ filter: 'load/#', qos }];
}

type Plan = Omit<SubscriberOptions, 'audience'> & { readonly audience?: Audience };

function worker(clientId: string, goes: number): Plan {
  const filters = [{ filter: 'load/#', qos: 2 }] as const;
  return { clientId, version: 5, filters, share: '$share/workers/', lazyMs: 15, goes, awayMs: 100 };
}

function loadItem(publisher: number, random: Random): Item {
  const qos = random.pick([1, 2] as const);
  return { topic: `load/${qos}/${publisher}`, qos, retain: false, padding: random.pick(PADDING) };
}

/** Some topics that change often; an empty payload at times. */
function keptItem(random: Random): Item {
  const qos = random.pick([1, 2] as const);
  const padding = random.chance(0.15) ? undefined : random.pick(PADDING);
  return { topic: `kept/${qos}/${random.between(0, 19)}`, qos, retain: true, padding };
}

function briefItem(random: Random): Item {
  const qos = random.pick([1, 2] as const);
  const topic = `brief/${qos}`;
  return { topic, qos, retain: false, padding: 0, expiry: random.pick([1, 3600] as const) };
}
