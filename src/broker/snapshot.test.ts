/** The disk and the broker tell the same story, whatever happens and however often it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../test/broker/client.ts';
import { KeptState } from '../../test/broker/kept-state.ts';
import { Ticking } from '../../test/broker/ticking.ts';
import { runs } from '../../test/runs.ts';
import type { QoS } from '../protocol/packet.ts';
import type { Change } from './change.ts';
import { snapshotOf } from './snapshot.ts';

type Step = readonly [name: string, run: (story: Story) => void | Promise<void>];

const IDS = ['a', 'b', 'c'] as const;

class Story {
  on: Ticking = new Ticking({ settings: { maxInflightMessages: 2, maxQueuedMessages: 3 }, log: false });
  clients: (Client | undefined)[] = [];
  #failure: unknown;
  #refused: readonly Change[] = [];
  /** What the broker had when the commit under way was tried first. */
  #told: readonly string[] = [];

  constructor() {
    this.begin(this.on);
  }

  begin(on: Ticking): void {
    this.on = on;
    this.clients = IDS.map(() => undefined);
    on.hang();
    on.store.began = (changes) => {
      try {
        this.#compare(changes);
      } catch (error) {
        this.#failure ??= error; // the journal would take it for a failure of the store
      }
    };
  }

  /** What is being committed makes of the disk what the broker has, told once or many times, in part or whole. */
  #compare(changes: readonly Change[]): void {
    const { store, rig } = this.on;
    const before = [...store.state.changes()];
    const after = KeptState.of(before, changes);
    after.check();
    const lines = after.lines();
    if (this.#refused.length === 0) this.#told = KeptState.of(snapshotOf(rig.broker)).lines();
    assert.deepEqual(lines, this.#told);
    const again = KeptState.of(before, this.#refused, changes, changes);
    assert.deepEqual(again.lines(), lines);
    for (const end of [1, changes.length >> 1, changes.length - 1])
      assert.deepEqual(KeptState.of(before, changes.slice(0, end), changes).lines(), lines);
    assert.deepEqual(KeptState.of(after.changes()).lines(), lines);
  }

  /** The commit under way ends; one that fails is tried again a second later. */
  async end(isKept: boolean): Promise<void> {
    const { store, rig } = this.on;
    if (!store.isBusy) return;
    if (isKept) {
      this.#refused = [];
      store.settle();
    } else {
      this.#refused = store.fail();
    }
    await rig.settle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async restart(): Promise<void> {
    await this.end(true);
    this.#refused = [];
    this.begin(this.on.restart(1500, { settings: this.on.rig.broker.settings, log: false }));
  }

  /** Nothing fails any more: the disk has it all. */
  async finish(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await this.on.tick();
      await this.end(true);
      this.on.rig.advance(1000);
    }
    this.on.check();
  }
}

const who = fc.nat(IDS.length - 1);
const qos = fc.constantFrom<QoS>(0, 1, 1, 2, 2);
const topic = fc.constantFrom('t', 't', 'u');

function online(name: string, at: number, run: (client: Client, story: Story) => void): Step {
  return [
    `${IDS[at]} ${name}`,
    (story) => {
      const client = story.clients[at];
      if (client !== undefined && !client.closed) run(client, story);
    },
  ];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(who, fc.constantFrom(0, 3, 1000), fc.boolean(), fc.option(fc.constantFrom(0, 2)))
    .map(([at, expiry, cleanStart, delay]): Step => [
      `${IDS[at]} connects for ${expiry}, ${cleanStart}, ${delay}`,
      ({ on, clients }) => {
        const client = on.rig.open();
        clients[at] = client;
        client.connect(IDS[at]!, {
          expiry,
          cleanStart,
          ...(delay !== null && {
            will: { topic: 't', payload: 'will', qos: 1, properties: { willDelayInterval: delay } },
          }),
        });
      },
    ]),
  who.map((at) => online('is cut', at, (client) => client.cut())),
  fc
    .tuple(who, fc.option(fc.constantFrom(0, 2)))
    .map(([at, expiry]) =>
      online(`leaves with ${expiry}`, at, (client) =>
        client.disconnect(0, expiry === null ? {} : { sessionExpiryInterval: expiry }),
      ),
    ),
  fc
    .tuple(who, topic, qos)
    .map(([at, filter, most]) =>
      online(`subscribes ${filter} ${most}`, at, (client) => client.sendSubscribe(filter, most)),
    ),
  fc
    .tuple(who, topic)
    .map(([at, filter]) =>
      online(`unsubscribes ${filter}`, at, (client) =>
        client.send({ type: 'unsubscribe', packetId: 99, filters: [filter], properties: {} }),
      ),
    ),
  fc
    .tuple(who, topic, qos, fc.boolean(), fc.constantFrom('', 'x', 'y'), fc.option(fc.constant(2)))
    .map(([at, to, level, retain, payload, messageExpiryInterval]) =>
      online(`publishes ${to} ${level} ${retain} ${payload}`, at, (client) =>
        client.sendPublish(to, payload, {
          qos: level,
          retain,
          properties: messageExpiryInterval === null ? {} : { messageExpiryInterval },
        }),
      ),
    ),
  fc
    .tuple(who, fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), fc.integer({ min: 1, max: 6 }))
    .map(([at, type, packetId]) =>
      online(`sends ${type} ${packetId}`, at, (client) => client.ack(type, packetId)),
    ),
  fc.constant<Step>(['the tick ends', ({ on }) => on.tick()]),
  fc.constant<Step>(['the commit is done', (story) => story.end(true)]),
  fc.constant<Step>(['the commit fails', (story) => story.end(false)]),
  fc.constant<Step>(['a second', ({ on }) => on.rig.advance(1000)]),
  { arbitrary: fc.constant<Step>(['a restart', (story) => story.restart()]), weight: 1 },
);

test('what is committed is what there is, also told twice, and also after commits that fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const story = new Story();
      for (const [, run] of steps) await run(story);
      await story.finish();
    }),
    runs('snapshot', 150),
  );
});
