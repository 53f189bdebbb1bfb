/** A program that is killed while it publishes: what its outbox held arrives, QoS 2 once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../../src/client/index.ts';
import { run, Scratch, startZanzara } from '../cli/program.ts';
import type { Ended } from '../cli/program.ts';

const PUBLISHER = fileURLToPath(new URL('outbox-publisher.ts', import.meta.url));
const COUNT = 3000;

test('killed again and again', async () => {
  await using broker = await startZanzara('max_queued_messages 0');
  using scratch = new Scratch();
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await using reader = await connect(url);
  const texts: readonly string[][] = [[], []];
  const { promise: lastCame, resolve: onLast } = Promise.withResolvers<void>();
  await reader.subscribe('t/#', { qos: 2 }, (message) => {
    texts[Number(message.topic.at(-1))]!.push(message.text());
    if (message.text() === 'last') onLast();
  });
  const publisher = (count: number, left: number): Promise<Ended> =>
    run([process.execPath, PUBLISHER, url, scratch.at('outbox.db'), `${count}`, `${left}`]);
  for (const left of [2800, 2400, 1600, 600]) {
    const { code, stdout, stderr } = await publisher(left === 2800 ? COUNT : 0, left);
    assert.deepEqual([code, stdout, stderr], [-1, 'kept\n', '']);
  }
  const { code, stdout, stderr } = await publisher(0, -1);
  assert.deepEqual([code, stdout, stderr], [0, 'kept\ndone\n', '']);
  await reader.publish('t/0', 'last', { qos: 2 });
  await lastCame;
  const even = Array.from({ length: COUNT / 2 }, (_, at) => `${at * 2}`);
  const odd = even.map((text) => `${Number(text) + 1}`);
  assert.deepEqual(texts[0], [...even, 'last'], 'QoS 2: once, in order');
  assert.deepEqual([...new Set(texts[1])], odd, 'QoS 1: at least once, in order');
});
