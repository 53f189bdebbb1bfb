import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { stream } from '../../test/vectors/arbitrary.ts';
import { cut, decodeAll, decoderFor, decoderOf, oneByOne, outcomeOf } from '../../test/vectors/harness.ts';
import { BAD_VECTORS, bytes, GOOD_VECTORS } from '../../test/vectors/index.ts';
import { VERSIONS } from '../../test/vectors/vector.ts';
import type { Sender } from './decoder.ts';
import { encode } from './encode.ts';
import type { ProtocolVersion } from './packet.ts';

// `outcomeOf` lets only ProtocolErrors pass and bounds the packets: each takes two bytes at least.

const sender: Arbitrary<Sender> = fc.constantFrom('client', 'server');
const version: Arbitrary<ProtocolVersion | 0> = fc.constantFrom(0, 3, 4, 5);

/** Bytes that often look like packets: a plausible first byte and remaining length, then anything. */
const packetLike: Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(0x10, 0x20, 0x30, 0x32, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xe0, 0xf0),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }) },
        fc.constantFrom(0x0b, 0x11, 0x12, 0x15, 0x1f, 0x23, 0x26, 0x7f, 0x80, 0xff),
        fc.integer({ min: 0, max: 255 }),
      ),
      { maxLength: 60 },
    ),
  )
  .map(([first, body]) => Uint8Array.of(first, body.length, ...body));

const connected: Arbitrary<Uint8Array> = fc
  .array(packetLike, { minLength: 1, maxLength: 4 })
  .map((packets) => new Uint8Array(Buffer.concat(packets)));

type Change = 'set' | 'insert' | 'remove' | 'truncate';

/** A change to a packet: a byte set, put in or taken out, or the end cut off. What is near the start matters more. */
function mutationOf(...kinds: readonly Change[]): Arbitrary<(whole: Uint8Array) => Uint8Array> {
  return fc
    .tuple(
      fc.constantFrom(...kinds),
      fc.nat(),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    )
    .map(([kind, place, byte]) => (whole: Uint8Array): Uint8Array => {
      if (whole.length === 0) return whole;
      const at = place % 3 === 0 ? place % whole.length : place % Math.min(whole.length, 24);
      if (kind === 'truncate') return whole.slice(0, at);
      const list = Array.from(whole);
      if (kind === 'set') list[at] = byte;
      if (kind === 'insert') list.splice(at, 0, byte);
      if (kind === 'remove') list.splice(at, 1);
      return new Uint8Array(list);
    });
}

const mutation: Arbitrary<(whole: Uint8Array) => Uint8Array> = mutationOf(
  'set',
  'insert',
  'remove',
  'truncate',
);

const SMALL = [...GOOD_VECTORS, ...BAD_VECTORS].filter(({ hex }) => hex.length < 600);

function inPieces(whole: Uint8Array, parts: readonly number[]): Uint8Array[] {
  const cuts = parts.map((part) => part % (whole.length + 1)).toSorted((a, b) => a - b);
  return cut(whole, cuts);
}

test('any bytes give packets or a ProtocolError', () => {
  fc.assert(
    fc.property(sender, version, fc.uint8Array({ maxLength: 200 }), (side, level, whole) => {
      outcomeOf(decoderOf(side, level), [whole]);
    }),
    { numRuns: 10_000 },
  );
});

test('bytes that look like packets give packets or a ProtocolError, and do give packets', () => {
  let packets = 0;
  fc.assert(
    fc.property(sender, fc.constantFrom(...VERSIONS), connected, (side, level, whole) => {
      packets += outcomeOf(decoderOf(side, level), [whole]).packets.length;
    }),
    { numRuns: 10_000 },
  );
  assert.ok(packets > 200, `only ${packets} packets: the bytes are no longer like packets`);
});

test('a vector that is changed gives packets or a ProtocolError, the same however it is cut', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SMALL),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (vector, mutations, parts) => {
        const whole = mutations.reduce<Uint8Array>((changed, mutate) => mutate(changed), bytes(vector.hex));
        const expected = outcomeOf(decoderFor(vector), [whole]);
        assert.deepEqual(outcomeOf(decoderFor(vector), inPieces(whole, parts)), expected);
        assert.deepEqual(outcomeOf(decoderFor(vector), oneByOne(whole)), expected);
      },
    ),
    { numRuns: 10_000 },
  );
});

test('packets in which something is changed give packets or a ProtocolError', () => {
  for (const level of VERSIONS) {
    fc.assert(
      fc.property(
        stream('client', level),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (packets, mutations) => {
          const valid = new Uint8Array(Buffer.concat(packets.map((packet) => encode(packet, level))));
          const whole = mutations.reduce<Uint8Array>((changed, mutate) => mutate(changed), valid);
          outcomeOf(decoderOf('client', 0), [whole]);
        },
      ),
      { numRuns: 100 },
    );
  }
});

/** Writes and reads again what bytes mean, and returns how many packets they were; 0 when they are in error. */
function rewrite(level: ProtocolVersion, side: Sender, whole: Uint8Array): number {
  const expected = outcomeOf(decoderOf(side, level), [whole]);
  if (expected.error !== undefined) return 0;
  const frames = decodeAll(decoderOf(side, level), [whole]).map((packet) => encode(packet, level));
  assert.deepEqual(outcomeOf(decoderOf(side, level), frames), expected);
  return frames.length;
}

test('whatever bytes are accepted, what they mean can be written and read again', () => {
  const vectors = GOOD_VECTORS.filter(({ hex }) => hex.length < 600 && !hex.startsWith('1'));
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...vectors), mutationOf('set'), (vector, mutate) => {
      accepted += rewrite(vector.version, vector.sender, mutate(bytes(vector.hex)));
    }),
    { numRuns: 10_000 },
  );
  assert.ok(accepted > 1000, `only ${accepted} packets were accepted`);
});
