import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { utf8Bytes } from '../protocol/bytes.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Clock } from './clock.ts';
import { forgetFrames, Message } from './message.ts';

const NOW = 1_704_067_200_000;

function clockAt(now: number): Clock {
  return { now: () => now, after: () => () => undefined };
}

/** Full collections of garbage: array buffers count as free only at the next one. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    for (let times = 0; times < 4; times++) collect();
  };
}

function messageOf(payload: Uint8Array, properties: Properties = NO_PROPERTIES, expirySeconds = 0): Message {
  return new Message({
    topic: 't',
    payload,
    qos: 2,
    retain: false,
    properties,
    expiresAt: expirySeconds === 0 ? 0 : NOW + expirySeconds * 1000,
    publisher: 'p',
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('a frame at QoS 0 is encoded once for each layout, and the same bytes for all', () => {
  const message = messageOf(utf8Bytes('x'));
  const clock = clockAt(NOW);
  for (const [version, expected] of [
    [3, '300400017478'],
    [4, '300400017478'],
    [5, '30050001740078'],
  ] as const) {
    const frame = message.sharedFrame(version, clock);
    assert.equal(hex(frame), expected);
    assert.equal(message.sharedFrame(version, clock), frame);
  }
  assert.equal(message.sharedFrame(3, clock), message.sharedFrame(4, clock));
});

test('a frame at QoS 1 and 2 is stamped: the first stays as it was sent', () => {
  const message = messageOf(utf8Bytes('x'));
  const clock = clockAt(NOW);
  for (const version of [4, 5] as const) {
    const block = version === 5 ? '00' : '';
    const length = version === 5 ? '07' : '06';
    const first = message.stampedFrame(version, 0x02, 1, clock);
    const second = message.stampedFrame(version, 0x0c, 0xabcd, clock);
    assert.equal(hex(first), `32${length}0001740001${block}78`);
    assert.equal(hex(second), `3c${length}000174abcd${block}78`);
    assert.equal(hex(first), `32${length}0001740001${block}78`);
  }
});

test('a frame is at hand while its message is delivered, and no longer', () => {
  const clock = clockAt(NOW);
  const [one, other] = [messageOf(utf8Bytes('1')).keep(), messageOf(utf8Bytes('2')).keep()];
  for (const version of [4, 5] as const) {
    const frame = one.sharedFrame(version, clock);
    assert.equal(one.sharedFrame(version, clock), frame);
    other.stampedFrame(version, 0x02, 1, clock);
    const again = one.sharedFrame(version, clock);
    assert.notEqual(again, frame);
    assert.deepEqual(again, frame);
  }
});

test('what is kept is what came, whatever its bytes and its size', () => {
  for (const size of [0, 1, 255, 256, 2048, 2049, 70_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => at);
    const message = messageOf(bytes.slice()).keep();
    assert.equal(message.payloadBytes, size);
    assert.equal(hex(message.payload), hex(bytes));
  }
});

test('a stamp finds its place behind any remaining length and any topic', () => {
  for (const size of [0, 100, 200, 20_000, 3_000_000]) {
    const message = messageOf(new Uint8Array(size).fill(7));
    const clock = clockAt(NOW);
    message.stampedFrame(5, 0x02, 1, clock);
    const frame = message.stampedFrame(5, 0x04, 0x1234, clock);
    const at = frame.length - size - 3;
    assert.deepEqual([frame[0], frame[at], frame[at + 1]], [0x34, 0x12, 0x34]);
  }
});

test('what came in is what goes out, until the message is kept', () => {
  const chunk = Uint8Array.from(Buffer.from('ff3004000174ff', 'hex')).fill(0x78, 6);
  const frame = chunk.subarray(1, 7);
  const message = messageOf(chunk.subarray(6));
  message.adopt(frame, 4);
  assert.equal(message.sharedFrame(4, clockAt(NOW)), frame);
  message.keep();
  chunk.fill(0);
  assert.equal(hex(message.sharedFrame(4, clockAt(NOW))), '300400017478');
});

/** Where bytes lie. */
const place = ({ buffer, byteOffset, length }: Uint8Array): unknown[] => [buffer, byteOffset, length];

test('a message that is kept has bytes of its own, once', () => {
  for (const size of [0, 1, 2048, 2049, 100_000]) {
    const chunk = new Uint8Array(size + 10).fill(1);
    const correlationData = chunk.subarray(size, size + 5);
    const message = messageOf(chunk.subarray(0, size), { correlationData });
    assert.equal(message.keep(), message);
    const { payload, properties } = message;
    chunk.fill(2);
    assert.ok(payload.every((byte) => byte === 1));
    assert.equal(hex(properties.correlationData!), '0101010101');
    if (size > 2048) assert.deepEqual(place(message.keep().payload), place(payload));
  }
});

test('frames are let go of', () => {
  const clock = clockAt(NOW);
  const message = messageOf(utf8Bytes('1')).keep();
  const frame = message.sharedFrame(4, clock);
  forgetFrames();
  assert.notEqual(message.sharedFrame(4, clock), frame);
  forgetFrames();
  forgetFrames();
});

test('a message that waits among many that do not keeps nothing of them alive', () => {
  const collect = collector();
  const clock = clockAt(NOW);
  const payload = new Uint8Array(64).fill(1);
  const waiting: Message[] = [];
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100_000; i++) {
    const message = messageOf(payload).keep();
    message.stampedFrame(4, 0x02, 1, clock);
    message.sharedFrame(5, clock);
    if (i % 500 === 0) waiting.push(message);
  }
  collect();
  assert.ok(process.memoryUsage().arrayBuffers - before < 512 * 1024);
  assert.ok(waiting.every((message) => hex(message.payload) === hex(payload)));
});

test('[MQTT-3.3.2-6] the expiry in a frame is what is left, in whole seconds that have begun', () => {
  const message = messageOf(utf8Bytes('x'), { messageExpiryInterval: 10 }, 10);
  const expiry = (ms: number): string => hex(message.sharedFrame(5, clockAt(NOW + ms))).slice(10, 22);
  assert.equal(expiry(0), '05020000000a');
  assert.equal(expiry(1), '05020000000a');
  assert.equal(expiry(1000), '050200000009');
  assert.equal(expiry(9001), '050200000001');
  assert.equal(expiry(60_000), '050200000000');
  const stamped = hex(message.stampedFrame(5, 0x02, 1, clockAt(NOW + 4000)));
  assert.equal(hex(message.stampedFrame(5, 0x02, 1, clockAt(NOW + 4000))), stamped);
  assert.notEqual(hex(message.stampedFrame(5, 0x02, 1, clockAt(NOW + 5000))), stamped);
  assert.deepEqual(
    [9999, 10_000, 10_001].map((ms) => message.expired(NOW + ms)),
    [false, true, true],
  );
  assert.equal(messageOf(utf8Bytes('x')).expired(Infinity), false);
});
