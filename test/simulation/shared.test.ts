/** A group of clients that come and go, and share messages: each message is worked on, and at QoS 2 by one alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../runs.ts';
import type { Packet, Publish } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { payloadText } from '../broker/client.ts';
import type { Client } from '../broker/client.ts';
import { Rig } from '../broker/rig.ts';

const FILTER = '$share/g/t';
/** The first member never leaves the group for good, so that somebody is there for every message. */
const MEMBERS = ['stays', 'a', 'b', 'c'] as const;

interface Member {
  readonly id: string;
  client: Client | undefined;
  /** Messages received and not done, by packet identifier. */
  readonly open: Map<number, Publish>;
  /** Packets that are to be answered. */
  due: (() => void)[];
}

class Group {
  readonly rig: Rig = new Rig({ settings: { maxQueuedMessages: 0, maxInflightMessages: 3 }, log: false });
  readonly members: readonly Member[] = MEMBERS.map((id) => ({
    id,
    client: undefined,
    open: new Map(),
    due: [],
  }));
  /** How often each message was sent for the first time, by its number. */
  readonly #sent: number[] = [];
  readonly #qos: number[] = [];
  /** Messages of QoS 2 that a session took with it. */
  readonly #taken = new Set<number>();
  /** Messages of QoS 1 that somebody acknowledged. */
  readonly #acknowledged = new Set<number>();
  /** Messages of QoS 1 that a session gave up, so that another may get them again. */
  readonly #given = new Set<number>();

  constructor() {
    this.connect(this.members[0]!, 2);
  }

  publish(qos: 1 | 2): void {
    this.#qos.push(qos);
    this.rig.publish('t', `${this.#sent.push(0) - 1}`, { qos });
  }

  connect(member: Member, receiveMaximum: number): void {
    const client = this.rig.open();
    member.due = [];
    member.client = client;
    client.wire.heard = (packet) => this.#hear(member, packet);
    client.connect(member.id, { cleanStart: false, expiry: 1000, properties: { receiveMaximum } });
    client.sendSubscribe(FILTER, 2);
  }

  leave(member: Member): void {
    const packet = {
      type: 'unsubscribe',
      packetId: 1,
      filters: [FILTER],
      properties: NO_PROPERTIES,
    } as const;
    member.client!.send(packet);
  }

  /** The session ends, and what is in flight with it. */
  end(member: Member): void {
    for (const packet of member.open.values()) {
      const number = Number(payloadText(packet));
      if (packet.qos === 2) this.#taken.add(number);
      else this.#given.add(number);
    }
    member.open.clear();
    member.due = [];
    member.client!.disconnect(0, { sessionExpiryInterval: 0 });
    member.client = undefined;
  }

  cut(member: Member): void {
    member.client!.cut();
    member.client = undefined;
    member.due = [];
  }

  answer(member: Member, place: number): void {
    const [answer] = member.due.splice(place % member.due.length, 1);
    answer?.();
  }

  #hear(member: Member, packet: Packet): void {
    if (packet.type === 'publish') this.#hearPublish(member, packet);
    if (packet.type !== 'pubrel') return;
    member.due.push(() => {
      member.open.delete(packet.packetId);
      member.client!.ack('pubcomp', packet.packetId);
    });
  }

  #hearPublish(member: Member, packet: Publish): void {
    const { packetId, qos, dup } = packet;
    const number = Number(payloadText(packet));
    if (!dup) this.#sent[number]!++;
    assert.equal(dup, member.open.has(packetId));
    const most = this.#given.has(number) ? Infinity : 1;
    assert.ok(this.#sent[number]! <= most, `message ${number} of QoS ${qos} went to two members`);
    member.open.set(packetId, packet);
    member.due.push(() => {
      if (qos === 1) {
        member.open.delete(packetId);
        this.#acknowledged.add(number);
      }
      member.client!.ack(qos === 1 ? 'puback' : 'pubrec', packetId);
    });
  }

  /** All come back and work: every message was worked on. */
  finish(): void {
    for (const member of this.members) {
      if (member.client === undefined) this.connect(member, 10);
      else member.client.wire.drain();
    }
    for (let round = 0; round < 3; round++) {
      for (const member of this.members) while (member.due.length > 0) this.answer(member, 0);
    }
    for (const [number, times] of this.#sent.entries()) {
      if (this.#qos[number] === 1) assert.ok(this.#acknowledged.has(number), `message ${number} is lost`);
      else assert.ok(times === 1 || this.#taken.has(number), `message ${number} is lost`);
    }
    assert.equal(this.rig.stored, 0);
    for (const session of this.rig.broker.sessions.values()) {
      assert.deepEqual([session.outbound.inflight, session.outbound.waiting], [0, 0]);
    }
  }
}

type Command = fc.Command<Group, Group>;

function of(at: number, what: string, run: (group: Group, member: Member) => void, online = true): Command {
  return {
    check: ({ members }) => !online || members[at]!.client !== undefined,
    run: (group) => run(group, group.members[at]!),
    toString: () => `${MEMBERS[at]} ${what}`,
  };
}

function publish(qos: 1 | 2): Command {
  return { check: () => true, run: (group) => group.publish(qos), toString: () => `publish at ${qos}` };
}

const anybody = fc.nat(MEMBERS.length - 1);
const leaver = fc.integer({ min: 1, max: MEMBERS.length - 1 });

test('a group works on every message, on those of QoS 2 once', () => {
  const publishing = fc.constantFrom(1 as const, 2 as const).map(publish);
  const answering = fc
    .tuple(anybody, fc.nat(5))
    .map(([at, place]) => of(at, `answers ${place}`, (group, member) => group.answer(member, place)));
  const commands = fc.commands(
    [
      publishing,
      publishing,
      publishing,
      answering,
      answering,
      answering,
      fc
        .tuple(anybody, fc.constantFrom(1, 2, 10))
        .map(([at, most]) =>
          of(at, `connects for ${most}`, (group, member) => group.connect(member, most), false),
        ),
      anybody.map((at) => of(at, 'is cut', (group, member) => group.cut(member))),
      leaver.map((at) => of(at, 'leaves', (group, member) => group.leave(member))),
      leaver.map((at) => of(at, 'ends', (group, member) => group.end(member))),
      anybody.map((at) => of(at, 'reads no more', (_, { client }) => (client!.wire.full = true))),
      anybody.map((at) => of(at, 'reads all', (_, { client }) => client!.wire.drain())),
    ],
    { maxCommands: 100, size: 'max' },
  );
  fc.assert(
    fc.property(commands, (all) => {
      const group = new Group();
      fc.modelRun(() => ({ model: group, real: group }), all);
      group.finish();
    }),
    runs('shared subscriptions', 250),
  );
});
