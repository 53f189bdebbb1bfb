/** A sane client in slow motion: it keeps its side of the protocol, and judges all that it gets. */
import assert from 'node:assert/strict';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import { Decoder } from '../../src/protocol/decoder.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Ack, Connack, Packet, Publish, Suback } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { Reason } from '../../src/protocol/reason.ts';
import { payloadText } from '../broker/client.ts';
import type { Audience, Entry } from './ledger.ts';
import { SHARED } from './ledger.ts';
import type { Link, LinkOwner } from './link.ts';
import { Memory } from './memory.ts';
import type { Outgoing } from './memory.ts';
import { NEVER } from './profile.ts';
import type { Profile, Surroundings } from './profile.ts';
import { Testament } from './testament.ts';

const GROUP_FILTER = `$share/g/${SHARED}#`;

interface Request {
  readonly verb: 'subscribe' | 'unsubscribe';
  readonly filter: string;
}

export class Device implements Audience, LinkOwner {
  readonly profile: Profile;
  readonly #world: Surroundings;
  state: 'offline' | 'connecting' | 'online' = 'offline';
  memory: Memory | undefined;
  link: Link | undefined;
  #decoder: Decoder | undefined;
  /** What CONNECT asked for. */
  #asked = { cleanStart: false, expiry: 0 };
  /** It has thrown its state away, and the broker may not know. */
  #mustStartClean = false;
  #goneAt = 0;
  #answers: Ack[] = [];
  readonly #inflight = new Set<number>();
  readonly #requests = new Map<number, Request>();
  #pings = 0;
  #packetId = 0;
  readonly #testament = new Testament();

  constructor(profile: Profile, world: Surroundings) {
    this.profile = profile;
    this.#world = world;
  }

  owe(entry: Entry): void {
    this.memory?.owe(entry);
  }

  awaits(entry: Entry): boolean {
    return this.memory?.wasThere(entry) ?? false;
  }

  /** Answers that it owes, and requests that were not answered. */
  get unfinished(): string[] {
    if (this.state === 'offline') return [];
    const { outgoing, owed } = this.memory ?? { outgoing: new Map<number, Outgoing>(), owed: new Set() };
    return [
      ...(this.state === 'connecting' ? ['CONNECT'] : []),
      ...(this.#answers.length > 0 ? [`${this.#answers.length} answers`] : []),
      ...(this.#pings > 0 ? ['PINGREQ'] : []),
      ...[...this.#requests.values()].map(({ verb, filter }) => `${verb} ${filter}`),
      ...[...outgoing.values()].map(({ entry, isReceived }) => `message ${entry.number} ${isReceived}`),
      ...[...owed].map((number) => `misses ${number}`),
    ];
  }

  /** Does something, as the dice say. */
  act(): void {
    const { dice } = this.#world;
    if (this.state === 'offline') {
      if (dice.chance(0.3)) this.connect();
      return;
    }
    const luck = dice.next();
    if (luck < 0.35) this.link?.carryDown(1 + dice.below(4));
    else if (luck < 0.62) this.link?.carryUp(1 + dice.below(4));
    else if (luck < 0.975) this.#use(luck);
    else if (luck < 0.983) this.cut();
    else if (luck < 0.987) this.#disconnect();
  }

  #use(luck: number): void {
    if (this.state !== 'online') return;
    if (luck < 0.8) this.answer(1 + this.#world.dice.below(6));
    else if (luck < 0.93) this.#publish();
    else if (luck < 0.965) this.#request();
    else this.ping();
  }

  connect(): void {
    const { profile, memory } = this;
    const { dice, ledger } = this.#world;
    const { id, version, keeps, receiveMaximum, isMember } = profile;
    const cleanStart = keeps === 'nothing' || this.#mustStartClean || (!isMember && dice.chance(0.02));
    const expiry = this.#expiry(cleanStart);
    this.#testament.settle(this.#world);
    if (cleanStart) {
      this.memory = undefined;
      this.#mustStartClean = true;
    } else if (memory !== undefined) memory.expiry = Math.min(memory.expiry, expiry);
    const delaySeconds = version === 5 ? dice.pick([0, 0, 3, 8]) : 0;
    const topic = dice.pick(profile.topics);
    const will = profile.hasWill && { topic, publisher: id, qos: dice.pick([1, 2] as const) };
    const entry = will && ledger.send({ ...will, expires: false, clears: false, isWill: true });
    this.#testament.write(entry ? { entry, delaySeconds } : undefined);
    this.#asked = { cleanStart, expiry };
    this.state = 'connecting';
    this.#answers = [];
    this.#inflight.clear();
    this.#pings = 0;
    this.link = this.#world.dial(this);
    this.#decoder = new Decoder({ sender: 'server', maxPacketSize: 2 ** 28, version });
    this.#send({
      type: 'connect',
      version,
      bridge: false,
      clientId: id,
      cleanStart,
      keepAliveSeconds: 0,
      ...(entry && {
        will: {
          topic: entry.topic,
          payload: utf8Bytes(`${entry.number}`),
          qos: entry.qos,
          retain: false,
          properties: version === 5 ? { willDelayInterval: delaySeconds } : NO_PROPERTIES,
        },
      }),
      properties: version === 5 ? { sessionExpiryInterval: expiry, receiveMaximum } : NO_PROPERTIES,
    });
  }

  #expiry(cleanStart: boolean): number {
    const { version, keeps } = this.profile;
    if (version < 5) return cleanStart ? 0 : NEVER;
    if (keeps === 'nothing') return 0;
    return this.#world.dice.pick(keeps === 'briefly' ? [3, 20, 20, 0] : [NEVER, 100_000]);
  }

  /** The connection breaks, and the client is the first to know. */
  cut(): void {
    const { link } = this;
    if (link === undefined) return;
    this.#world.abandon(link);
    this.#leave(true);
  }

  #disconnect(): void {
    const { link, profile } = this;
    const { dice } = this.#world;
    if (link === undefined || this.state !== 'online') return;
    const ends = profile.version === 5 && !profile.isMember && dice.chance(0.2);
    const properties = ends ? { sessionExpiryInterval: 0 } : NO_PROPERTIES;
    this.#send({ type: 'disconnect', reasonCode: 0, properties });
    if (ends) {
      this.#mustStartClean = true;
      this.memory = undefined;
    }
    this.#world.abandon(link);
    this.#leave(false);
  }

  ended(): void {
    this.#leave(true);
  }

  #leave(willDue: boolean): void {
    const link = this.link!;
    if (this.state === 'online') this.#goneAt = Math.min(this.#world.now, link.closedAt);
    const isKept = this.state === 'online' && (this.memory?.expiry ?? 0) > 0;
    this.#testament.leave(link, willDue && isKept);
    const hasDialledInVain = this.state === 'connecting';
    this.state = 'offline';
    this.link = undefined;
    this.#requests.clear();
    // a session that was over when CONNECT came is a new one now, and no CONNACK has told: the next would say that it is present
    const isDoubtful = hasDialledInVain && this.memory !== undefined && !this.#isDue(this.memory);
    if (this.memory?.expiry === 0 || isDoubtful) {
      this.#mustStartClean = true;
      this.memory = undefined;
    }
  }

  #publish(): void {
    const { profile, memory } = this;
    const { dice, ledger } = this.#world;
    if (memory === undefined || memory.outgoing.size >= 5) return;
    const { retainedTopic, version } = profile;
    const retain = retainedTopic !== undefined && dice.chance(0.3);
    const topic = retain ? retainedTopic : dice.chance(0.1) ? `${SHARED}x` : dice.pick(profile.topics);
    const qos = retain ? profile.retainedQos : dice.pick([0, 1, 1, 2, 2] as const);
    const clears = retain && dice.chance(0.15);
    const expires = version === 5 && !retain && dice.chance(0.1);
    const entry = ledger.send({ topic, publisher: profile.id, qos, expires, clears, isWill: false });
    const publish: Publish = {
      type: 'publish',
      topic,
      payload: utf8Bytes(clears ? '' : `${entry.number}`),
      qos,
      retain,
      dup: false,
      packetId: qos === 0 ? 0 : this.#nextId(memory),
      properties: expires ? { messageExpiryInterval: 1 + dice.below(5) } : NO_PROPERTIES,
    };
    if (qos > 0) memory.outgoing.set(publish.packetId, { entry, publish, isReceived: false });
    this.#send(publish);
  }

  #request(): void {
    const { profile, memory } = this;
    const { dice } = this.#world;
    if (memory === undefined || this.#requests.size > 0) return;
    const filter = profile.isMember ? GROUP_FILTER : dice.pick(profile.filters);
    const packetId = this.#nextId(memory);
    if (memory.filters.has(filter) && !profile.isMember && dice.chance(0.4)) {
      memory.doubts(filter);
      this.#requests.set(packetId, { verb: 'unsubscribe', filter });
      this.#send({ type: 'unsubscribe', packetId, filters: [filter], properties: NO_PROPERTIES });
      return;
    }
    const qos = profile.isMember ? 2 : dice.pick([0, 1, 2, 2] as const);
    const noLocal = profile.noLocal && !profile.isMember;
    memory.wants(filter, qos, noLocal);
    this.#requests.set(packetId, { verb: 'subscribe', filter });
    const request = { filter, qos, noLocal, retainAsPublished: false, retainHandling: 0 } as const;
    const identified = profile.version === 5 && dice.chance(0.5);
    const properties = identified ? { subscriptionIdentifiers: [1 + dice.below(9)] } : NO_PROPERTIES;
    this.#send({ type: 'subscribe', packetId, subscriptions: [request], properties });
  }

  ping(): void {
    this.#pings++;
    this.#send({ type: 'pingreq' });
  }

  /** Sends acknowledgements that are due, in their order. */
  answer(count: number): boolean {
    const due = this.#answers.splice(0, count);
    for (const one of due) {
      if (one.type === 'puback' || one.type === 'pubcomp') this.#inflight.delete(one.packetId);
      this.#send(one);
    }
    return due.length > 0;
  }

  receive(bytes: Uint8Array): void {
    const decoder = this.#decoder!;
    decoder.push(bytes);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) this.#hear(packet);
  }

  #hear(packet: Packet): void {
    if (packet.type === 'connack') {
      this.#hearConnack(packet);
      return;
    }
    const { memory, profile } = this;
    assert.ok(
      this.state === 'online' && memory !== undefined,
      `${profile.id}: ${packet.type} before CONNACK`,
    );
    switch (packet.type) {
      case 'publish':
        this.#hearPublish(packet, memory);
        break;
      case 'pubrel':
        memory.incoming.delete(packet.packetId);
        this.#answers.push(ack('pubcomp', packet.packetId));
        break;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        this.#hearAck(packet, memory);
        break;
      case 'suback':
      case 'unsuback':
        this.#hearAnswer(packet.packetId, memory, packet.type === 'suback' ? packet : undefined);
        break;
      case 'pingresp':
        this.#pings--;
        break;
      case 'disconnect':
        assert.ok([Reason.sessionTakenOver, Reason.quotaExceeded].includes(packet.reasonCode as never));
        break;
      case 'connect':
      case 'subscribe':
      case 'unsubscribe':
      case 'pingreq':
      case 'auth':
        assert.fail(`${profile.id} got ${packet.type}`);
    }
  }

  #hearConnack({ reasonCode, sessionPresent }: Connack): void {
    const { profile, memory } = this;
    const { id, version } = profile;
    const { cleanStart, expiry } = this.#asked;
    assert.equal(this.state, 'connecting', `${id}: a second CONNACK`);
    if (reasonCode !== 0) {
      assert.equal(reasonCode, version === 5 ? Reason.quotaExceeded : 3);
      assert.ok(this.#world.hasFailed, `${id} is refused by a broker in health`);
      return;
    }
    assert.ok(sessionPresent || memory === undefined || !this.#isDue(memory), `the session of ${id} is lost`);
    assert.ok(!(cleanStart && sessionPresent), `${id}: a session present after a clean start`);
    if (memory === undefined || !sessionPresent) this.memory = new Memory(id, expiry, this.#world.ledger);
    this.memory!.expiry = expiry;
    this.#mustStartClean = false;
    this.state = 'online';
    for (const one of this.memory!.outgoing.values()) {
      one.entry.wasRepeated = true;
      if (one.isReceived) this.#send(ack('pubrel', one.publish.packetId));
      else this.#send({ ...one.publish, dup: true });
    }
  }

  /** Whether the broker must still have the session. */
  #isDue({ expiry }: Memory): boolean {
    return expiry === NEVER || this.#world.now < this.#goneAt + expiry * 1000;
  }

  #hearPublish(packet: Publish, memory: Memory): void {
    const { qos, packetId, dup } = packet;
    const { id, version, receiveMaximum } = this.profile;
    const { ledger } = this.#world;
    const number = packet.payload.length === 0 ? 0 : Number(payloadText(packet));
    const entry = number === 0 ? undefined : ledger.entry(number, packet.topic);
    if (qos > 0) {
      assert.ok(!this.#inflight.has(packetId), `${id}: identifier ${packetId} twice on one connection`);
      this.#inflight.add(packetId);
      assert.ok(
        this.#inflight.size <= (version === 5 ? receiveMaximum : 20),
        `${id}: the window is exceeded`,
      );
      this.#answers.push(ack(qos === 1 ? 'puback' : 'pubrec', packetId));
    }
    if (qos === 2) {
      const held = memory.incoming.get(packetId);
      if (held !== undefined) {
        assert.ok(held === number && dup, `${id}: identifier ${packetId} of ${held} is used for ${number}`);
        return;
      }
      memory.incoming.set(packetId, number);
    }
    if (entry === undefined) return;
    memory.got(entry, packet);
    if (entry.topic.startsWith(SHARED)) ledger.sharedTo(entry, id, qos);
  }

  #hearAck({ type, packetId, reasonCode }: Ack, { outgoing }: Memory): void {
    const { id } = this.profile;
    const one = outgoing.get(packetId);
    const { qos } = one?.publish ?? {};
    assert.ok(one !== undefined && (qos === 1) === (type === 'puback'), `${id}: ${type} of nothing`);
    if (reasonCode >= 0x80) {
      assert.ok(reasonCode === Reason.quotaExceeded && this.#world.hasFailed, `${id}: ${type} ${reasonCode}`);
      outgoing.delete(packetId);
      return;
    }
    if (type === 'pubrec') {
      one.isReceived = true;
      this.#answers.push(ack('pubrel', packetId));
      return;
    }
    assert.ok(type === 'puback' || one.isReceived, `${id}: PUBCOMP before PUBREC`);
    outgoing.delete(packetId);
    this.#world.ledger.accept(one.entry);
  }

  #hearAnswer(packetId: number, memory: Memory, suback: Suback | undefined): void {
    const { id } = this.profile;
    const request = this.#requests.get(packetId);
    assert.ok(request !== undefined, `${id}: an answer to nothing`);
    assert.equal(request.verb === 'subscribe', suback !== undefined);
    this.#requests.delete(packetId);
    const { step } = this.#world.ledger;
    if (suback === undefined) memory.left(request.filter, step);
    else if (suback.reasonCodes[0]! < 0x80) memory.has(request.filter, step);
    else assert.ok(this.#world.hasFailed, `${id} may not subscribe`);
  }

  #nextId({ outgoing }: Memory): number {
    do this.#packetId = (this.#packetId % 200) + 1;
    while (outgoing.has(this.#packetId) || this.#requests.has(this.#packetId));
    return this.#packetId;
  }

  #send(packet: Packet): void {
    this.link?.send(encode(packet, this.profile.version));
  }
}

function ack(type: Ack['type'], packetId: number): Ack {
  return { type, packetId, reasonCode: 0, properties: NO_PROPERTIES };
}
