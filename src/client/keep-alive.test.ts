import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { KeepAlive } from './keep-alive.ts';

let pings: number[];
let lost: number[];
let second: number;
let keepAlive: KeepAlive;

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  pings = [];
  lost = [];
  second = 0;
  keepAlive = new KeepAlive({ ping: () => void pings.push(second), lost: () => void lost.push(second) });
});
afterEach(() => {
  keepAlive.stop();
  mock.timers.reset();
});

/** Seconds pass, and in each something happens. */
function pass(seconds: number, happens: () => void = () => {}): void {
  for (const end = second + seconds; second < end;) {
    second++;
    mock.timers.tick(1000);
    happens();
  }
}

test('[MQTT-3.1.2-20] who says nothing pings twice in each keep alive', () => {
  keepAlive.start(10);
  pass(30, () => keepAlive.heard());
  assert.deepEqual(pings, [5, 10, 15, 20, 25, 30]);
  assert.deepEqual(lost, []);
});

test('who speaks and is answered does not ping', () => {
  keepAlive.start(10);
  pass(30, () => {
    keepAlive.spoke();
    keepAlive.heard();
  });
  assert.deepEqual(pings, []);
});

test('a server that does not answer is lost a keep alive after the ping, however much is sent to it', () => {
  keepAlive.start(10);
  pass(15, () => keepAlive.spoke());
  assert.deepEqual(pings, [5]);
  assert.deepEqual(lost, [15]);
});

test('anything that is heard is an answer', () => {
  keepAlive.start(10);
  pass(13);
  keepAlive.heard();
  pass(7);
  assert.deepEqual(lost, []);
  assert.deepEqual(pings, [5, 15]);
});

test('0 is never, and so is a stopped one', () => {
  keepAlive.start(0);
  pass(100);
  keepAlive.start(10);
  keepAlive.stop();
  pass(100);
  assert.deepEqual(pings, []);
});

test('[MQTT-3.1.2-20] who does not listen for a while, and so hears no answer, goes on pinging in time', () => {
  keepAlive.stop();
  keepAlive = new KeepAlive({ ping: () => void pings.push(second), lost: () => keepAlive.heard() });
  keepAlive.start(10);
  pass(60);
  assert.deepEqual(pings, [5, 15, 25, 35, 45, 55]);
});

test('who gives up does not ping', () => {
  keepAlive.stop();
  keepAlive = new KeepAlive({ ping: () => void pings.push(second), lost: () => keepAlive.stop() });
  keepAlive.start(10);
  pass(60);
  assert.deepEqual(pings, [5]);
});
