import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { packets } from '../../test/conformance/harness/packets.ts';
import { fragments, frame, OPCODE } from '../../test/websocket/frames.ts';
import type { FrameOptions } from '../../test/websocket/frames.ts';
import { Stand } from '../../test/websocket/stand.ts';
import type { StandOptions } from '../../test/websocket/stand.ts';
import { upgrade } from '../../test/websocket/visitor.ts';
import type { Visitor } from '../../test/websocket/visitor.ts';
import { LIMITS } from '../broker/limits.ts';

const p = packets(4);
const CONNACK = '20020000';
const PINGRESP = 'd000';
const NORMAL = 1000;

/** A client that was let in. */
async function connected(stand: Stand, clientId = ''): Promise<Visitor> {
  const visitor = await stand.enter();
  assert.equal(await visitor.mqtt(p.connect({ clientId })).bytes(4), CONNACK);
  return visitor;
}

/** What comes of bytes: the code of the Close frame, and what the log says. */
async function outcome(bytes: Uint8Array, options: StandOptions = {}): Promise<readonly unknown[]> {
  await using stand = await Stand.open(options);
  using visitor = await stand.enter();
  visitor.send(bytes);
  const code = await visitor.closed();
  visitor.socket.end();
  const { cause, problem } = await stand.end();
  await stand.empty();
  return [code, cause, problem];
}

describe('packets of MQTT in frames', () => {
  test('[MQTT-6.0.0-2] several in one, one in several, in pieces of one byte', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    visitor.mqtt(p.pingreq(), p.subscribe(1, [['a', 0]]), p.pingreq());
    assert.equal(await visitor.bytes(9), `${PINGRESP}9003000100${PINGRESP}`);
    const publish = p.publish('a', 'to be cut');
    for (const byte of publish) visitor.frame(OPCODE.binary, Uint8Array.of(byte));
    const expected = Buffer.from(publish).toString('hex');
    assert.equal(await visitor.bytes(publish.length), expected);
    visitor.send(...fragments([...publish].map((byte) => Uint8Array.of(byte))));
    assert.equal(await visitor.bytes(publish.length), expected);
    for (const byte of frame(OPCODE.binary, publish)) {
      visitor.send(Uint8Array.of(byte));
      await stand.rig.settle();
    }
    assert.equal(await visitor.bytes(publish.length), expected);
  });

  test('what is sent in one tick is one frame', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    await visitor.mqtt(p.subscribe(1, [['#', 0]])).bytes(5);
    for (let count = 0; count < 300; count++) stand.rig.publish('topic', `${count % 10}`);
    const got = await visitor.next();
    assert.equal(got?.opcode, OPCODE.binary);
    assert.equal(got.payload.length, 300 * 10);
    assert.ok(got.fin);
  });

  test('large ones come whole', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    await visitor.mqtt(p.subscribe(1, [['#', 0]])).bytes(5);
    const large = p.publish('large', 'x'.repeat(500_000));
    visitor.mqtt(large, large);
    const got = await visitor.bytes(2 * large.length);
    assert.ok(got === Buffer.concat([large, large]).toString('hex'));
  });

  test('control frames may stand between fragments, and pings are answered', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    const [head, tail] = fragments([Uint8Array.of(0xc0), Uint8Array.of(0)]);
    visitor.send(head!, frame(OPCODE.ping, 'are you there?'), frame(OPCODE.pong, 'unasked'), tail!);
    const pong = await visitor.next();
    assert.deepEqual([pong?.opcode, String(pong?.payload)], [OPCODE.pong, 'are you there?']);
    assert.equal(await visitor.bytes(2), PINGRESP);
  });

  test('lengths may take more bytes than they need, and messages may be empty', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    visitor.frame(OPCODE.binary).send(...fragments([Buffer.alloc(0), Buffer.alloc(0)]));
    visitor.frame(OPCODE.binary, p.pingreq(), { lengthBytes: 2 });
    visitor.frame(OPCODE.binary, p.pingreq(), { lengthBytes: 8 });
    assert.equal(await visitor.bytes(4), PINGRESP.repeat(2));
  });

  test('after the Close frame of a client, its connection is closed', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    visitor.frame(OPCODE.close, Uint8Array.of(0x0f, 0xa0)).mqtt(p.pingreq());
    assert.equal(await visitor.closed(), 4000, 'the code of the client');
    visitor.socket.end();
    assert.equal((await stand.end()).cause, 'connection closed by client');
  });

  test('after a DISCONNECT the server closes', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    visitor.mqtt(p.pingreq(), p.disconnect());
    assert.equal(await visitor.bytes(2), PINGRESP);
    assert.equal(await visitor.closed(), NORMAL);
    visitor.frame(OPCODE.close, Uint8Array.of(0x03, 0xe8)).socket.end();
    await stand.empty();
    assert.deepEqual(await stand.end(), { cause: 'normal', problem: undefined });
  });

  test('a client that just goes has gone', async () => {
    await using stand = await Stand.open();
    const one = await connected(stand, 'one');
    one.socket.end();
    assert.equal((await stand.end()).cause, 'connection closed by client');
    const other = await connected(stand, 'other');
    other.socket.resetAndDestroy();
    await stand.empty();
    assert.deepEqual(
      stand.rig.logged('clientDisconnected').map(({ cause }) => cause),
      ['connection closed by client', 'connection closed by client'],
    );
  });
});

const BROKEN: Readonly<
  Record<string, readonly [code: number, cause: string, frames: readonly Uint8Array[]]>
> = {
  '[MQTT-6.0.0-1] text': [1003, 'protocol error', [frame(OPCODE.text, p.connect({}))]],
  'text in two parts': [
    1003,
    'protocol error',
    [frame(OPCODE.text, '', { fin: false }), frame(OPCODE.continuation)],
  ],
  'text that is not UTF-8': [1003, 'protocol error', [frame(OPCODE.text, Buffer.of(0xff))]],
  'no mask': [1002, 'protocol error', [frame(OPCODE.binary, p.connect({}), { masked: false })]],
  'a ping without a mask': [1002, 'protocol error', [frame(OPCODE.ping, '', { masked: false })]],
  'a reserved bit': [1002, 'protocol error', [frame(OPCODE.binary, p.connect({}), { reserved: 2 })]],
  'compression that was not agreed on': [
    1002,
    'protocol error',
    [frame(OPCODE.binary, p.connect({}), { reserved: 4 })],
  ],
  'an opcode of data that has no meaning': [1002, 'protocol error', [frame(3)]],
  'an opcode of control that has no meaning': [1002, 'protocol error', [frame(11)]],
  'a continuation of nothing': [1002, 'protocol error', [frame(OPCODE.continuation, p.connect({}))]],
  'a message within a message': [
    1002,
    'protocol error',
    [frame(OPCODE.binary, '', { fin: false }), frame(OPCODE.binary)],
  ],
  'a ping in parts': [1002, 'protocol error', [frame(OPCODE.ping, '', { fin: false })]],
  'a ping that is too long': [1002, 'protocol error', [frame(OPCODE.ping, 'x'.repeat(126))]],
  'a Close frame of one byte': [1002, 'protocol error', [frame(OPCODE.close, Uint8Array.of(3))]],
  'a Close frame with a code that has no meaning': [
    1002,
    'protocol error',
    [frame(OPCODE.close, Uint8Array.of(0, 1))],
  ],
  'a length of more than any number': [
    1009,
    'oversize packet',
    [frame(OPCODE.binary, '', { announced: 2n ** 63n - 1n })],
  ],
  'a length with the highest bit': [
    1009,
    'oversize packet',
    [frame(OPCODE.binary, '', { announced: 2n ** 64n - 1n })],
  ],
  'a length beyond the largest message': [
    1009,
    'oversize packet',
    [frame(OPCODE.binary, '', { announced: BigInt(2_000_000 + LIMITS.webSocketSpareBytes + 1) })],
  ],
  'fragments beyond the largest message': [
    1009,
    'oversize packet',
    [
      frame(OPCODE.binary, 'x'.repeat(1000), { fin: false }),
      frame(OPCODE.continuation, '', { announced: 2_100_000n }),
    ],
  ],
  'more fragments than a message may have': [
    1008,
    'quota exceeded',
    fragments(Array.from({ length: 20_000 }, () => Buffer.alloc(0))),
  ],
};

describe('frames that break the rules close with a code', () => {
  for (const [what, [code, cause, frames]] of Object.entries(BROKEN))
    test(what, async () => {
      const [gotCode, gotCause, problem] = await outcome(Buffer.concat(frames));
      assert.deepEqual([gotCode, gotCause], [code, cause]);
      assert.match(String(problem), /WebSocket|Max payload|fragments/);
    });

  test('what is wrong with MQTT in them closes as always', async () => {
    assert.deepEqual(await outcome(frame(OPCODE.binary, Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1))), [
      NORMAL,
      'protocol error',
      'a first packet that is not CONNECT',
    ]);
    // A Remaining Length that promises more than the frame has: what is missing is waited for
    await using stand = await Stand.open();
    using visitor = await stand.enter();
    const connect = p.connect({ clientId: 'one' });
    visitor.mqtt(connect.subarray(0, 5)).mqtt(connect.subarray(5));
    assert.equal(await visitor.bytes(4), CONNACK);
    visitor.frame(OPCODE.binary, Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1));
    assert.equal(await visitor.closed(), NORMAL);
  });
});

describe('who has not been let in', () => {
  test('gets no more room than a CONNECT needs', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.enter();
    visitor.send(frame(OPCODE.binary, '', { announced: 1_900_000n }));
    for (let sent = 0; sent <= 200_000; sent += 10_000) visitor.send(Buffer.alloc(10_000));
    assert.equal(await visitor.closed(), 1009);
    assert.equal((await stand.end()).cause, 'oversize packet');
  });

  test('need not wait for the CONNACK', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.enter();
    const publish = p.publish('a', 'x'.repeat(1_900_000), { qos: 1, packetId: 7 });
    const frames = [p.connect({ clientId: 'one' }), publish].map((packet) => frame(OPCODE.binary, packet));
    visitor.send(Buffer.concat(frames));
    assert.equal(await visitor.bytes(8), `${CONNACK}40020007`);
  });

  test('may send a large CONNECT all the same, and large messages after it', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.enter();
    const will = { topic: 'will', payload: 'x'.repeat(60_000) };
    visitor.mqtt(p.connect({ clientId: 'one', will }));
    assert.equal(await visitor.bytes(4), CONNACK);
    visitor.mqtt(p.publish('a', 'x'.repeat(1_500_000), { qos: 1, packetId: 7 }));
    assert.equal(await visitor.bytes(4), '40020007');
  });
});

/** A client that has subscribed to everything and reads nothing from now on. */
async function deafClient(stand: Stand): Promise<Visitor> {
  const visitor = await connected(stand);
  await visitor.mqtt(p.subscribe(1, [['#', 0]])).bytes(5);
  visitor.socket.pause();
  return visitor;
}

describe('back-pressure', () => {
  test('the wire of a client that does not read is full, and drains', async () => {
    await using stand = await Stand.open({ limits: { frames: 0, bytes: 1_000_000 } });
    using visitor = await deafClient(stand);
    const [connection] = stand.rig.broker.connections;
    const { wire } = connection!;
    const payload = 'x'.repeat(100_000);
    let sent = 0;
    while (!wire.full) {
      stand.rig.publish('topic', payload);
      sent++;
      await stand.rig.settle();
      assert.ok(sent < 1000, 'it is never full');
    }
    assert.ok(wire.pressed);
    assert.ok(
      wire.unsentBytes >= 1_000_000 && wire.unsentBytes < 2_000_000,
      `${wire.unsentBytes} bytes wait`,
    );
    const { publishDropped: dropped } = stand.rig.broker.counters;
    stand.rig.publish('topic', payload);
    assert.equal(stand.rig.broker.counters.publishDropped, dropped + 1, 'QoS 0 is dropped when it is full');
    visitor.socket.resume();
    await visitor.bytes(sent * p.publish('topic', payload).length);
    while (wire.unsentBytes > 0) await stand.rig.settle();
    assert.ok(!wire.full && !wire.pressed);
  });

  test('while the broker thinks, frames wait, and keep their order', async () => {
    await using stand = await Stand.open();
    using visitor = await connected(stand);
    stand.rig.access.hold('publish');
    const many = Array.from({ length: 2000 }, (_, at) =>
      frame(OPCODE.binary, p.publish('t', `${at}`, { qos: 1, packetId: at + 1 })),
    );
    visitor.send(Buffer.concat(many));
    const acknowledged: number[] = [];
    while (acknowledged.length < 2000) {
      while (stand.rig.access.waiting === 0) await stand.rig.settle();
      if (acknowledged.length === 100) stand.rig.access.prompt();
      stand.rig.access.answer();
      const bytes = Buffer.from(await visitor.bytes(4), 'hex');
      for (let at = 0; at < bytes.length; at += 4) acknowledged.push(bytes.readUInt16BE(at + 2));
    }
    assert.deepEqual(
      acknowledged,
      Array.from({ length: 2000 }, (_, at) => at + 1),
    );
  });

  test('a client that does not take the goodbye is left', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await using stand = await Stand.open();
    using visitor = await deafClient(stand);
    for (let count = 0; count < 60; count++) stand.rig.publish('topic', 'x'.repeat(100_000));
    await stand.rig.settle();
    stand.rig.broker.stop();
    await stand.rig.settle();
    assert.equal(stand.sockets.length, 1);
    t.mock.timers.tick(5000);
    await stand.empty();
    visitor.socket.destroy();
  });
});

const DEFLATE = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } };

/** A compressed message: what ends a block is left out. RFC 7692 §7.2.1 */
function compressed(payload: Uint8Array | string, options: FrameOptions = {}): Buffer {
  const bytes = deflateRawSync(payload, { finishFlush: 2 });
  return frame(OPCODE.binary, bytes.subarray(0, -4), { reserved: 4, ...options });
}

describe('websockets_compression', () => {
  const options: StandOptions = { rules: { compression: true } };

  test('is agreed on with who offers it, without memory between messages', async () => {
    await using stand = await Stand.open(options);
    using visitor = await stand.visit();
    const head = await visitor.send(upgrade(DEFLATE)).head();
    assert.ok(
      head.includes(
        '\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=13\r\n',
      ),
      head,
    );
    using other = await stand.visit();
    assert.doesNotMatch(await other.send(upgrade()).head(), /Extensions/);
  });

  test('works both ways, and leaves small messages alone', async () => {
    await using stand = await Stand.open(options);
    using visitor = await stand.enter(DEFLATE);
    visitor.send(compressed(p.connect({})));
    assert.equal(await visitor.bytes(4), CONNACK);
    visitor.send(compressed(Buffer.concat([p.subscribe(1, [['#', 0]]), p.pingreq()])));
    assert.equal(await visitor.bytes(7), `9003000100${PINGRESP}`);
    const publish = p.publish('topic', 'again '.repeat(10_000));
    visitor.send(compressed(publish), compressed(p.pingreq()));
    const got = await visitor.next();
    assert.ok(got?.compressed);
    assert.ok(got.payload.length < 2000, `${got.payload.length} bytes`);
    const ending = Buffer.from('0000ffff', 'hex');
    const answer = inflateRawSync(Buffer.concat([got.payload, ending]), { finishFlush: 2 });
    const answered: Buffer[] = [answer];
    if (answer.length === publish.length) answered.push((await visitor.next())!.payload);
    assert.equal(
      Buffer.concat(answered).toString('hex'),
      `${Buffer.from(publish).toString('hex')}${PINGRESP}`,
    );
  });

  test('a message is bounded by what it grows to', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50_000_000), { finishFlush: 2 }).subarray(0, -4);
    const halves = [bomb.subarray(0, bomb.length / 2), bomb.subarray(bomb.length / 2)];
    for (const frames of [
      frame(OPCODE.binary, bomb, { reserved: 4 }),
      Buffer.concat([
        frame(OPCODE.binary, halves[0], { reserved: 4, fin: false }),
        frame(OPCODE.continuation, halves[1]),
      ]),
    ]) {
      await using stand = await Stand.open(options);
      using visitor = await stand.enter(DEFLATE);
      const before = process.memoryUsage().arrayBuffers;
      visitor.send(frames);
      const code = await visitor.closed();
      const grown = process.memoryUsage().arrayBuffers - before;
      assert.equal(code, 1009);
      assert.ok(grown < 20_000_000, `${grown} bytes more`);
      assert.equal((await stand.end()).cause, 'oversize packet');
    }
  });

  test('few who are not let in yet may have it, for each can hold a message that has grown', async () => {
    await using stand = await Stand.open(options);
    const enter = async (): Promise<readonly [visitor: Visitor, head: string]> => {
      const visitor = await stand.visit();
      return [visitor, await visitor.send(upgrade(DEFLATE)).head()];
    };
    const strangers: Visitor[] = [];
    for (let count = 0; count < LIMITS.compressingStrangers; count++) {
      const [visitor, head] = await enter();
      assert.match(head, /Extensions/);
      strangers.push(visitor);
    }
    assert.doesNotMatch((await enter())[1], /Extensions/);
    assert.equal(await strangers[0]!.send(compressed(p.connect({ clientId: 'one' }))).bytes(4), CONNACK);
    assert.match((await enter())[1], /Extensions/);
    assert.doesNotMatch((await enter())[1], /Extensions/);
    strangers[1]!.socket.destroy();
    while (stand.rig.logged('clientDisconnected').length === 0) await stand.rig.settle();
    assert.match((await enter())[1], /Extensions/);
    assert.equal(await strangers[0]!.send(compressed(p.pingreq())).bytes(2), PINGRESP);
  });

  test('what was not compressed at all closes', async () => {
    await using stand = await Stand.open(options);
    using visitor = await stand.enter(DEFLATE);
    visitor.frame(OPCODE.binary, Buffer.from('f00dfeed', 'hex'), { reserved: 4 });
    assert.equal(await visitor.closed(), 1007);
    assert.equal((await stand.end()).cause, 'protocol error');
  });

  test('a goodbye comes after all that was being compressed', async () => {
    await using stand = await Stand.open(options);
    using visitor = await stand.enter(DEFLATE);
    visitor.send(compressed(p.connect({})));
    assert.equal(await visitor.bytes(4), CONNACK);
    await visitor.mqtt(p.subscribe(1, [['#', 0]])).bytes(5);
    visitor.mqtt(p.publish('topic', 'again '.repeat(100_000)), p.disconnect());
    const got = await visitor.next();
    assert.ok(got?.compressed);
    const close = await visitor.next();
    assert.equal(close?.opcode, OPCODE.close);
    visitor.frame(OPCODE.close, close.payload);
    assert.equal((await visitor.rest()).length, 0);
  });
});
