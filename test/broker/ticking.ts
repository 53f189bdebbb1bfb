/** A broker with a store: the test says when a tick ends, how long a commit takes, and when all begins anew. */
import assert from 'node:assert/strict';
import type { Change } from '../../src/broker/change.ts';
import { restoreInto } from '../../src/broker/restore.ts';
import { snapshotOf } from '../../src/broker/snapshot.ts';
import type { Client, ConnectOptions } from './client.ts';
import { KeptState } from './kept-state.ts';
import { MemoryStore } from './memory-store.ts';
import { Rig } from './rig.ts';
import type { RigOptions } from './rig.ts';

export class Ticking {
  readonly store: MemoryStore;
  readonly rig: Rig;
  #work: (() => void)[] = [];

  constructor(options: RigOptions = {}, store: MemoryStore = new MemoryStore()) {
    this.store = store;
    this.rig = new Rig({ ...options, store, afterTick: (work) => this.#work.push(work) });
    restoreInto(this.rig.broker, store.load());
  }

  /** The broker is gone, with all its connections; another one begins with what is on the disk, so much later. */
  restart(ms = 0, options: RigOptions = {}): Ticking {
    this.store.cut(false);
    return new Ticking({ ...options, now: this.rig.now + ms }, new MemoryStore(this.store.state));
  }

  /** The tick ends: what it has changed is committed. */
  async tick(): Promise<void> {
    for (const work of this.#work.splice(0)) work();
    await this.rig.settle();
  }

  /** The kinds of changes of the last batch. */
  get kinds(): readonly Change['kind'][] {
    return this.store.batches.at(-1)!.map(({ kind }) => kind);
  }

  /** A client that is connected, and whose session is kept: CONNACK has come. */
  async connect(clientId: string, options: ConnectOptions = {}): Promise<Client> {
    const client = this.rig.open();
    client.connect(clientId, {
      ...((options.version ?? 5) === 5 && { expiry: 1000 }),
      cleanStart: false,
      ...options,
    });
    await this.tick();
    client.connack = client.expect('connack', { reasonCode: 0 });
    return client;
  }

  /** One that has subscribed to `t` at QoS 2. */
  async keeper(): Promise<Client> {
    const client = await this.connect('keeper');
    client.sendSubscribe('t', 2);
    await this.tick();
    client.expect('suback', { reasonCodes: [2] });
    return client;
  }

  /** From now on commits take until the test settles them. */
  hang(): void {
    this.store.isSlow = true;
  }

  /** The commit under way is done, and so are those that come. */
  async settle(): Promise<void> {
    this.store.isSlow = false;
    this.store.settle();
    await this.rig.settle();
  }

  /** The store can take nothing, until `recover`. */
  async breakDown(): Promise<void> {
    this.hang();
    this.rig.publish('broken', 'x', { retain: true });
    await this.tick();
    this.store.fail();
    await this.rig.settle();
  }

  /** The store takes all again. */
  async recover(): Promise<void> {
    this.rig.advance(1000);
    await this.settle();
  }

  /** The disk has all that there is. */
  check(): void {
    this.store.state.check();
    assert.deepEqual(this.store.state.lines(), KeptState.of(snapshotOf(this.rig.broker)).lines());
  }
}
