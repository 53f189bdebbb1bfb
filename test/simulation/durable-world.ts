/** A broker that crashes, the disk that outlives it, and hundreds of clients. */
import assert from 'node:assert/strict';
import type { Change } from '../../src/broker/change.ts';
import { restoreInto } from '../../src/broker/restore.ts';
import { snapshotOf } from '../../src/broker/snapshot.ts';
import { KeptState } from '../broker/kept-state.ts';
import { MemoryStore } from '../broker/memory-store.ts';
import { Rig } from '../broker/rig.ts';
import { Device } from './device.ts';
import { Random } from '../random.ts';
import { Ledger, RETAINED } from './ledger.ts';
import { Link } from './link.ts';
import type { LinkOwner } from './link.ts';
import type { Profile, Surroundings } from './profile.ts';

const SETTINGS = { maxQueuedMessages: 0, maxInflightMessages: 20, sysInterval: 0 } as const;

/** How large a run is. */
export interface Size {
  readonly devices: number;
  readonly topics: number;
  readonly steps: number;
}

export class DurableWorld implements Surroundings {
  readonly dice: Random;
  readonly ledger: Ledger = new Ledger();
  readonly store: MemoryStore = new MemoryStore();
  readonly devices: readonly Device[];
  hasFailed = false;
  crashes = 0;
  commits = 0;
  #rig: Rig;
  #ticks: (() => void)[] = [];
  #links: Link[] = [];
  #bornAt = 0;
  /** When the store failed last: what was due before that may have been lost by a crash since, and nobody was told that it was there. */
  #failedAt = 0;
  #isDiskFull = false;
  /** The last commit was refused: the next one is the same. */
  #isAgain = false;
  #failure: unknown;
  readonly #size: Size;

  constructor(seed: number, size: Size) {
    this.#size = size;
    this.dice = new Random(seed);
    this.store.isSlow = true;
    this.#rig = this.#start(undefined);
    this.devices = Array.from({ length: size.devices }, (_, at) => new Device(this.#profile(at), this));
    this.ledger.audience = this.devices;
  }

  get now(): number {
    return this.#rig.now;
  }

  dial(owner: LinkOwner): Link {
    const link = new Link(owner, () => this.now);
    const peer = { address: '10.0.0.1', port: 1 };
    link.connection = this.#rig.broker.accept(link, this.#rig.listener, peer);
    this.#links.push(link);
    return link;
  }

  abandon(link: Link): void {
    link.leave(this.dice.below(4));
    if (this.dice.chance(0.5)) link.notice();
  }

  hasWaited(link: Link, ms: number): boolean {
    return this.now >= Math.max(link.closedAt, this.#bornAt, this.#failedAt) + ms;
  }

  /** Lives through all steps, and sees to it that nothing is lost in the end. */
  async run(): Promise<void> {
    for (let step = 0; step < this.#size.steps; step++) {
      await this.#step();
      if (this.dice.chance(0.0004)) await this.calm();
    }
    await this.#finish();
  }

  async #step(): Promise<void> {
    const { dice, ledger } = this;
    ledger.step++;
    dice.pick(this.devices).act();
    if (dice.chance(0.2)) this.#runTicks();
    if (this.store.isBusy && dice.chance(0.15)) await this.#settle();
    if (!dice.chance(0.04)) return;
    const luck = dice.next();
    if (luck < 0.7) this.#pass(1 + dice.below(400));
    else if (luck < 0.9) this.#notice();
    else if (luck < 0.93) this.#isDiskFull = !this.#isDiskFull && dice.chance(0.5);
    else if (luck < 0.96) await this.#crash();
  }

  #runTicks(): void {
    for (const work of this.#ticks.splice(0)) work();
  }

  async #settle(): Promise<void> {
    if (!this.#isDiskFull) {
      this.store.settle();
      if (this.ledger.troubleUntil === Infinity) this.ledger.troubleUntil = this.ledger.step;
      this.commits++;
    } else {
      this.hasFailed = true;
      this.#failedAt = this.now;
      this.ledger.troubleUntil = Infinity;
      this.#isAgain = true;
      this.store.fail();
    }
    await Promise.resolve();
    await Promise.resolve();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #pass(ms: number): void {
    this.#rig.advance(ms);
    this.#links = this.#links.filter(({ closed }) => !closed);
  }

  /** The broker notices connections that have broken. */
  #notice(): void {
    const stale = this.#links.filter((link) => link.isStale);
    if (stale.length > 0) this.dice.pick(stale).notice();
  }

  /** The broker is gone, at once; another one begins with what is on the disk. */
  async #crash(): Promise<void> {
    const { dice, store } = this;
    this.crashes++;
    const at = this.now;
    for (const link of this.#links) if (!link.closed) link.crash(dice.below(4));
    this.#links = [];
    this.#ticks = [];
    store.cut(dice.chance(0.5));
    this.#isDiskFull = false;
    this.#isAgain = false;
    this.ledger.troubleUntil = Math.min(this.ledger.troubleUntil, this.ledger.step);
    this.#rig = this.#start(at + dice.below(3000));
    await Promise.resolve();
  }

  #start(now: number | undefined): Rig {
    const { store } = this;
    const afterTick = (work: () => void): void => {
      this.#ticks.push(work);
    };
    const rig = new Rig({
      settings: SETTINGS,
      log: false,
      store,
      afterTick,
      ...(now !== undefined && { now }),
    });
    store.began = (changes) => {
      try {
        this.#began(rig, changes);
      } catch (error) {
        this.#failure ??= error; // the journal would take it for a failure of the store
      }
    };
    store.state.check();
    restoreInto(rig.broker, store.load());
    this.#bornAt = rig.now;
    return rig;
  }

  /** What is committed is what there is, or was at the first try. Looked at now and then: it costs as much as there is. */
  #began({ broker }: Rig, changes: readonly Change[]): void {
    const isAgain = this.#isAgain;
    this.#isAgain = false;
    if (!this.dice.chance(200 / this.#size.steps)) return;
    const before = [...this.store.state.changes()];
    const after = KeptState.of(before, changes);
    after.check();
    if (!isAgain) assert.deepEqual(after.lines(), KeptState.of(snapshotOf(broker)).lines());
    const part = changes.slice(0, this.dice.below(changes.length + 1));
    const again = KeptState.of(before, part, changes, changes);
    assert.deepEqual(again.lines(), after.lines());
  }

  /** Everybody does only what is due, until nothing is: whoever waits for something has got it then. */
  async calm(): Promise<void> {
    this.#isDiskFull = false;
    for (let rounds = 0; ; rounds++) {
      assert.ok(rounds < 10_000, 'there is no end');
      if (await this.#quiet()) continue;
      const isStuck = this.#links.some(({ paused }) => paused) || this.#rig.broker.journal!.isFailing;
      if (!isStuck) break;
      this.#pass(1000);
    }
    this.#check();
  }

  async #quiet(): Promise<boolean> {
    this.ledger.step++;
    let moved = this.#ticks.length > 0 || this.store.isBusy;
    this.#runTicks();
    for (const device of this.devices) {
      const { link } = device;
      if (link?.carryUp(10) === true) moved = true;
      if (link?.carryDown(10) === true) moved = true;
      if (device.answer(10)) moved = true;
      else if (device.state === 'online' && this.store.isBusy && this.dice.chance(0.01)) device.ping();
    }
    if (this.store.isBusy) await this.#settle();
    return moved;
  }

  #check(): void {
    const { broker } = this.#rig;
    for (const device of this.devices) {
      assert.deepEqual(device.unfinished, [], `${device.profile.id} waits for ever`);
    }
    assert.equal(broker.journal!.behind, false);
    this.store.state.check();
    assert.deepEqual(this.store.state.lines(), KeptState.of(snapshotOf(broker)).lines());
    for (const topic of this.ledger.retainedTopics) {
      const message = broker.retained.get(topic, this.now);
      this.ledger.checkRetained(topic, message && Number(Buffer.from(message.payload).toString()));
    }
  }

  /** All come back and read all; then nothing is left but what is retained. */
  async #finish(): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      for (const device of this.devices) if (device.state === 'offline') device.connect();
      await this.calm();
    }
    const { broker } = this.#rig;
    const waiting = this.devices.filter(({ state }) => state !== 'online');
    assert.equal(waiting.length, 0, `${waiting.length} clients are not let in`);
    assert.deepEqual([...this.ledger.sharedOwed], [], 'shared messages that nobody got');
    for (const { clientId, outbound, inbound } of broker.sessions.values()) {
      assert.deepEqual([outbound.inflight, outbound.waiting, inbound.size], [0, 0, 0], clientId);
    }
    assert.equal(broker.stored.count, broker.retained.count);
    assert.equal(this.store.state.messages.size, broker.retained.count);
    assert.equal(this.store.state.deliveries.size, 0);
  }

  #profile(at: number): Profile {
    const { dice } = this;
    const { topics } = this.#size;
    const version = dice.pick([4, 5, 5] as const);
    const isMember = at % 20 === 0;
    const retains = dice.chance(0.25);
    const one = (): string => `a/${dice.below(topics)}`;
    const some = [...new Set([one(), one(), one(), `${RETAINED}${dice.below(this.#size.devices)}`])];
    return {
      id: `c${at}`,
      version,
      keeps: isMember ? 'always' : dice.pick(['nothing', 'briefly', 'always', 'always']),
      receiveMaximum: 1 + dice.below(8),
      filters: dice.chance(0.03) ? ['a/+', `${RETAINED}+`] : some,
      topics: [one(), one()],
      retainedTopic: retains ? `${RETAINED}${at}` : undefined,
      retainedQos: dice.pick([0, 1, 2]),
      hasWill: dice.chance(0.3),
      noLocal: version === 5 && dice.chance(0.1),
      isMember,
    };
  }
}
