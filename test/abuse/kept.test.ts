/** Small things that must not keep large ones alive. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LIMITS } from '../../src/broker/limits.ts';
import type { Wire } from '../../src/broker/wire.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Connect } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { Reason } from '../../src/protocol/reason.ts';
import { FilterTree } from '../../src/topic/filter-tree.ts';
import { MAX_SEPARATORS } from '../../src/topic/topic.ts';
import { TopicTree } from '../../src/topic/topic-tree.ts';
import { Flusher } from '../../src/transport/flusher.ts';
import { SocketWire } from '../../src/transport/socket-wire.ts';
import type { WireStream } from '../../src/transport/socket-wire.ts';
import { Rig } from '../broker/rig.ts';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use besides garbage. */
function used(): number {
  for (let i = 0; i < 3; i++) collect(); // what a thread sweeps is counted as free by the next one
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A PUBLISH that fills the rest of a chunk. */
const FILLER = encode(
  {
    type: 'publish',
    topic: 't',
    payload: new Uint8Array(60_000),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: NO_PROPERTIES,
  },
  5,
);

/** Takes everything and keeps nothing. */
const wire: Wire = {
  full: false,
  pressed: false,
  unsentFrames: 0,
  unsentBytes: 0,
  write: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
};

function connectPacket(clientId: string, fields: Partial<Connect>): Connect {
  return {
    type: 'connect',
    version: 5,
    bridge: false,
    clientId,
    cleanStart: true,
    keepAliveSeconds: 0,
    properties: NO_PROPERTIES,
    ...fields,
  };
}

const byte = Uint8Array.of(1);
const will = { topic: 'w', payload: byte, qos: 0, retain: false, properties: NO_PROPERTIES } as const;

/** What a CONNECT may hold that is a view into the bytes it came in, and what may be long. */
const CONNECTS: readonly (readonly [string, Partial<Connect>])[] = [
  ['a password', { username: 'u', password: byte }],
  ['a will', { will }],
  ['a will with correlation data', { will: { ...will, properties: { correlationData: byte } } }],
  ['a delayed will', { will: { ...will, properties: { willDelayInterval: 60, correlationData: byte } } }],
  [
    'user properties',
    { properties: { userProperties: Array.from({ length: 1000 }, () => ['name', 'value'] as const) } },
  ],
];

describe('an open connection does not keep the chunk its CONNECT came in', () => {
  for (const [name, fields] of CONNECTS) {
    test(`with ${name}`, () => {
      const rig = new Rig({ log: false });
      const before = used();
      for (let i = 0; i < 200; i++) {
        const connection = rig.broker.accept(wire, rig.listener, { address: '10.0.0.1', port: i });
        connection?.receive(Buffer.concat([encode(connectPacket(`c${i}`, fields), 5), FILLER]));
      }
      const grown = used() - before;
      assert.equal(rig.broker.counters.publishReceived, 200);
      assert.equal(rig.broker.connections.size, 200);
      assert.ok(grown < 4 * MIB, `200 connections keep ${grown} bytes`);
    });
  }
});

const LONG = 'x'.repeat(60_000);

/** A text that is one piece of memory. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

test('a retained topic does not keep a longer one alive that has gone', () => {
  const tree = new TopicTree<{ readonly topic: string }>();
  const before = used();
  for (let i = 0; i < 300; i++) {
    tree.set({ topic: `site ${i}/a level that they share/state` });
    tree.set({ topic: flat(`site ${i}/a level that they share/${LONG}${i}`) });
    tree.delete(`site ${i}/a level that they share/${LONG}${i}`);
  }
  const grown = used() - before;
  assert.equal(tree.size, 300);
  assert.ok(grown < 4 * MIB, `300 topics keep ${grown} bytes`);
});

test('a filter does not keep a longer one alive that has gone', () => {
  const tree = new FilterTree<number>();
  const before = used();
  for (let i = 0; i < 300; i++) {
    const long = flat(`site ${i}/a level that they share/${LONG}${i}`);
    tree.add(long, i);
    tree.add(`site ${i}/a level that they share/+`, i);
    tree.remove(long, i);
  }
  const grown = used() - before;
  assert.deepEqual(tree.match('site 7/a level that they share/state'), [7]);
  assert.ok(grown < 4 * MIB, `300 filters keep ${grown} bytes`);
});

/** A stream whose peer reads nothing until it is told to. */
function stuckStream(): WireStream & {
  writableLength: number;
  readonly written: Uint8Array[];
  taken: () => void;
} {
  return {
    writableLength: 0,
    destroyed: false,
    written: [],
    taken: () => undefined,
    write(bytes, taken) {
      this.written.push(bytes);
      this.writableLength += bytes.length;
      this.taken = taken;
    },
    cork: () => undefined,
    uncork: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    destroySoon: () => undefined,
    destroy: () => undefined,
    once: () => undefined,
  };
}

test('answers that nobody reads take their own bytes, whatever their size, and leave in order', () => {
  const stream = stuckStream();
  const stuck = new SocketWire(stream, new Flusher(), () => ({ frames: 0, bytes: 0 }));
  const frames = [2, 4, 511, 600, 5000, 1].map((size, at) => new Uint8Array(size).fill(at + 1));
  stuck.write(new Uint8Array(10));
  stuck.flush();
  const before = used();
  for (let i = 0; i < 100_000; i++) stuck.write(frames[i % 2]!);
  const grown = used() - before;
  assert.equal(stuck.unsentFrames, 100_001);
  assert.ok(grown < 2 * MIB, `300,000 bytes take ${grown}`);
  for (const frame of frames) stuck.write(frame);
  stream.written.length = 0;
  stream.writableLength = 0;
  stream.taken();
  const expected = [...Array.from({ length: 100_000 }, (_, i) => frames[i % 2]!), ...frames];
  assert.ok(Buffer.concat(stream.written).equals(Buffer.concat(expected)));
  stream.writableLength = 0;
  stream.taken();
  assert.equal(stuck.unsentFrames, 0);
});

test('answers that nobody reads are bounded in bytes too: a SUBACK is as long as its SUBSCRIBE', () => {
  const rig = new Rig({ log: false });
  const client = rig.connect('c');
  client.wire.heard = () => undefined;
  const { outlet } = client.connection;
  const reasonCodes = Array.from({ length: 20_000 }, () => 0);
  let bytes = 0;
  for (; !outlet.isUnread && bytes < 4 * LIMITS.unreadAnswerBytes; bytes += reasonCodes.length)
    outlet.send({ type: 'suback', packetId: 1, reasonCodes, properties: NO_PROPERTIES });
  assert.ok(bytes > LIMITS.unreadAnswerBytes / 2 && bytes < 2 * LIMITS.unreadAnswerBytes, `${bytes}`);
  client.send({ type: 'pingreq' });
  assert.ok(client.closed);
});

test('answers that are read may be as many as one likes', () => {
  const rig = new Rig({ log: false });
  const client = rig.connect('c');
  client.wire.heard = () => undefined;
  const { outlet } = client.connection;
  const reasonCodes = Array.from({ length: 20_000 }, () => 0);
  for (let bytes = 0; bytes < 2 * LIMITS.unreadAnswerBytes; bytes += reasonCodes.length) {
    outlet.send({ type: 'suback', packetId: 1, reasonCodes, properties: NO_PROPERTIES });
    client.wire.drain();
  }
  assert.ok(!outlet.isUnread);
  client.send({ type: 'pingreq' });
  assert.ok(!client.closed);
});

test('a filter of two hundred levels does not take a hundred times its length', () => {
  const tree = new FilterTree<number>();
  const before = used();
  for (let i = 0; i < 1000; i++) tree.add(`${i}${'/'.repeat(MAX_SEPARATORS)}`, i);
  const grown = used() - before;
  assert.deepEqual(tree.match(`7${'/'.repeat(MAX_SEPARATORS)}`), [7]);
  assert.ok(grown < 16 * MIB, `1000 filters take ${grown} bytes`);
});

test('the filters of one session are bounded in bytes', () => {
  const rig = new Rig({ log: false });
  const client = rig.connect('c');
  const ending = '/'.repeat(MAX_SEPARATORS);
  const most = LIMITS.filterBytes / (64 * MAX_SEPARATORS);
  const codes = new Set<number>();
  let made = 0;
  for (; made < most && !codes.has(Reason.quotaExceeded); made += 100) {
    const filters = Array.from({ length: 100 }, (_, i) => `${made + i}${ending}`);
    for (const code of client.subscribe(filters)) codes.add(code);
  }
  assert.ok(made < most && made > most / 2, `${made}`);
  assert.deepEqual([...codes], [0, Reason.quotaExceeded]);
  client.unsubscribe(`0${ending}`, `1${ending}`, `2${ending}`);
  assert.deepEqual(client.subscribe('a'), [0]);
});

test('a wire that has closed keeps nothing', async () => {
  const server = createServer((socket) => {
    const closing = new SocketWire(socket, new Flusher(), () => ({ frames: 0, bytes: 0 }));
    wires.push(new WeakRef(closing));
    socket.resume();
    closing.write(Uint8Array.of(1));
    closing.close();
  });
  const wires: WeakRef<SocketWire>[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < 20; i++) await once(connect(port, '127.0.0.1').resume(), 'close');
  server.close();
  await once(server, 'close');
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  collect();
  const kept = wires.filter((one) => one.deref() !== undefined).length;
  assert.equal(wires.length, 20);
  assert.ok(kept < 10, `${kept} of 20`); // the last ones may still be on the stack
});
