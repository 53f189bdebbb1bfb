import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  comparable,
  cut,
  decodeAll,
  decoderFor,
  decoderOf,
  hexOf,
  oneByOne,
  outcomeOf,
} from '../../test/vectors/harness.ts';
import { BAD_VECTORS, bytes, GOOD_VECTORS } from '../../test/vectors/index.ts';
import type { BadVector, GoodVector } from '../../test/vectors/index.ts';
import { VERSIONS } from '../../test/vectors/vector.ts';
import { encode } from './encode.ts';
import { ProtocolError } from './error.ts';
import { PACKET_TYPES } from './packet.ts';
import { Reason } from './reason.ts';

/** Up to this size a packet is cut at every position, beyond it near its ends. Bytes. */
const SMALL = 200;

function titleOf({ version, sender, name }: GoodVector | BadVector): string {
  return `${version} ${sender}: ${name}`;
}

/** Runs the check on every vector and tells all that fail, not only the first. */
function forEach<V extends GoodVector | BadVector>(vectors: readonly V[], check: (vector: V) => void): void {
  assert.ok(vectors.length > 0);
  const failures = vectors.flatMap((vector) => {
    try {
      check(vector);
      return [];
    } catch (error) {
      return [`${titleOf(vector)}: ${(error as Error).message.slice(0, 400)}`];
    }
  });
  if (failures.length > 0) assert.fail(`${failures.length} vectors:\n${failures.slice(0, 20).join('\n')}`);
}

function cutsOf(length: number): readonly number[] {
  const all = Array.from({ length: length - 1 }, (_, index) => index + 1);
  return length <= SMALL ? all : [...all.slice(0, 12), length >> 1, ...all.slice(-12)];
}

test('vectors have names of their own, and every packet type has a good and a bad one', () => {
  for (const vectors of [GOOD_VECTORS, BAD_VECTORS]) {
    const titles = vectors.map(titleOf);
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  }
  const good = new Set(GOOD_VECTORS.map(({ packet }) => packet.type));
  assert.deepEqual(good, new Set(PACKET_TYPES.filter((type) => type !== undefined)));
  const bad = new Set(BAD_VECTORS.map(({ hex }) => Number.parseInt(hex.charAt(0), 16)));
  assert.equal(bad.size, 16);
});

test('every good vector decodes to its packet, and nothing follows', () => {
  forEach(GOOD_VECTORS, (vector) => {
    const chunk = bytes(vector.hex);
    const decoder = decoderFor(vector);
    decoder.push(chunk);
    assert.deepEqual(comparable(decoder.next()), comparable(vector.packet));
    assert.equal(hexOf(decoder.frame()), hexOf(chunk));
    assert.equal(decoder.version, vector.version);
    assert.equal(decoder.next(), undefined);
  });
});

test('every good vector is what its packet encodes to, or means the same', () => {
  forEach(GOOD_VECTORS, (vector) => {
    const frame = encode(vector.packet, vector.version);
    assert.equal(hexOf(frame) === hexOf(bytes(vector.hex)), vector.decodesOnly !== true);
    assert.deepEqual(decodeAll(decoderFor(vector), [frame]).map(comparable), [comparable(vector.packet)]);
  });
});

test('every good vector decodes from two chunks, wherever it is cut', () => {
  forEach(GOOD_VECTORS, (vector) => {
    const whole = bytes(vector.hex);
    const expected = comparable(vector.packet);
    for (const at of cutsOf(whole.length)) {
      const [start, end] = cut(whole, [at]) as [Uint8Array, Uint8Array];
      const decoder = decoderFor(vector);
      decoder.push(start);
      assert.equal(decoder.next(), undefined, `a packet of ${at} bytes`);
      decoder.push(end);
      assert.deepEqual(comparable(decoder.next()), expected, `cut at ${at}`);
      assert.equal(hexOf(decoder.frame()), hexOf(whole));
      assert.equal(decoder.next(), undefined);
    }
  });
});

test('every good vector decodes byte by byte', () => {
  forEach(GOOD_VECTORS, (vector) => {
    const whole = bytes(vector.hex);
    if (whole.length > 5000) return;
    const packets = decodeAll(decoderFor(vector), oneByOne(whole));
    assert.deepEqual(packets.map(comparable), [comparable(vector.packet)]);
  });
});

/** What one side of a connection sends: all its vectors, a client's after one CONNECT. */
function streams(largest: number): { vectors: readonly GoodVector[]; whole: Uint8Array }[] {
  return VERSIONS.flatMap((version) =>
    (['client', 'server'] as const).map((sender) => {
      const ours = GOOD_VECTORS.filter(
        (vector) => vector.version === version && vector.sender === sender && vector.hex.length < largest * 2,
      );
      const connect = ours.find(({ packet }) => packet.type === 'connect');
      const rest = ours.filter(({ packet }) => packet.type !== 'connect');
      const vectors = connect === undefined ? rest : [connect, ...rest];
      return { vectors, whole: bytes(vectors.map(({ hex }) => hex).join('')) };
    }),
  );
}

test('all good vectors decode from one chunk', () => {
  for (const { vectors, whole } of streams(3_000_000)) {
    const decoder = decoderFor(vectors[0]!);
    decoder.push(whole);
    for (const vector of vectors) {
      assert.deepEqual(comparable(decoder.next()), comparable(vector.packet), titleOf(vector));
      assert.equal(hexOf(decoder.frame()), hexOf(bytes(vector.hex)));
    }
    assert.equal(decoder.next(), undefined);
  }
});

test('all good vectors decode from chunks as a network cuts them', () => {
  for (const { vectors, whole } of streams(3_000_000)) {
    const expected = vectors.map(({ packet }) => comparable(packet));
    for (const size of [1460, 65_536, 997]) {
      const cuts = Array.from(
        { length: Math.ceil(whole.length / size) - 1 },
        (_, index) => (index + 1) * size,
      );
      const packets = decodeAll(decoderFor(vectors[0]!), cut(whole, cuts));
      assert.deepEqual(packets.map(comparable), expected);
    }
  }
});

test('a chunk may end anywhere in the packet after the one it ends', () => {
  for (const { vectors } of streams(30)) {
    const few = vectors.filter((_, index) => index % 5 === 0);
    const whole = bytes(few.map(({ hex }) => hex).join(''));
    const expected = few.map(({ packet }) => comparable(packet));
    for (const at of Array.from({ length: whole.length - 1 }, (_, index) => index + 1)) {
      const packets = decodeAll(decoderFor(few[0]!), cut(whole, [at]));
      assert.deepEqual(packets.map(comparable), expected, `cut at ${at}`);
    }
  }
});

test('decoding leaves the chunks as they were', () => {
  forEach([...GOOD_VECTORS, ...BAD_VECTORS], (vector) => {
    const whole = bytes(vector.hex);
    for (const chunks of [[whole.slice()], cut(whole, [whole.length >> 1])]) {
      const before = chunks.map(hexOf);
      outcomeOf(decoderFor(vector), chunks);
      assert.deepEqual(chunks.map(hexOf), before);
    }
  });
});

function errorOf(decode: () => unknown): ProtocolError {
  try {
    const result = decode();
    assert.fail(`no error, but ${JSON.stringify(comparable(result))?.slice(0, 200)}`);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error;
  }
}

test('every bad vector is refused with its reason code', () => {
  forEach(BAD_VECTORS, (vector) => {
    const decoder = decoderFor(vector);
    decoder.push(bytes(vector.hex));
    const error = errorOf(() => decoder.next());
    assert.equal(error.reasonCode, Reason[vector.error]);
    assert.match(error.message, vector.problem ?? /./);
    assert.ok(error.message.length <= 80, `${error.message.length} characters for a line of the log`);
  });
});

test('every bad vector is refused byte by byte, by its last byte or before', () => {
  forEach(BAD_VECTORS, (vector) => {
    const decoder = decoderFor(vector);
    const error = errorOf(() => decodeAll(decoder, oneByOne(bytes(vector.hex))));
    assert.equal(error.reasonCode, Reason[vector.error]);
    assert.match(error.message, vector.problem ?? /./);
  });
});

test('the packet before a bad one is not lost', () => {
  forEach(
    BAD_VECTORS.filter(({ version, hex }) => version !== 0 && !hex.startsWith('1')),
    (vector) => {
      const decoder = decoderOf(vector.sender, vector.version, vector.maxPacketSize);
      decoder.push(bytes(`30 04 0001 74 00 ${vector.hex}`));
      assert.equal(decoder.next()?.type, 'publish');
      assert.equal(errorOf(() => decoder.next()).reasonCode, Reason[vector.error]);
    },
  );
});
