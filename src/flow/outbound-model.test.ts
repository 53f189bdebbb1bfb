/** Outbound against a referee: the receiver's view of what is sent, whatever is done to the flow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { Outbound } from './outbound.ts';
import type { OutboundLimits, Outgoing, OutgoingState, Sender } from './outbound.ts';

class Item implements Outgoing {
  readonly number: number;
  readonly qos: 0 | 1 | 2;
  readonly payloadBytes: number;
  packetId = 0;
  sequence = 0;
  state: OutgoingState = 'waiting';
  /** How often it went out, and whether the flow has let it go. */
  sent = 0;
  settled = false;
  received = false;

  constructor(number: number, qos: 0 | 1 | 2, payloadBytes: number) {
    this.number = number;
    this.qos = qos;
    this.payloadBytes = payloadBytes;
  }
}

/** Judges every packet at the moment it is sent. */
class Referee implements Sender<Item> {
  full = false;
  connected = false;
  /** How many PUBLISH packets are still taken before it is full. */
  room = Infinity;
  /** There is room since a moment ago, and the flow has not been told. */
  relaxed = false;
  /** The next so many messages are not to be sent any more. */
  refusals = 0;
  limits: OutboundLimits = { inflightMessages: 0, inflightBytes: 0, queuedMessages: 0, queuedBytes: 0 };
  readonly offered: Item[] = [];
  /** Sent on this connection and not done: what the window counts. */
  readonly open = new Map<number, Item>();
  /** What an identifier stands for, across connections. */
  readonly inUse = new Map<number, Item>();
  #lastFirst = -1;
  #lastAgain = -1;
  /** Whether a new message went out on this connection. */
  #begun = false;

  connect(limits: OutboundLimits): void {
    this.connected = true;
    this.limits = limits;
    this.relaxed = false;
    this.open.clear();
    this.#lastAgain = -1;
    this.#begun = false;
  }

  publish(item: Item, dup: boolean): boolean {
    assert.ok(this.connected && !this.full, 'sent while nobody listens');
    assert.ok(!item.settled, 'sent after it was settled');
    if (item.qos > 0) this.#checkWindow(item);
    if (dup) this.#checkAgain(item);
    else this.#checkFirst(item);
    if (this.refusals > 0) {
      this.refusals--;
      this.inUse.delete(item.packetId);
      return false;
    }
    item.sent++;
    if (item.qos > 0) this.open.set(item.packetId, item);
    if (--this.room <= 0) this.full = true;
    return true;
  }

  release(packetId: number): void {
    assert.ok(this.connected);
    const item = this.inUse.get(packetId);
    assert.ok(item?.received, 'PUBREL for what was not received');
    assert.ok(!this.#begun && this.#lastAgain < 0, 'PUBREL after a PUBLISH');
    this.open.set(packetId, item);
  }

  /** Whether the limits let another message go out. */
  get hasRoom(): boolean {
    const { inflightMessages, inflightBytes } = this.limits;
    const bytes = [...this.open.values()].reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
    return (
      (inflightMessages === 0 || this.open.size < inflightMessages) &&
      (inflightBytes === 0 || bytes < inflightBytes)
    );
  }

  #checkWindow(item: Item): void {
    assert.ok(this.hasRoom, 'the window is exceeded');
    assert.ok(item.packetId >= 1 && item.packetId <= 65_535);
  }

  #checkFirst(item: Item): void {
    assert.equal(item.sent, 0, 'sent again without DUP');
    assert.ok(item.number > this.#lastFirst, 'out of order');
    this.#lastFirst = item.number;
    this.#begun = true;
    if (item.qos === 0) return;
    assert.ok(!this.inUse.has(item.packetId), 'an identifier in use is used again');
    this.inUse.set(item.packetId, item);
  }

  #checkAgain(item: Item): void {
    assert.ok(item.sent > 0, 'DUP for what was never sent');
    assert.ok(!item.received, 'sent again after PUBREC');
    assert.equal(this.inUse.get(item.packetId), item, 'the identifier has changed');
    assert.ok(!this.open.has(item.packetId), 'sent twice on one connection');
    assert.ok(!this.#begun, 'sent again after a new message');
    assert.ok(item.number > this.#lastAgain, 'sent again out of order');
    this.#lastAgain = item.number;
  }
}

interface Model {
  connected: boolean;
}

interface Real {
  readonly outbound: Outbound<Item>;
  readonly referee: Referee;
}

type Command = fc.Command<Model, Real>;

function command(
  name: string,
  run: (real: Real, model: Model) => void,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    run: (model, real) => {
      run(real, model);
      const { outbound, referee } = real;
      const unfinished = [...outbound.unfinished()];
      assert.deepEqual(
        new Set(unfinished),
        new Set(referee.offered.filter(({ settled }) => !settled)),
        'what is not settled is unfinished',
      );
      assert.equal(outbound.inflight, referee.inUse.size, 'every identifier is given back');
      assert.equal(outbound.waiting, unfinished.length - outbound.inflight);
      if (!referee.connected || referee.full || referee.relaxed || !referee.hasRoom) return;
      assert.equal(outbound.waiting, 0, 'messages wait although they could be sent');
      assert.equal(
        outbound.inflight,
        referee.open.size,
        'messages are not sent again although they could be',
      );
    },
    toString: () => name,
  };
}

function offer(qos: 0 | 1 | 2, bytes: number): Command {
  return command(`offer QoS ${qos} of ${bytes}`, ({ outbound, referee }) => {
    const item = new Item(referee.offered.length, qos, bytes);
    referee.offered.push(item);
    const { open, waiting } = outbound;
    const held = [...outbound.unfinished()].slice(outbound.inflight);
    const bytesWaiting = held.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
    const { queuedMessages, queuedBytes, inflightMessages } = referee.limits;
    const allowance = referee.connected ? Math.max(0, inflightMessages - outbound.inflight) : 0;
    const room =
      (queuedMessages === 0 || waiting < queuedMessages + allowance) &&
      (queuedBytes === 0 || bytesWaiting < queuedBytes);
    assert.equal(outbound.offer(item), open ? 'sent' : room ? 'waiting' : 'dropped');
    assert.equal(item.settled, !open ? !room : item.qos === 0 || item.sent === 0);
  });
}

/** Acknowledges the message in the given place of those that are in use: at any time, in any order. */
function acknowledge(place: number, step: 'whole' | 'half'): Command {
  return command(`acknowledge ${place} ${step}`, ({ outbound, referee }) => {
    const items = [...referee.inUse.values()].filter(({ sent }) => sent > 0);
    const item = items[place % items.length];
    if (item === undefined) return;
    if (item.qos === 2 && step === 'half') {
      assert.equal(outbound.receive(item.packetId), item);
      item.received = true;
      // a late PUBREC is for what this connection has not seen yet
      if (referee.connected) referee.open.set(item.packetId, item);
      return;
    }
    referee.inUse.delete(item.packetId);
    referee.open.delete(item.packetId);
    referee.relaxed = false;
    const done = item.qos === 1 ? outbound.acknowledge(item.packetId) : outbound.complete(item.packetId);
    assert.equal(done, item);
    outbound.refill();
  });
}

const suspend = command(
  'suspend',
  ({ outbound, referee }, model) => {
    model.connected = false;
    referee.connected = false;
    outbound.suspend();
  },
  ({ connected }) => connected,
);

function resume(limits: OutboundLimits, room: number): Command {
  return command(
    `resume ${Object.values(limits).join(' ')} room ${room}`,
    ({ outbound, referee }, model) => {
      model.connected = true;
      referee.connect(limits);
      referee.room = room;
      referee.full = room === 0;
      outbound.resume(referee, limits);
    },
    ({ connected }) => !connected,
  );
}

function drain(room: number): Command {
  return command(`drain ${room}`, ({ outbound, referee }) => {
    referee.room = room;
    referee.full = room === 0;
    referee.relaxed = false;
    outbound.refill();
  });
}

const relax = command('relax', ({ referee }) => {
  referee.relaxed ||= referee.full;
  referee.full = false;
  referee.room = Infinity;
});

function refuse(count: number): Command {
  return command(`refuse ${count}`, ({ referee }) => {
    referee.refusals = count;
  });
}

function withdraw(every: number): Command {
  return command(`withdraw every ${every}`, ({ outbound }) => {
    for (const item of outbound.withdraw(({ number }) => number % every === 0)) {
      assert.equal(item.sent, 0);
      assert.ok(item.settled);
    }
  });
}

/** At the end everything that is left goes out, in order, and every identifier comes back. */
function finish({ outbound, referee }: Real): void {
  outbound.suspend();
  const none = { inflightMessages: 0, inflightBytes: 0, queuedMessages: 0, queuedBytes: 0 };
  referee.connect(none);
  referee.room = Infinity;
  referee.full = false;
  referee.refusals = 0;
  outbound.resume(referee, none);
  assert.equal(outbound.waiting, 0);
  for (const item of referee.inUse.values()) {
    assert.ok(item.sent > 0);
    referee.inUse.delete(item.packetId);
    assert.ok(outbound.acknowledge(item.packetId) ?? outbound.complete(item.packetId));
  }
  assert.deepEqual([...outbound.unfinished()], []);
  assert.ok(referee.offered.every(({ settled }) => settled));
}

const limits = fc.record({
  inflightMessages: fc.nat(4),
  inflightBytes: fc.constantFrom(0, 1, 5, 20),
  queuedMessages: fc.constantFrom(0, 1, 3, 8),
  queuedBytes: fc.constantFrom(0, 1, 10, 40),
});
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const offers = fc.tuple(qos, fc.nat(12)).map(([level, bytes]) => offer(level, bytes));
const room = fc.constantFrom(0, 1, 2, Infinity);

test('Outbound keeps order, window and limits, uses identifiers once and settles each message once', () => {
  const commands = fc.commands(
    [
      offers,
      offers,
      offers,
      fc.tuple(fc.nat(6), fc.constantFrom('whole', 'half')).map(([place, step]) => acknowledge(place, step)),
      fc.constant(suspend),
      fc.tuple(limits, room).map(([some, much]) => resume(some, much)),
      room.map(drain),
      fc.constant(relax),
      fc.oneof(fc.integer({ min: 1, max: 3 }).map(refuse), fc.integer({ min: 1, max: 3 }).map(withdraw)),
    ],
    { maxCommands: 80, size: 'max' },
  );
  fc.assert(
    fc.property(commands, (all) => {
      const referee = new Referee();
      const outbound = new Outbound<Item>(referee.limits, {
        settled: (item) => {
          assert.ok(!item.settled, 'settled twice');
          item.settled = true;
        },
      });
      fc.modelRun(() => ({ model: { connected: false }, real: { outbound, referee } }), all);
      finish({ outbound, referee });
    }),
    runs('outbound flow', 2000),
  );
});
