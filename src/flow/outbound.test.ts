import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Outbound } from './outbound.ts';
import type { OutboundLimits, Outgoing, OutgoingState, Sender } from './outbound.ts';

class Item implements Outgoing {
  readonly name: string;
  readonly qos: 0 | 1 | 2;
  readonly payloadBytes: number;
  packetId = 0;
  sequence = 0;
  state: OutgoingState = 'waiting';

  constructor(name: string, qos: 0 | 1 | 2, payloadBytes = 1) {
    this.name = name;
    this.qos = qos;
    this.payloadBytes = payloadBytes;
  }
}

/** Writes down what goes out: `a1` is message a under identifier 1, `+a1` with DUP, `rel 1` a PUBREL. */
class Line implements Sender<Item> {
  full = false;
  /** Messages that are not to be sent any more. */
  readonly refused = new Set<string>();
  #sent: string[] = [];

  publish(item: Item, dup: boolean): boolean {
    if (this.refused.has(item.name)) return false;
    this.#sent.push(`${dup ? '+' : ''}${item.name}${item.packetId || ''}`);
    return true;
  }

  release(packetId: number): void {
    this.#sent.push(`rel ${packetId}`);
  }

  /** What has gone out since the last look. */
  take(): string {
    return this.#sent.splice(0).join(' ');
  }
}

const NO_LIMITS: OutboundLimits = {
  inflightMessages: 0,
  inflightBytes: 0,
  queuedMessages: 0,
  queuedBytes: 0,
};

interface Setup {
  readonly outbound: Outbound<Item>;
  readonly line: Line;
  readonly limits: OutboundLimits;
  /** Names of what was settled, in order. */
  readonly settled: string[];
  /** Offers messages of one QoS; a letter is a name. */
  readonly offer: (names: string, qos?: 0 | 1 | 2, payloadBytes?: number) => string;
  /** Connects, with other limits if given. */
  readonly resume: (other?: Partial<OutboundLimits>) => string;
}

/** Connected, unless `online` is false. */
function setup(some: Partial<OutboundLimits> = {}, online = true): Setup {
  const limits = { ...NO_LIMITS, ...some };
  const settled: string[] = [];
  const outbound = new Outbound<Item>(limits, { settled: ({ name }) => settled.push(name) });
  const line = new Line();
  const resume = (other: Partial<OutboundLimits> = {}): string => {
    outbound.resume(line, { ...limits, ...other });
    return line.take();
  };
  if (online) resume();
  const offer = (names: string, qos: 0 | 1 | 2 = 1, payloadBytes = 1): string =>
    names
      .split('')
      .map((name) => outbound.offer(new Item(name, qos, payloadBytes)))
      .join(' ');
  return { outbound, line, limits, settled, offer, resume };
}

describe('the window', () => {
  test('is never exceeded, and refilled in order [MQTT-3.3.4-9] [MQTT-4.6.0-5]', () => {
    const { outbound, line, offer } = setup({ inflightMessages: 2 });
    assert.equal(offer('abcd'), 'sent sent waiting waiting');
    assert.equal(line.take(), 'a1 b2');
    outbound.acknowledge(2);
    outbound.refill();
    assert.equal(line.take(), 'c3');
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), 'd4');
    assert.equal(outbound.inflight, 2);
  });

  test('of QoS 2 opens at PUBCOMP, not at PUBREC', () => {
    const { outbound, line, offer } = setup({ inflightMessages: 1 });
    offer('ab', 2);
    assert.equal(line.take(), 'a1');
    outbound.receive(1);
    outbound.refill();
    assert.equal(line.take(), '');
    outbound.complete(1);
    outbound.refill();
    assert.equal(line.take(), 'b2');
  });

  test('of 0 is no limit but the packet identifiers', () => {
    const { outbound, line, settled } = setup();
    for (let i = 0; i < 65_535; i++) assert.equal(outbound.offer(new Item('x', 1)), 'sent');
    line.take();
    assert.equal(outbound.offer(new Item('late', 1)), 'waiting');
    outbound.acknowledge(777);
    outbound.refill();
    assert.equal(line.take(), 'late777');
    assert.deepEqual(settled, ['x']);
  });

  test('does not hold QoS 0 back while nothing waits, and gives it no identifier', () => {
    const { outbound, line, settled, offer } = setup();
    assert.equal(offer('ab', 0), 'sent sent');
    assert.equal(line.take(), 'a b');
    assert.deepEqual(settled, ['a', 'b']);
    assert.equal(outbound.inflight, 0);
  });

  test('QoS 0 that is offered stays behind what waits', () => {
    const { outbound, line, offer } = setup({ inflightMessages: 1 });
    offer('ab', 1);
    assert.equal(offer('c', 0), 'waiting');
    assert.equal(line.take(), 'a1');
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), 'b2');
    outbound.acknowledge(2);
    outbound.refill();
    assert.equal(line.take(), 'c');
  });

  test('by bytes closes once the limit is reached', () => {
    const { outbound, line, offer } = setup({ inflightBytes: 10 });
    assert.equal(offer('abc', 1, 6), 'sent sent waiting');
    assert.equal(line.take(), 'a1 b2');
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), 'c3');
  });
});

describe('a full sender', () => {
  test('gets no PUBLISH, and all of them once it is not', () => {
    const { outbound, line, offer } = setup();
    line.full = true;
    assert.equal(outbound.open, false);
    assert.equal(offer('ab'), 'waiting waiting');
    outbound.refill();
    assert.equal(line.take(), '');
    line.full = false;
    outbound.refill();
    assert.equal(line.take(), 'a1 b2');
    assert.equal(outbound.open, true);
  });

  test('gets nothing again either, until it is not', () => {
    const { outbound, line, offer, resume } = setup();
    offer('ab');
    line.take();
    outbound.suspend();
    line.full = true;
    assert.equal(resume(), '');
    assert.equal(offer('c'), 'waiting');
    line.full = false;
    outbound.refill();
    assert.equal(line.take(), '+a1 +b2 c3');
  });
});

describe('offline', () => {
  test('messages wait, and go out in order [MQTT-4.6.0-5]', () => {
    const { outbound, line, offer, resume } = setup({}, false);
    assert.equal(offer('ab'), 'waiting waiting');
    assert.equal(offer('c', 0), 'waiting');
    assert.equal(outbound.open, false);
    outbound.refill();
    assert.equal(line.take(), '');
    assert.equal(resume(), 'a1 b2 c');
  });

  test('after suspend nothing is written', () => {
    const { outbound, line, offer } = setup({ inflightMessages: 1 });
    offer('ab');
    line.take();
    outbound.suspend();
    assert.equal(offer('c'), 'waiting');
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), '');
  });
});

describe('resume', () => {
  test('sends again in order with DUP and the same identifiers, then what waits [MQTT-4.4.0-1] [MQTT-4.6.0-1]', () => {
    const { outbound, offer, resume } = setup({ inflightMessages: 3 });
    offer('a', 1);
    offer('b', 2);
    offer('cd', 1);
    outbound.suspend();
    offer('e', 1);
    assert.equal(resume({ inflightMessages: 4 }).slice('a1 b2 c3 '.length), '+a1 +b2 +c3 d4');
  });

  test('sends PUBREL for what was received, in the order of the PUBRECs [MQTT-4.6.0-4]', () => {
    const { outbound, line, offer, resume } = setup();
    offer('abc', 2);
    line.take();
    outbound.receive(3);
    outbound.receive(1);
    outbound.suspend();
    assert.equal(resume(), 'rel 3 rel 1 +b2');
  });

  test('with a smaller window sends again a few at a time', () => {
    const { outbound, line, offer, resume } = setup({ inflightMessages: 4 });
    offer('abcd');
    offer('e');
    line.take();
    outbound.suspend();
    assert.equal(resume({ inflightMessages: 2 }), '+a1 +b2');
    for (const [packetId, next] of [
      [2, '+c3'],
      [1, '+d4'],
      [3, 'e5'],
      [4, ''],
    ] as const) {
      outbound.acknowledge(packetId);
      outbound.refill();
      assert.equal(line.take(), next);
    }
  });

  test('with a smaller window counts what was received and not completed', () => {
    const { outbound, line, offer, resume } = setup();
    offer('abc', 2);
    outbound.receive(1);
    outbound.receive(2);
    outbound.suspend();
    line.take();
    assert.equal(resume({ inflightMessages: 2 }), 'rel 1 rel 2');
    outbound.complete(1);
    outbound.refill();
    assert.equal(line.take(), '+c3');
  });

  test('with all the bytes it may have in flight starts anew', () => {
    const { outbound, line, offer, resume } = setup({ inflightBytes: 10 });
    offer('ab', 1, 5);
    offer('c', 1, 5);
    line.take();
    outbound.suspend();
    assert.equal(resume(), '+a1 +b2');
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), 'c3');
  });

  test('sends a message larger than the bytes it may have in flight', () => {
    const { outbound, line, offer, resume } = setup({ inflightBytes: 10 });
    offer('a', 2, 100);
    line.take();
    outbound.suspend();
    assert.equal(resume(), '+a1');
    outbound.receive(1);
    outbound.suspend();
    assert.equal(resume(), 'rel 1');
    assert.equal(offer('b'), 'waiting');
    outbound.complete(1);
    outbound.refill();
    assert.equal(line.take(), 'b2');
  });

  test('does not send again what was acknowledged before its turn came', () => {
    const { outbound, line, offer, resume } = setup({ inflightMessages: 3 });
    offer('a', 1);
    offer('bc', 2);
    line.take();
    outbound.suspend();
    line.full = true;
    assert.equal(resume(), '');
    outbound.acknowledge(1);
    outbound.receive(2);
    line.full = false;
    outbound.refill();
    assert.equal(line.take(), '+c3');
    assert.equal(outbound.inflight, 2);
  });

  test('gives a freed identifier to a new message, and the old one does not come back under it', () => {
    const { outbound, line, resume } = setup({ inflightMessages: 1 }, false);
    for (let i = 0; i < 65_535; i++) outbound.offer(new Item('x', 1));
    resume();
    for (let packetId = 1; packetId < 65_535; packetId++) {
      outbound.acknowledge(packetId);
      outbound.refill();
    }
    assert.equal(line.take().split(' ').at(-1), 'x65535');
    outbound.suspend();
    line.full = true;
    resume({ inflightMessages: 2 });
    outbound.acknowledge(65_535);
    outbound.offer(new Item('new', 1));
    line.full = false;
    outbound.refill();
    assert.equal(line.take(), 'new1');
  });

  test('twice in a row sends once per connection', () => {
    const { outbound, line, offer, resume } = setup();
    offer('ab');
    line.take();
    outbound.suspend();
    assert.equal(resume(), '+a1 +b2');
    outbound.suspend();
    assert.equal(resume(), '+a1 +b2');
    outbound.acknowledge(1);
    outbound.acknowledge(2);
    outbound.suspend();
    assert.equal(resume(), '');
  });
});

describe('the waiting line', () => {
  test('offline holds so many messages and drops the newest', () => {
    const { settled, offer, resume } = setup({ inflightMessages: 20, queuedMessages: 3 }, false);
    assert.equal(offer('abcde'), 'waiting waiting waiting dropped dropped');
    assert.deepEqual(settled, ['d', 'e']);
    assert.equal(resume(), 'a1 b2 c3');
  });

  test('holds what the window would hold besides, as Mosquitto', () => {
    const { line, offer } = setup({ inflightMessages: 2, queuedMessages: 3 });
    line.full = true;
    assert.equal(offer('abcdef'), 'waiting waiting waiting waiting waiting dropped');
  });

  test('with the window full holds what the limit says', () => {
    const { offer } = setup({ inflightMessages: 2, queuedMessages: 3 });
    assert.equal(offer('abcdef'), 'sent sent waiting waiting waiting dropped');
  });

  test('holds bytes up to the limit and the message that reaches it', () => {
    const { settled, offer } = setup({ queuedBytes: 10 }, false);
    assert.equal(offer('abcd', 1, 6), 'waiting waiting dropped dropped');
    assert.deepEqual(settled, ['c', 'd']);
  });

  test('has room again by as much as was sent or withdrawn', () => {
    const { outbound, line, offer, resume } = setup({ queuedMessages: 2, queuedBytes: 100 }, false);
    assert.equal(offer('abc', 1, 40), 'waiting waiting dropped');
    outbound.withdraw(({ name }) => name === 'a');
    assert.equal(offer('de', 1, 40), 'waiting dropped');
    resume({ inflightMessages: 2 });
    line.take();
    outbound.suspend();
    assert.equal(offer('fgh', 1, 40), 'waiting waiting dropped');
  });

  test('of 0 and 0 has no limit', () => {
    const { outbound } = setup({}, false);
    for (let i = 0; i < 100_000; i++) assert.equal(outbound.offer(new Item('x', 1, 1000)), 'waiting');
    assert.equal(outbound.waiting, 100_000);
  });
});

describe('a message that is not to be sent any more', () => {
  test('is done, holds no window, and the next goes', () => {
    const { outbound, line, settled, offer, resume } = setup({ inflightMessages: 1 }, false);
    offer('abc');
    line.refused.add('a');
    assert.equal(resume(), 'b2');
    assert.deepEqual(settled, ['a']);
    assert.equal(outbound.inflight, 1);
  });

  test('when it is sent again is done too', () => {
    const { outbound, line, settled, offer, resume } = setup({ inflightMessages: 2, inflightBytes: 100 });
    offer('a', 1, 60);
    offer('b', 2, 60);
    offer('c', 1, 60);
    line.take();
    line.refused.add('a').add('b');
    outbound.suspend();
    assert.equal(resume(), 'c3');
    assert.deepEqual(settled, ['a', 'b']);
    assert.equal(outbound.get(1), undefined);
  });
});

describe('acknowledgements', () => {
  test('of nothing, of another QoS and repeated ones change nothing', () => {
    const { outbound, settled, offer } = setup();
    offer('a', 1);
    offer('b', 2);
    for (const packetId of [0, 3, 65_535]) {
      assert.equal(outbound.acknowledge(packetId), undefined);
      assert.equal(outbound.receive(packetId), undefined);
      assert.equal(outbound.complete(packetId), undefined);
    }
    assert.equal(outbound.receive(1), undefined);
    assert.equal(outbound.complete(1), undefined);
    assert.equal(outbound.acknowledge(2), undefined);
    assert.deepEqual(settled, []);
    assert.equal(outbound.acknowledge(1)?.name, 'a');
    assert.equal(outbound.acknowledge(1), undefined);
    assert.equal(outbound.receive(2)?.name, 'b');
    assert.equal(outbound.receive(2)?.name, 'b');
    assert.equal(outbound.complete(2)?.name, 'b');
    assert.equal(outbound.complete(2), undefined);
    assert.equal(outbound.receive(2), undefined);
    assert.deepEqual(settled, ['a', 'b']);
  });

  test('a PUBCOMP without a PUBREC, or a PUBREC that refuses, ends the message', () => {
    const { outbound, line, settled, offer } = setup({ inflightMessages: 1 });
    offer('ab', 2);
    line.take();
    outbound.complete(1);
    outbound.refill();
    assert.deepEqual(settled, ['a']);
    assert.equal(line.take(), 'b2');
  });
});

describe('withdraw', () => {
  test('takes what was never sent, in order, and leaves the rest in order', () => {
    const { outbound, line, settled, offer } = setup({ inflightMessages: 2 });
    offer('abcdefg');
    line.take();
    const taken = outbound.withdraw(({ name }) => 'acdf'.includes(name));
    assert.deepEqual(
      taken.map(({ name }) => name),
      ['c', 'd', 'f'],
    );
    assert.deepEqual(settled, ['c', 'd', 'f']);
    assert.deepEqual(
      [...outbound.unfinished()].map(({ name }) => name),
      ['a', 'b', 'e', 'g'],
    );
    outbound.acknowledge(1);
    outbound.refill();
    assert.equal(line.take(), 'e3');
  });

  test('does not take what was sent on an earlier connection', () => {
    const { outbound, offer, resume, line } = setup();
    offer('a');
    outbound.suspend();
    line.full = true;
    resume();
    assert.deepEqual(
      outbound.withdraw(() => true),
      [],
    );
  });
});

describe('clear', () => {
  test('settles all that is not done, once, and begins anew', () => {
    const { outbound, line, settled, offer } = setup({ inflightMessages: 2, inflightBytes: 10 });
    offer('abcd', 2, 5);
    outbound.receive(2);
    line.take();
    outbound.clear();
    assert.deepEqual(settled.toSorted(), ['a', 'b', 'c', 'd']);
    assert.deepEqual([outbound.inflight, outbound.waiting], [0, 0]);
    assert.equal(offer('efg', 1, 5), 'sent sent waiting');
  });

  test('of what was interrupted leaves nothing to send again', () => {
    const { outbound, line, offer, resume } = setup();
    offer('ab');
    outbound.suspend();
    line.take();
    line.full = true;
    resume();
    outbound.clear();
    line.full = false;
    assert.equal(outbound.open, true);
    outbound.refill();
    assert.equal(line.take(), '');
  });

  test('leaves no trace in the limits', () => {
    const { outbound, line, offer, resume } = setup({
      inflightMessages: 2,
      inflightBytes: 10,
      queuedBytes: 10,
    });
    offer('ab', 1, 5);
    outbound.suspend();
    offer('cd', 1, 5);
    line.full = true;
    resume();
    outbound.clear();
    line.full = false;
    line.take();
    assert.equal(offer('efghi', 1, 4), 'sent sent waiting waiting waiting');
    assert.equal(offer('j', 1, 4), 'dropped');
    assert.equal(line.take().split(' ').length, 2);
    outbound.clear();
    assert.equal(offer('klm', 1, 10), 'sent waiting dropped');
  });
});

describe('packet identifiers', () => {
  test('grow to 65535 and begin again, skipping those in flight [MQTT-2.2.1-3]', () => {
    const { outbound } = setup();
    const held = new Item('held', 2);
    outbound.offer(held);
    let last = held.packetId;
    let turns = 0;
    for (let i = 0; i < 140_000; i++) {
      const item = new Item('x', 1);
      outbound.offer(item);
      assert.ok(item.packetId >= 1 && item.packetId <= 65_535 && item.packetId !== held.packetId);
      if (item.packetId < last) turns++;
      last = item.packetId;
      assert.equal(outbound.acknowledge(item.packetId), item);
    }
    assert.equal(turns, 2);
    assert.equal(outbound.get(held.packetId), held);
  });

  test('come back one by one, in any order, with 65535 in flight', () => {
    const { outbound } = setup({ inflightMessages: 0 });
    const items = Array.from({ length: 65_535 }, () => new Item('x', 1));
    for (const item of items) outbound.offer(item);
    assert.equal(new Set(items.map(({ packetId }) => packetId)).size, 65_535);
    for (const item of items.toSorted((a, b) => (a.packetId & 0xff) - (b.packetId & 0xff)))
      assert.equal(outbound.acknowledge(item.packetId), item);
    assert.equal(outbound.inflight, 0);
  });
});
