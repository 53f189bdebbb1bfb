/** The broker under clients that send anything: valid packets in senseless orders, and bytes that are almost packets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../../src/protocol/encode.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';
import { Rig } from '../broker/rig.ts';
import type { Client } from '../broker/client.ts';
import { runs } from '../runs.ts';
import { stream } from '../vectors/arbitrary.ts';
import { BAD_VECTORS, bytes } from '../vectors/index.ts';

/** Few identifiers, so that clients take each other's place, sessions are resumed and wills cross. */
const CLIENT_IDS = ['a', 'b', 'c'];
const AN_HOUR = 3_600_000;

/** What happens to the bytes of a stream on their way. */
type Damage =
  | { readonly kind: 'none' }
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'bad'; readonly which: number };

const place = fc.nat(2000);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Damage>({ kind: 'none' }) },
  fc.record({ kind: fc.constant('flip' as const), at: place, mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('bad' as const), which: fc.nat(BAD_VECTORS.length - 1) }),
);

/** One connection: who it is, what it sends, what becomes of it, in what pieces, and how it ends. */
const visit = fc.constantFrom<ProtocolVersion>(3, 4, 5).chain((version) =>
  fc.record({
    version: fc.constant(version),
    clientId: fc.constantFrom(...CLIENT_IDS),
    packets: stream('client', version),
    damage,
    pieces: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
    room: fc.constantFrom(1, 3, Infinity),
    leaves: fc.boolean(),
    pause: fc.constantFrom(0, 0, 0, 1000, 30_000),
  }),
);

function bytesOf(packets: readonly Packet[], version: ProtocolVersion, clientId: string): Buffer {
  return Buffer.concat(
    packets.map((packet) => encode(packet.type === 'connect' ? { ...packet, clientId } : packet, version)),
  );
}

function damaged(whole: Buffer, how: Damage): Buffer {
  switch (how.kind) {
    case 'none':
      return whole;
    case 'flip': {
      const copy = Buffer.from(whole);
      const at = how.at % copy.length;
      copy[at] = copy[at]! ^ how.mask;
      return copy;
    }
    case 'cut':
      return whole.subarray(0, how.at % whole.length);
    case 'insert': {
      const at = how.at % whole.length;
      return Buffer.concat([whole.subarray(0, at), how.bytes, whole.subarray(at)]);
    }
    case 'bad':
      return Buffer.concat([whole, bytes(BAD_VECTORS[how.which]!.hex)]);
  }
}

/** Sends the bytes in pieces of these sizes; the last piece is the rest. */
function send(client: Client, whole: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (const size of [...sizes, whole.length]) {
    if (at >= whole.length) return;
    client.wire.receive(Buffer.from(whole.subarray(at, at + size)));
    at += size;
  }
}

test('no bytes and no order of packets break the broker, and nothing stays behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 6 }), async (visits) => {
      const rig = new Rig({ settings: { persistentClientExpiration: 60 }, log: false });
      const clients: Client[] = [];
      for (const { version, clientId, packets, damage: how, pieces, room, leaves, pause } of visits) {
        const client = rig.open();
        clients.push(client);
        client.wire.version = undefined;
        client.wire.room = room;
        client.wire.heard = () => {}; // decoded, and thus checked, and forgotten
        send(client, damaged(bytesOf(packets, version, clientId), how), pieces);
        if (pause > 0) rig.advance(pause);
        if (leaves) client.cut();
        else client.wire.drain();
        await rig.settle();
      }
      for (const client of clients) {
        client.wire.drain();
        client.cut();
      }
      rig.advance(AN_HOUR);
      const { broker } = rig;
      assert.equal(broker.connections.size, 0, 'connections');
      assert.equal(rig.listener.connections, 0, 'connections of the listener');
      assert.equal(broker.sessions.count, 0, 'sessions');
      assert.equal(broker.subscriptionCount, 0, 'subscriptions');
      assert.equal(broker.shared.count, 0, 'shared subscriptions');
      assert.equal(broker.stored.count, broker.retained.count, 'stored messages');
    }),
    runs('connection fuzzer', 400),
  );
});
