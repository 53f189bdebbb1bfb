/** WebSocket listeners under clients that send anything: instead of a request, and after one that was granted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { packets } from '../conformance/harness/packets.ts';
import { runs } from '../runs.ts';
import { frame, OPCODE } from './frames.ts';
import { Stand } from './stand.ts';
import { upgrade } from './visitor.ts';

const p = packets(5);

/** After everything that was sent: nothing was thrown, for that ends the test, and nobody is left. */
async function assertEmpty(stand: Stand): Promise<void> {
  await stand.empty();
  assert.equal(stand.rig.broker.connections.size, 0, 'connections');
  assert.equal(stand.rig.listener.connections, 0, 'connections of the listener');
}

const garbage = fc.uint8Array({ maxLength: 200 });

const payload = fc.oneof(
  garbage,
  fc.constantFrom(p.connect({ clientId: 'a' }), p.pingreq(), p.publish('a', 'b'), p.disconnect()),
  garbage.map((bytes) => Uint8Array.from(deflateRawSync(bytes, { finishFlush: 2 })).subarray(0, -4)),
);

/** A frame of which anything may be wrong. */
const anyFrame = fc
  .record({
    opcode: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 2, 8, 9, 10) }, fc.nat(15)),
    payload,
    fin: fc.boolean(),
    reserved: fc.constantFrom(0, 0, 0, 0, 4, 4, 1, 2, 7),
    masked: fc.constantFrom(true, true, true, true, true, false),
    lengthBytes: fc.constantFrom(undefined, undefined, undefined, 2 as const, 8 as const),
    announced: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      fc.bigInt({ min: 0n, max: 2n ** 16n - 1n }),
    ),
  })
  .map(({ opcode, payload: bytes, lengthBytes, announced, ...options }) =>
    frame(opcode, bytes, {
      ...options,
      ...(announced !== undefined ? { announced, lengthBytes: 8 } : lengthBytes && { lengthBytes }),
    }),
  );

const extensions = fc.constantFrom(undefined, undefined, 'permessage-deflate');

describe('a WebSocket listener takes', () => {
  test('any bytes after the request', async () => {
    await using stand = await Stand.open({ rules: { compression: true }, log: false });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 5, arbitrary: anyFrame }, garbage), { maxLength: 12 }),
        extensions,
        async (pieces, offered) => {
          using visitor = await stand.enter({ headers: { 'Sec-WebSocket-Extensions': offered } });
          visitor.send(Buffer.concat(pieces)).socket.end();
          await visitor.rest();
          await assertEmpty(stand);
        },
      ),
      runs('bytes after the request', 250),
    );
  });

  test('any bytes instead of a request', async () => {
    await using stand = await Stand.open({ log: false });
    const request = Buffer.from(upgrade());
    const damaged = fc
      .tuple(fc.nat(request.length), fc.nat(request.length), garbage)
      .map(([from, to, bytes]) => Buffer.concat([request.subarray(0, from), bytes, request.subarray(to)]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(garbage, damaged), async (bytes) => {
        using visitor = await stand.visit();
        visitor.send(bytes).socket.end();
        await visitor.rest();
        await assertEmpty(stand);
      }),
      runs('bytes instead of a request', 250),
    );
  });

  test('any header in a request', async () => {
    await using stand = await Stand.open({ rules: { compression: true }, log: false });
    const value = fc.oneof(
      fc.constantFrom(...'websocket upgrade mqtt 13 close permessage-deflate gzip, ; = "'.split(' ')),
      fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
    );
    const name = fc.constantFrom(
      ...'Upgrade Connection Origin Host Expect Content-Length Transfer-Encoding'.split(' '),
      ...['Key', 'Version', 'Protocol', 'Extensions'].map((end) => `Sec-WebSocket-${end}`),
    );
    const values = fc.array(value, { maxLength: 4 }).map((some) => some.join(', '));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, values), async (headers) => {
        using visitor = await stand.visit();
        visitor.send(upgrade({ headers }), frame(OPCODE.binary, p.connect({ clientId: 'a' }))).socket.end();
        await visitor.rest();
        await assertEmpty(stand);
      }),
      runs('headers of a request', 250),
    );
  });
});
