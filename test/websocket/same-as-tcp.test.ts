/** However packets are cut into frames, fragments and segments, what comes of them is what comes of them over TCP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Wire } from '../../src/broker/wire.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';
import { Rig } from '../broker/rig.ts';
import { runs } from '../runs.ts';
import { stream } from '../vectors/arbitrary.ts';
import { BAD_VECTORS, bytes } from '../vectors/index.ts';
import { fragments, frame, OPCODE } from './frames.ts';
import { Stand } from './stand.ts';

/** A wire that keeps what is written to it. */
class Recorder implements Wire {
  readonly full = false;
  readonly pressed = false;
  readonly unsentFrames = 0;
  readonly unsentBytes = 0;
  readonly written: Uint8Array[] = [];
  write(bytesWritten: Uint8Array): void {
    this.written.push(Uint8Array.from(bytesWritten));
  }
  pause(): void {
    throw new Error('nobody has a reason to wait here');
  }
  resume(): void {
    throw new Error('nobody has waited');
  }
  close(): void {
    this.written.push(Buffer.from('end'));
  }
}

/** What became of a client: the packets it was sent, and what the log says of its end. */
interface Fate {
  readonly sent: string;
  readonly ends: readonly string[];
}

function endsOf(rig: Rig): readonly string[] {
  return rig.logged('clientDisconnected').map(({ client, cause }) => `${client} ${cause}`);
}

async function overTcp(whole: Buffer): Promise<Fate> {
  const rig = new Rig();
  const wire = new Recorder();
  const connection = rig.broker.accept(wire, rig.listener, { address: '127.0.0.1', port: 50_000 });
  connection!.receive(Buffer.from(whole));
  await rig.settle();
  connection!.lost();
  const [end] = wire.written.splice(-1);
  assert.equal(String(end), 'end');
  return { sent: Buffer.concat(wire.written).toString('hex'), ends: endsOf(rig) };
}

async function overWebSocket(segments: readonly Uint8Array[]): Promise<Fate> {
  await using stand = await Stand.open();
  using visitor = await stand.enter();
  for (const segment of segments) {
    visitor.send(segment);
    await stand.rig.settle();
  }
  visitor.socket.end();
  const sent: Buffer[] = [];
  for (let got = await visitor.next(); got !== undefined; got = await visitor.next())
    if (got.opcode === OPCODE.binary) sent.push(got.payload);
  await stand.empty();
  return { sent: Buffer.concat(sent).toString('hex'), ends: endsOf(stand.rig) };
}

/** Cuts bytes into pieces of these sizes; the last piece is the rest. */
function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at + size >= whole.length) break;
    pieces.push(whole.subarray(at, at + size));
    at += size;
  }
  return [...pieces, whole.subarray(at)];
}

function bytesOf(packets: readonly Packet[], version: ProtocolVersion, clientId: string): Buffer {
  return Buffer.concat(
    packets.map((packet) => encode(packet.type === 'connect' ? { ...packet, clientId } : packet, version)),
  );
}

const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });

/** What a client sends, and how it is cut: messages, fragments of each, segments, and pings in between. */
const visit = fc.constantFrom<ProtocolVersion>(3, 4, 5).chain((version) =>
  fc.record({
    version: fc.constant(version),
    packets: stream('client', version),
    bad: fc.option(fc.nat(BAD_VECTORS.length - 1), { freq: 3 }),
    messages: sizes,
    parts: fc.array(sizes, { minLength: 1, maxLength: 4 }),
    pings: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    segments: sizes,
  }),
);

test('[MQTT-6.0.0-2] any cut of any packets', async () => {
  await fc.assert(
    fc.asyncProperty(visit, async ({ version, packets, bad, messages, parts, pings, segments }) => {
      const tail = bad === null ? Buffer.alloc(0) : bytes(BAD_VECTORS[bad]!.hex);
      const whole = Buffer.concat([bytesOf(packets, version, 'client'), tail]);
      const frames = cut(whole, messages).flatMap((message, at) =>
        fragments(cut(message, parts[at % parts.length]!)),
      );
      const withPings = frames.flatMap((one, at) =>
        pings[at % pings.length] === true ? [frame(OPCODE.ping, 'between'), one] : [one],
      );
      assert.deepEqual(await overWebSocket(cut(Buffer.concat(withPings), segments)), await overTcp(whole));
    }),
    runs('cuts into frames', 120),
  );
});
