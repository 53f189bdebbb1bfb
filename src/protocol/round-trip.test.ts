import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packetOf, publish, stream } from '../../test/vectors/arbitrary.ts';
import { comparable, cut, decodeAll, decoderOf, hexOf } from '../../test/vectors/harness.ts';
import { VERSIONS } from '../../test/vectors/vector.ts';
import { encode, propertyBlock } from './encode.ts';
import { NO_PROPERTIES } from './properties.ts';
import { publishFrame, stamped } from './publish-frame.ts';

function join(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames));
}

for (const version of VERSIONS) {
  for (const sender of ['client', 'server'] as const) {
    test(`any packets of a ${sender} of version ${version} come back as they were`, () => {
      fc.assert(
        fc.property(stream(sender, version), (packets) => {
          const frames = packets.map((packet) => encode(packet, version));
          const decoder = decoderOf(sender, sender === 'client' ? 0 : version);
          decoder.push(join(frames));
          for (const [index, packet] of packets.entries()) {
            assert.deepEqual(comparable(decoder.next()), comparable(packet));
            assert.equal(hexOf(decoder.frame()), hexOf(frames[index]!));
          }
          assert.equal(decoder.next(), undefined);
        }),
        { numRuns: 100 },
      );
    });
  }

  test(`any packets of version ${version} come back however they are cut`, () => {
    fc.assert(
      fc.property(
        stream('client', version),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (packets, parts) => {
          const whole = join(packets.map((packet) => encode(packet, version)));
          const cuts = parts.map((part) => Math.floor(part * whole.length)).toSorted((a, b) => a - b);
          assert.deepEqual(
            decodeAll(decoderOf('client', 0), cut(whole, cuts)).map(comparable),
            packets.map(comparable),
          );
        },
      ),
      { numRuns: 100 },
    );
  });
}

test('what is decoded encodes to the same bytes, properties in their order', () => {
  fc.assert(
    fc.property(packetOf('server', 5), (packet) => {
      const frame = encode(packet, 5);
      const [decoded] = decodeAll(decoderOf('server', 5), [frame]);
      assert.ok(decoded !== undefined);
      assert.equal(hexOf(encode(decoded, 5)), hexOf(frame));
    }),
  );
});

test('what an older version does not know is left out', () => {
  fc.assert(
    fc.property(packetOf('client', 5), fc.constantFrom(3, 4), (packet, version) => {
      fc.pre(packet.type !== 'auth');
      const [decoded] = decodeAll(decoderOf('client', version), [encode(packet, version)]);
      const expected = {
        ...packet,
        ...('properties' in packet && { properties: {} }),
        ...('reasonCode' in packet && { reasonCode: 0 }),
        ...('subscriptions' in packet && {
          subscriptions: packet.subscriptions.map(({ filter, qos }) => ({
            filter,
            qos,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 0,
          })),
        }),
      };
      assert.deepEqual(comparable(decoded), comparable(expected));
    }),
    { numRuns: 200 },
  );
});

test('publishFrame() writes what encode() writes', () => {
  fc.assert(
    fc.property(publish(5), fc.constantFrom(3, 4, 5), (packet, version) => {
      const flags = (packet.dup ? 8 : 0) + packet.qos * 2 + (packet.retain ? 1 : 0);
      const properties = version === 5 ? propertyBlock(packet.properties) : undefined;
      const frame = publishFrame(
        flags,
        packet.topic,
        packet.packetId,
        properties,
        version === 5,
        packet.payload,
      );
      assert.equal(hexOf(frame), hexOf(encode(packet, version)));
    }),
    { numRuns: 200 },
  );
});

test('an empty property block may be given or left out', () => {
  assert.equal(propertyBlock(NO_PROPERTIES), undefined);
  const block = propertyBlock({});
  assert.ok(block !== undefined);
  assert.equal(hexOf(block), '00');
  const payload = Uint8Array.of(1);
  assert.equal(
    hexOf(publishFrame(0, 't', 0, block, true, payload)),
    hexOf(publishFrame(0, 't', 0, undefined, true, payload)),
  );
});

test('stamped() is the same PUBLISH with other flags and packet identifier', () => {
  fc.assert(
    fc.property(
      publish(5),
      fc.constantFrom(4, 5),
      fc.constantFrom(1, 2),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 65_535 }),
      (packet, version, qos, dup, retain, packetId) => {
        const frame = encode({ ...packet, qos: packet.qos === 0 ? 1 : packet.qos, packetId: 1 }, version);
        const before = hexOf(frame);
        const copy = stamped(frame, (dup ? 8 : 0) + qos * 2 + (retain ? 1 : 0), packetId);
        assert.equal(hexOf(copy), hexOf(encode({ ...packet, qos, dup, retain, packetId }, version)));
        assert.equal(hexOf(frame), before);
      },
    ),
    { numRuns: 200 },
  );
});

test('stamped() finds the packet identifier behind any remaining length and topic', () => {
  for (const size of [0, 100, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    for (const topic of ['', 't', 't'.repeat(255), 't'.repeat(256), 't'.repeat(65_535)]) {
      const packet = {
        type: 'publish',
        topic,
        payload: new Uint8Array(size),
        qos: 1,
        retain: false,
        dup: false,
        packetId: 1,
        properties: {},
      } as const;
      const copy = stamped(encode(packet, 4), 0x0c, 0xbeef);
      const expected = encode({ ...packet, qos: 2, dup: true, packetId: 0xbeef }, 4);
      assert.ok(Buffer.from(copy).equals(expected), `${size} and ${topic.length}`);
    }
  }
});

test('a frame is the caller’s own: the next one does not change it', () => {
  fc.assert(
    fc.property(fc.array(packetOf('client', 5), { minLength: 2, maxLength: 5 }), (packets) => {
      const frames = packets.map((packet) => encode(packet, 5));
      const again = packets.map((packet) => hexOf(encode(packet, 5)));
      assert.deepEqual(frames.map(hexOf), again);
    }),
    { numRuns: 50 },
  );
});
