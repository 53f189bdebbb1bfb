/** What bad clients leave behind: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from '../../src/protocol/encode.ts';
import type { Packet } from '../../src/protocol/packet.ts';
import { Rig } from '../broker/rig.ts';
import { runs } from '../runs.ts';
import { BAD_VECTORS, bytes, GOOD_VECTORS } from '../vectors/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
/** Connections at a time. */
const CROWD = 500;

/** Everything that is wrong with a CONNECT: the bad vectors, and the good ones cut short. */
const BAD_CONNECTS: readonly Uint8Array[] = [
  ...BAD_VECTORS.filter(({ version, sender }) => version === 0 && sender === 'client').map(({ hex }) =>
    bytes(hex),
  ),
  ...GOOD_VECTORS.filter(({ packet }) => packet.type === 'connect').map(({ hex }) => {
    const whole = bytes(hex);
    return whole.subarray(0, whole.length - 1);
  }),
];

/** Bytes of the heap and of the buffers outside of it, with the garbage collected; buffers are let go a turn later. */
async function memory(): Promise<number> {
  collect();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** How much memory grows while something is done so often; a part of it beforehand is the warm-up. */
async function growth(times: number, act: (i: number) => void, end?: () => void): Promise<number> {
  const warmUp = Math.min(5000, Math.ceil(times / 3));
  for (let i = 0; i < warmUp; i++) act(i);
  end?.();
  const before = await memory();
  for (let i = 0; i < times; i++) act(i);
  end?.();
  return (await memory()) - before;
}

function assertNobody({ broker, guard, listener }: Rig): void {
  assert.deepEqual(
    [broker.connections.size, listener.connections, guard.newcomers.all.size, guard.newcomers.bytes],
    [0, 0, 0, 0],
  );
  assert.deepEqual([broker.sessions.count, broker.stored.count], [0, 0]);
}

/** 10,000 in `npm test`; 400,000 in the long form. */
const { numRuns: CONNECTS } = runs('malformed CONNECTs', 10_000);

test('malformed CONNECTs leave the heap flat', async () => {
  const rig = new Rig({ log: false });
  const open: ReturnType<Rig['open']>[] = [];
  const cutAll = (): void => {
    for (const client of open.splice(0)) client.cut();
  };
  const come = (i: number): void => {
    const client = rig.open();
    client.wire.version = undefined;
    client.wire.receive(Uint8Array.from(BAD_CONNECTS[i % BAD_CONNECTS.length]!));
    if (client.closed) return;
    open.push(client); // it waits for the rest
    if (open.length >= CROWD) cutAll();
  };
  const grown = await growth(CONNECTS, come, cutAll);
  assertNobody(rig);
  assert.ok(grown < 2 * MIB, `${grown} bytes`);
});

test('logins that fail leave the heap flat, with and without back-off', async () => {
  for (const loginBackoffSeconds of [0, 1]) {
    const rig = new Rig({ log: false, listener: { loginBackoffSeconds } });
    rig.access.deny('connect');
    const grown = await growth(Math.ceil(CONNECTS / 5), (i) => {
      const client = rig.open(rig.listener, `10.${i % 3}.${i % 200}.1`);
      client.connect(`c${i % 10}`, { username: `u${i % 1000}`, will: { topic: 'w' } });
      rig.access.asked.length = 0;
      if (i % 100 === 0) rig.advance(1000);
    });
    assertNobody(rig);
    assert.ok(grown < 2 * MIB, `${grown} bytes`);
  }
});

test('clients that break the protocol, and their sessions, leave the heap flat', async () => {
  const rig = new Rig({ log: false });
  const bad = BAD_VECTORS.filter(({ version, sender }) => version === 5 && sender === 'client');
  const grown = await growth(Math.ceil(CONNECTS / 5), (i) => {
    const client = rig.connect(`c${i % 100}`, { version: 5, will: { topic: 'w', payload: 'x' } });
    client.subscribe(['a/+', '$share/g/b']);
    client.sendPublish('q', 'x', { qos: 2, packetId: 1 });
    client.wire.receive(Uint8Array.from(bytes(bad[i % bad.length]!.hex)));
    client.cut();
    rig.access.asked.length = 0;
  });
  assertNobody(rig);
  assert.ok(grown < 2 * MIB, `${grown} bytes`);
});

test('the same PUBLISH at QoS 2, sent for ever and never released, is held once', async () => {
  const rig = new Rig({ log: false });
  const client = rig.connect('c');
  const packet: Packet = client.publishPacket('t', 'x'.repeat(1000), { qos: 2, packetId: 7 });
  const frame = encode(packet, 5);
  const grown = await growth(CONNECTS, () => {
    client.wire.receive(Uint8Array.from(frame));
    client.wire.packets.length = 0;
    client.wire.drain();
    rig.access.asked.length = 0;
  });
  assert.equal(rig.stored, 1);
  assert.ok(grown < 2 * MIB, `${grown} bytes`);
});
