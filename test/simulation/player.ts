/** A client that keeps its side of the session, and judges every packet it gets. */
import assert from 'node:assert/strict';
import type { Ack, Packet, ProtocolVersion, Publish, QoS } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { payloadText } from '../broker/client.ts';
import type { Client } from '../broker/client.ts';
import type { World } from './world.ts';

/** What the broker must remember of a client, as its client knows it. */
export class Remembered {
  readonly subscriptions: Map<string, QoS> = new Map();
  /** Copies at QoS 1 and 2 that were published and have not come yet: `number/qos`, in order. */
  readonly owed: string[] = [];
  /** Messages received and not done, by packet identifier. */
  readonly open: Map<number, Received> = new Map();
  /** Messages of QoS 1 that were acknowledged, by packet identifier: they may come again if that was lost. */
  readonly acknowledged: Map<number, number> = new Map();
  /** Numbers of all messages that came. */
  readonly seen: Set<number> = new Set();
  /** The order of the last message by publisher, topic and QoS. */
  readonly last: Map<string, number> = new Map();
  /** Messages sent at QoS 2 and not completed. */
  readonly sent: Map<number, Sent> = new Map();
  /** Seconds it outlives its connection. */
  expiry: number;
  /** Milliseconds since 1970; while it is offline. */
  endsAt: number = Infinity;

  constructor(expiry: number) {
    this.expiry = expiry;
  }
}

interface Received {
  readonly number: number;
  readonly qos: QoS;
  released: boolean;
}

interface Sent {
  readonly publish: Publish;
  received: boolean;
}

export interface Connecting {
  readonly version: ProtocolVersion;
  readonly cleanStart: boolean;
  /** Of 5.0, seconds. */
  readonly expiry: number;
  readonly receiveMaximum: number;
  readonly will: boolean;
  /** Does not read at first. */
  readonly full: boolean;
  /** Acknowledges what came on its last connection before it is sent again. */
  readonly late: boolean;
}

export class Player {
  readonly id: string;
  readonly #world: World;
  client: Client | undefined;
  remembered: Remembered | undefined;
  /** Acknowledgements that are not sent yet. */
  pending: Ack[] = [];
  /** The will of this connection. */
  will: number | undefined;
  /** The most messages in flight on this connection, and those that are. */
  #window = 0;
  readonly #inflight = new Set<number>();
  /** Identifiers acknowledged on this connection before they came again: the two cross, and such a one is not in flight. */
  readonly #early = new Set<number>();
  readonly #subscribing = new Map<number, readonly (readonly [filter: string, qos: QoS])[]>();
  #packetId = 0;

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
  }

  get online(): boolean {
    return this.client !== undefined;
  }

  connect(options: Connecting): void {
    const { version, cleanStart, receiveMaximum } = options;
    const expiry = version === 5 ? options.expiry : cleanStart ? 0 : 0xffff_ffff;
    const old = this.remembered;
    const lives = old !== undefined && !(this.online && old.expiry === 0);
    const lost = this.will;
    const will = options.will ? this.#world.next() : undefined;
    const client = this.#world.rig.open();
    client.wire.heard = (packet) => {
      if (packet.type !== 'connack') {
        this.#hear(packet);
        return;
      }
      assert.equal(packet.reasonCode, 0);
      assert.equal(packet.sessionPresent, lives && !cleanStart && version !== 3, 'session present');
      if (!lives || cleanStart) this.remembered = new Remembered(expiry);
      this.remembered!.expiry = expiry;
      this.remembered!.endsAt = Infinity;
    };
    const previous = this.client;
    if (previous !== undefined) previous.wire.heard = (packet) => assert.equal(packet.type, 'disconnect');
    this.client = client;
    this.will = will;
    if (!options.late || !lives || cleanStart) this.pending = [];
    client.wire.full = options.full;
    this.#inflight.clear();
    this.#early.clear();
    this.#subscribing.clear();
    this.#window = version === 5 ? receiveMaximum : this.#world.rig.broker.settings.maxInflightMessages;
    client.connect(this.id, {
      version,
      cleanStart,
      ...(will !== undefined && { will: { topic: 'a/b', payload: `${will}`, qos: 1 } }),
      ...(version === 5 && { expiry, properties: { receiveMaximum } }),
    });
    assert.ok(previous === undefined || previous.closed, 'the old connection is closed');
    if (previous !== undefined && lost !== undefined) this.#world.expectPublished(lost, 1);
    this.#sendAgain();
  }

  /** The network goes away. */
  cut(): void {
    this.client!.cut();
    if (this.will !== undefined) this.#world.expectPublished(this.will, 1);
    this.#offline();
  }

  disconnect(): void {
    if (this.client!.wire.paused) this.cut();
    else {
      const { will } = this;
      this.client!.disconnect();
      assert.ok(this.client!.closed);
      if (will !== undefined) this.#world.expectPublished(will, 0);
      this.#offline();
    }
  }

  #offline(): void {
    this.client!.wire.heard = () => assert.fail('a packet for a connection that is gone');
    this.client = undefined;
    this.will = undefined;
    const remembered = this.remembered!;
    if (remembered.expiry === 0) this.remembered = undefined;
    else if (remembered.expiry !== 0xffff_ffff)
      remembered.endsAt = this.#world.rig.now + remembered.expiry * 1000;
  }

  subscribe(filters: readonly string[], qos: QoS): void {
    const packetId = this.#nextId();
    this.#subscribing.set(
      packetId,
      filters.map((filter) => [filter, qos] as const),
    );
    const request = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = filters.map((filter) => Object.assign({ filter }, request));
    this.client!.send({ type: 'subscribe', packetId, subscriptions, properties: NO_PROPERTIES });
  }

  unsubscribe(filter: string): void {
    const packetId = this.#nextId();
    this.#subscribing.set(packetId, [[filter, 0]]);
    this.client!.send({ type: 'unsubscribe', packetId, filters: [filter], properties: NO_PROPERTIES });
  }

  publish(topic: string, qos: QoS, retain: boolean): void {
    const number = this.#world.next();
    const packetId = qos === 0 ? 0 : this.#nextId();
    const publish = this.client!.publishPacket(topic, `${number}`, { qos, retain, packetId });
    if (qos === 2) this.remembered!.sent.set(packetId, { publish, received: false });
    this.client!.send(publish);
  }

  /** Releases a message of QoS 2 that was received by the broker, or sends again one that was not. */
  proceed(place: number): void {
    const all = [...this.remembered!.sent];
    const one = all[place % all.length];
    if (one !== undefined) this.#proceed(...one);
  }

  #proceed(packetId: number, { publish, received }: Sent): void {
    if (received) this.client?.ack('pubrel', packetId);
    else this.client?.send({ ...publish, dup: true });
  }

  /** Sends one of the acknowledgements that are due. */
  acknowledge(place: number): void {
    const [due] = this.pending.splice(place % this.pending.length, 1);
    if (due === undefined) return;
    if (due.type !== 'pubrec') {
      const done = this.remembered!.open.get(due.packetId);
      this.remembered!.open.delete(due.packetId);
      if (!this.#inflight.delete(due.packetId)) this.#early.add(due.packetId);
      if (due.type === 'puback' && done !== undefined) {
        this.remembered!.acknowledged.set(due.packetId, done.number);
      }
    }
    this.client!.send(due);
  }

  /** Acknowledgements of what is not there: no harm must come of them. */
  nonsense(type: Ack['type'], packetId: number): void {
    this.client!.ack(type, packetId);
  }

  /** After a reconnect the client sends again what was not acknowledged. [MQTT-4.4.0-1] */
  #sendAgain(): void {
    for (const [packetId, sent] of this.remembered!.sent) this.#proceed(packetId, sent);
  }

  #hear(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        this.#hearPublish(packet);
        break;
      case 'pubrel':
        this.#hearPubrel(packet);
        break;
      case 'suback':
        for (const [at, [filter]] of this.#subscribing.get(packet.packetId)!.entries()) {
          this.remembered!.subscriptions.set(filter, packet.reasonCodes[at] as QoS);
        }
        break;
      case 'unsuback':
        this.remembered!.subscriptions.delete(this.#subscribing.get(packet.packetId)![0]![0]);
        break;
      case 'pubrec': {
        const sent = this.remembered!.sent.get(packet.packetId);
        assert.ok(sent !== undefined && packet.reasonCode === 0, 'PUBREC for what was not sent');
        sent.received = true;
        break;
      }
      case 'pubcomp': {
        const sent = this.remembered!.sent.get(packet.packetId);
        if (sent !== undefined) this.#world.expectPublished(Number(payloadText(sent.publish)), 1);
        this.remembered!.sent.delete(packet.packetId);
        break;
      }
      case 'puback':
        break;
      case 'connect':
      case 'connack':
      case 'subscribe':
      case 'unsubscribe':
      case 'pingreq':
      case 'pingresp':
      case 'disconnect':
      case 'auth':
        assert.fail(`${this.id} got ${JSON.stringify(packet)}`);
    }
  }

  #hearPublish(packet: Publish): void {
    const number = Number(payloadText(packet));
    const { order, publisher } = this.#world.published(number, packet.topic);
    const remembered = this.remembered!;
    assert.ok(!this.client!.wire.full, 'a PUBLISH on a full wire');
    if (packet.qos > 0) this.#hearIdentified(packet, number, remembered);
    remembered.seen.add(number);
    if (packet.dup || packet.retain) return;
    // [MQTT-4.6.0-5] [MQTT-4.6.0-6]
    const key = `${publisher} ${packet.topic} ${packet.qos}`;
    assert.ok(order >= (remembered.last.get(key) ?? 0), `${this.id}: ${key} out of order`);
    remembered.last.set(key, order);
  }

  #hearIdentified({ qos, dup, retain, packetId }: Publish, number: number, remembered: Remembered): void {
    assert.ok(!this.#inflight.has(packetId), 'twice on one connection');
    this.#counts(packetId);
    assert.ok(this.#inflight.size <= this.#window, 'the window is exceeded [MQTT-3.3.4-9]');
    this.pending.push(ack(qos === 1 ? 'puback' : 'pubrec', packetId));
    const open = remembered.open.get(packetId);
    if (open !== undefined) {
      assert.ok(dup && open.number === number && open.qos === qos && !open.released, 'an identifier in use');
      return;
    }
    if (dup) {
      assert.ok(
        qos === 1 && remembered.acknowledged.get(packetId) === number,
        'QoS 2 twice, or DUP from nowhere',
      );
      return;
    }
    remembered.open.set(packetId, { number, qos, released: false });
    if (retain) return;
    const at = remembered.owed.indexOf(`${number}/${qos}`);
    assert.ok(at >= 0, `${this.id} got ${number} at QoS ${qos}, which it is not owed`);
    remembered.owed.splice(at, 1);
  }

  #hearPubrel({ packetId, reasonCode }: Ack): void {
    const open = this.remembered!.open.get(packetId);
    if (open === undefined) {
      // the PUBCOMP was lost, or it answers nonsense
      if (reasonCode === 0) this.pending.push(ack('pubcomp', packetId));
      return;
    }
    open.released = true;
    this.#counts(packetId);
    this.pending.push(ack('pubcomp', packetId));
  }

  #counts(packetId: number): void {
    if (!this.#early.delete(packetId)) this.#inflight.add(packetId);
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % 65_535) + 1;
    return this.#packetId;
  }
}

function ack(type: Ack['type'], packetId: number): Ack {
  return { type, packetId, reasonCode: 0, properties: NO_PROPERTIES };
}
