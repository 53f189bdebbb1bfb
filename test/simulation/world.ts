/** A broker, its clients, and what must be true of them at any time. */
import assert from 'node:assert/strict';
import type { Message } from '../../src/broker/message.ts';
import { matches } from '../../src/topic/topic.ts';
import { Rig } from '../broker/rig.ts';
import { Player } from './player.ts';

export const IDS = ['a', 'b', 'c'] as const;
export const TOPICS = ['a', 'a/b', 'a/c', 'a/d', 'c'] as const;

/** A message that the broker has published. */
interface Publication {
  readonly topic: string;
  readonly publisher: string;
  /** Its place among all publications. */
  readonly order: number;
  readonly qos: number;
}

export class World {
  readonly rig: Rig = new Rig({
    settings: { maxQueuedMessages: 0, maxInflightMessages: 5, sysInterval: 0 },
    log: false,
  });
  readonly players: readonly Player[] = IDS.map((id) => new Player(this, id));
  /** Each message is its number, so that it can be told from all others. */
  #numbers = 0;
  readonly #published = new Map<number, Publication[]>();
  /** The last retained message of each topic; its number. */
  readonly #retained = new Map<string, number>();
  #order = 0;

  constructor() {
    const { broker } = this.rig;
    const publish = broker.publish.bind(broker);
    broker.publish = (message) => {
      this.#publish(message);
      return publish(message);
    };
    // something for subscriptions to find
    for (const topic of TOPICS) this.rig.publish(topic, `${this.next()}`, { qos: 2, retain: true });
  }

  /** The number of a new message. */
  next(): number {
    return ++this.#numbers;
  }

  /** The publication of a message that a client got. */
  published(number: number, topic: string): Publication {
    const [publication] = this.#published.get(number) ?? [];
    assert.ok(publication?.topic === topic, `message ${number} on ${topic} was not published`);
    return publication;
  }

  expectPublished(number: number, times: number): void {
    assert.equal(
      this.#published.get(number)?.length ?? 0,
      times,
      `how often message ${number} was published`,
    );
  }

  /** Time passes; sessions end. */
  advance(seconds: number): void {
    this.rig.advance(seconds * 1000);
    for (const player of this.players) {
      if (player.remembered !== undefined && player.remembered.endsAt <= this.rig.now)
        player.remembered = undefined;
    }
  }

  /** What is true after every command. */
  check(): void {
    const { broker } = this.rig;
    const remembered = this.players.flatMap((player) => player.remembered ?? []);
    const online = this.players.filter((player) => player.online);
    assert.equal(broker.sessions.count, remembered.length);
    assert.equal(broker.connections.size, online.length);
    assert.ok(online.every(({ client }) => !client!.closed));
    assert.equal(
      broker.subscriptionCount,
      remembered.reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
    );
    assert.equal(broker.retained.count, this.#retained.size);
    assert.equal(broker.stored.count, this.#stored());
  }

  /** Messages that the broker holds, counted by looking for them. */
  #stored(): number {
    const { broker } = this.rig;
    const held = new Set<Message>(broker.retained.values());
    let inbound = 0;
    for (const session of broker.sessions.values()) {
      for (const { message } of session.outbound.unfinished()) held.add(message);
      inbound += session.inbound.size;
    }
    return held.size + inbound;
  }

  /** All come back, read and acknowledge all: nothing is lost, and nothing is left. */
  async finish(): Promise<void> {
    const options = {
      cleanStart: false,
      expiry: 1000,
      receiveMaximum: 10,
      will: false,
      full: false,
      late: false,
    };
    for (const player of this.players) {
      if (player.remembered !== undefined && !player.online) player.connect({ version: 5, ...options });
    }
    for (const player of this.players) player.client?.wire.drain();
    for (let round = 0; round < 5; round++) {
      for (const player of this.players) {
        while (player.online && player.pending.length > 0) player.acknowledge(0);
        for (let left = player.remembered?.sent.size ?? 0; left > 0; left--) player.proceed(0);
      }
      await this.settle();
      this.advance(1);
    }
    this.check();
    for (const { id, remembered } of this.players) {
      if (remembered === undefined) continue;
      assert.deepEqual(remembered.owed, [], `${id} has lost messages`);
      assert.deepEqual([...remembered.sent.keys()], [], `${id} has messages that are not completed`);
      const { outbound, inbound } = this.rig.broker.sessions.get(id)!;
      assert.deepEqual([outbound.inflight, outbound.waiting, inbound.size], [0, 0, 0], id);
      this.#checkRetained(id);
    }
    assert.equal(this.rig.stored, this.#retained.size);
  }

  /** Whoever has subscribed knows what is retained. */
  #checkRetained(id: string): void {
    const { subscriptions, seen } = this.players.find((player) => player.id === id)!.remembered!;
    for (const [topic, number] of this.#retained) {
      const { qos } = this.published(number, topic);
      for (const [filter, granted] of subscriptions) {
        if (qos > 0 && granted > 0 && matches(filter, topic))
          assert.ok(seen.has(number), `${id} does not know what is retained on ${topic}`);
      }
    }
  }

  /** Lets wires that were paused hand over what has come meanwhile. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) await Promise.resolve();
  }

  #publish(message: Message): void {
    const number = Number(new TextDecoder().decode(message.payload));
    const { topic, publisher, qos } = message;
    const publications = this.#published.get(number) ?? [];
    publications.push({ topic, publisher, qos, order: ++this.#order });
    this.#published.set(number, publications);
    assert.equal(publications.length, 1, `message ${number} is published twice`);
    if (message.retain) this.#retained.set(topic, number);
    for (const { remembered } of this.players) {
      for (const [filter, granted] of remembered?.subscriptions ?? []) {
        const least = Math.min(qos, granted);
        if (least > 0 && matches(filter, topic)) remembered!.owed.push(`${number}/${least}`);
      }
    }
  }
}
