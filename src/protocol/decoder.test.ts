import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { headerOf, SIZE_LIMITS } from '../../test/vectors/framing.ts';
import { comparable, decodeAll, decoderOf, hexOf } from '../../test/vectors/harness.ts';
import { bytes } from '../../test/vectors/vector.ts';
import { UnsupportedVersion } from './decode.ts';
import { Decoder } from './decoder.ts';
import { ProtocolError } from './error.ts';
import { NO_PROPERTIES } from './properties.ts';
import { TopicNames } from './topic-names.ts';

const CONNECT_4 = bytes('10 0d 0004 4d515454 04 02 003c 0001 61');
const CONNECT_5 = bytes('10 0e 0004 4d515454 05 02 003c 00 0001 61');
const PUBLISH = bytes('30 05 0001 74 7879');
const PINGREQ = bytes('c0 00');

const PAGE = 64 * 1024;

function join(...chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => Array.from(chunk)));
}

test('the version is that of the CONNECT', () => {
  const decoder = decoderOf('client', 0);
  assert.equal(decoder.version, 0);
  decoder.push(CONNECT_4.subarray(0, 10));
  assert.equal(decoder.next(), undefined);
  assert.equal(decoder.version, 0);
  decoder.push(CONNECT_4.subarray(10));
  assert.equal(decoder.next()?.type, 'connect');
  assert.equal(decoder.version, 4);
});

test('the version is known even of a CONNECT that is refused, for the form of the answer', () => {
  for (const [version, hex] of [
    [3, '10 0f 0006 4d5149736470 03 1e 003c 0001 61'],
    [4, '10 0d 0004 4d515454 04 03 003c 0001 61'],
    [5, '10 0e 0004 4d515454 05 03 003c 00 0001 61'],
  ] as const) {
    const decoder = decoderOf('client', 0);
    decoder.push(bytes(hex));
    assert.throws(() => decoder.next(), ProtocolError);
    assert.equal(decoder.version, version);
  }
});

function errorOfFirst(hex: string): unknown {
  const decoder = decoderOf('client', 0);
  decoder.push(bytes(hex));
  try {
    return decoder.next();
  } catch (error) {
    assert.equal(decoder.version, 0);
    return error;
  }
}

test('an unknown level is told as it stands, a wrong name has none', () => {
  const unknown = errorOfFirst('10 0d 0004 4d515454 06 02 003c 0001 61');
  assert.ok(unknown instanceof UnsupportedVersion);
  assert.equal(unknown.level, 6);
  const wrong = errorOfFirst('10 0d 0004 4d515455 04 02 003c 0001 61');
  assert.ok(wrong instanceof ProtocolError && !(wrong instanceof UnsupportedVersion));
});

test('packets of one chunk come one by one', () => {
  const decoder = decoderOf('client', 0);
  decoder.push(join(CONNECT_5, PINGREQ, PINGREQ));
  assert.equal(decoder.next()?.type, 'connect');
  assert.equal(decoder.next()?.type, 'pingreq');
  assert.equal(decoder.next()?.type, 'pingreq');
  assert.equal(decoder.next(), undefined);
  assert.equal(decoder.next(), undefined);
});

test('an empty chunk is nothing, between packets and within one', () => {
  const empty = new Uint8Array(0);
  const decoder = decoderOf('client', 4);
  const packets = decodeAll(decoder, [empty, PUBLISH.subarray(0, 3), empty, PUBLISH.subarray(3), empty]);
  assert.deepEqual(packets.map(comparable), decodeAll(decoder, [PUBLISH]).map(comparable));
  assert.equal(packets.length, 1);
});

test('frame() is the bytes of the packet last returned', () => {
  const decoder = decoderOf('client', 4);
  decoder.push(join(PUBLISH, PINGREQ, PUBLISH.subarray(0, 4)));
  decoder.next();
  assert.equal(hexOf(decoder.frame()), hexOf(PUBLISH));
  decoder.next();
  assert.equal(hexOf(decoder.frame()), hexOf(PINGREQ));
  assert.equal(decoder.next(), undefined);
  assert.equal(decoder.frame().length, 0);
  decoder.push(join(PUBLISH.subarray(4), PINGREQ));
  decoder.next();
  assert.equal(hexOf(decoder.frame()), hexOf(PUBLISH));
  decoder.next();
  assert.equal(hexOf(decoder.frame()), hexOf(PINGREQ));
});

test('a packet within one chunk is not copied: its frame, payload and passwords are views', () => {
  const chunk = join(PUBLISH, bytes('32 09 0003 612f62 0001 7a7a'));
  const decoder = decoderOf('client', 4);
  decoder.push(chunk);
  for (const payload of ['7879', '7a7a']) {
    const packet = decoder.next();
    assert.ok(packet?.type === 'publish');
    assert.equal(hexOf(packet.payload), payload);
    assert.equal(packet.payload.buffer, chunk.buffer);
    assert.equal(decoder.frame().buffer, chunk.buffer);
  }
});

test('a packet that straddles chunks holds none of them', () => {
  const chunks = [PUBLISH.slice(0, 5), PUBLISH.slice(5)];
  const decoder = decoderOf('client', 4);
  const [packet] = decodeAll(decoder, chunks);
  for (const chunk of chunks) chunk.fill(0xff);
  assert.ok(packet?.type === 'publish');
  assert.equal(packet.topic, 't');
  assert.equal(hexOf(packet.payload), '7879');
});

test('a chunk may be a view into a larger buffer', () => {
  const buffer = new Uint8Array(100).fill(0xee);
  buffer.set(PUBLISH, 41);
  for (const chunk of [buffer.subarray(41, 48), Buffer.from(buffer.buffer, 41, 7)]) {
    const [packet] = decodeAll(decoderOf('client', 4), [chunk]);
    assert.deepEqual(
      comparable(packet),
      comparable({
        type: 'publish',
        topic: 't',
        payload: bytes('7879'),
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: {},
      }),
    );
  }
});

test('packets without properties share one value', () => {
  const publish = decodeAll(decoderOf('client', 5), [bytes('30 04 0001 74 00')])[0];
  const puback = decodeAll(decoderOf('client', 5), [bytes('40 02 0001')])[0];
  assert.ok(publish?.type === 'publish' && puback?.type === 'puback');
  assert.equal(publish.properties, NO_PROPERTIES);
  assert.equal(puback.properties, NO_PROPERTIES);
});

test('a packet as large as its type may be is awaited, one byte more is refused by its header', () => {
  for (const { version, first, bytes: limit } of SIZE_LIMITS) {
    const isConnect = first === '10';
    const decoder = decoderOf('client', isConnect ? 0 : version);
    decoder.push(bytes(headerOf(first, limit)));
    assert.equal(decoder.next(), undefined);
    const other = decoderOf('client', isConnect ? 0 : version);
    other.push(bytes(headerOf(first, limit + 1)));
    assert.throws(() => other.next(), /a packet of/);
  }
});

test('SUBSCRIBE and UNSUBSCRIBE before 5.0, and all that a server sends, have no limit but the decoder’s', () => {
  for (const [sender, version, first] of [
    ['client', 3, '82'],
    ['client', 4, '82'],
    ['client', 4, 'a2'],
    ['server', 5, '40'],
    ['server', 5, 'e0'],
    ['server', 5, 'f0'],
    ['server', 4, '90'],
  ] as const) {
    const decoder = decoderOf(sender, version, 200_000);
    decoder.push(bytes(headerOf(first, 200_000)));
    assert.equal(decoder.next(), undefined);
    const other = decoderOf(sender, version, 200_000);
    other.push(bytes(headerOf(first, 200_001)));
    assert.throws(() => other.next(), /a packet of 200001 bytes/);
  }
});

test('a packet of exactly the limit is decoded', () => {
  const decoder = decoderOf('client', 4, PUBLISH.length);
  assert.equal(decodeAll(decoder, [PUBLISH]).length, 1);
  const smaller = decoderOf('client', 4, PUBLISH.length - 1);
  assert.throws(() => decodeAll(smaller, [PUBLISH]), /a packet of 7 bytes/);
});

/** Bytes that `count` decoders take from the process, each used so. */
function heldBy(count: number, use: (decoder: Decoder) => void): number {
  const topics = new TopicNames();
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from(
    { length: count },
    () => new Decoder({ sender: 'client', version: 4, maxPacketSize: 2_000_000, topics }),
  );
  for (const decoder of decoders) use(decoder);
  const held = process.memoryUsage().arrayBuffers - before;
  assert.equal(decoders.length, count);
  return held;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Twice, as the first leaves array buffers to be swept. */
function gc(): void {
  collect();
  collect();
}

test('a decoder holds no more than about twice what has arrived, whatever was announced', () => {
  gc();
  const header = bytes(headerOf('30', 2_000_000));
  const ten = join(header, bytes('0001 74 787878'));
  assert.equal(ten.length, 10);
  const held = heldBy(1000, (decoder) => {
    decoder.push(ten);
    assert.equal(decoder.next(), undefined);
  });
  assert.ok(held <= 1000 * 2 * ten.length + PAGE, `${held} bytes for 1000 times 10`);
});

test('a decoder that is fed a large packet slowly grows by doubling', () => {
  gc();
  const header = bytes(headerOf('30', 2_000_000));
  const chunk = new Uint8Array(1000).fill(0x41);
  const arrived = 64_000;
  const held = heldBy(50, (decoder) => {
    decoder.push(header);
    assert.equal(decoder.next(), undefined);
    for (let at = 0; at < arrived; at += chunk.length) {
      decoder.push(chunk);
      assert.equal(decoder.next(), undefined);
    }
    gc();
  });
  assert.ok(held >= 50 * arrived, `${held} bytes: nothing was measured`);
  assert.ok(held <= 50 * 2 * arrived + PAGE, `${held} bytes for 50 times ${arrived}`);
});

/** Feeds packets in chunks of several forms, and returns weak references to the chunks. */
function feed(decoder: Decoder): WeakRef<Uint8Array>[] {
  return [[3, 7], [1, 2, 3, 4, 5, 6, 7], [7]].flatMap((cuts) =>
    cuts.map((end, index) => {
      const chunk = PUBLISH.slice(cuts[index - 1] ?? 0, end);
      decoder.push(chunk);
      while (decoder.next() !== undefined);
      return new WeakRef(chunk);
    }),
  );
}

test('a decoder between packets pins neither chunk nor packet', async () => {
  const decoder = decoderOf('client', 4);
  const chunks = feed(decoder);
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  assert.deepEqual(
    chunks.map((chunk) => chunk.deref()),
    chunks.map(() => undefined),
  );
  assert.equal(decodeAll(decoder, [PUBLISH]).length, 1);
});
