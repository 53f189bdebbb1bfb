/** A program that is killed while it publishes: what its outbox held arrives, QoS 2 once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../../src/client/index.ts';
import { Program, Scratch, startZanzara } from '../cli/program.ts';

const PUBLISHER = fileURLToPath(new URL('outbox-publisher.ts', import.meta.url));
const COUNT = 3000;

test('killed again and again', async () => {
  await using broker = await startZanzara('max_queued_messages 0');
  using scratch = new Scratch();
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await using reader = await connect(url);
  const texts: readonly string[][] = [[], []];
  const { promise: lastCame, resolve: onLast } = Promise.withResolvers<void>();
  let kill: { readonly at: number; readonly now: () => void } | undefined;
  await reader.subscribe('t/#', { qos: 2 }, (message) => {
    texts[Number(message.topic.at(-1))]!.push(message.text());
    if (message.text() === 'last') onLast();
    if (kill !== undefined && texts[0]!.length >= kill.at) kill.now();
  });
  for (const at of [100, 300, 700, 1200]) {
    const program = new Program([
      process.execPath,
      PUBLISHER,
      url,
      scratch.at('outbox.db'),
      at === 100 ? `${COUNT}` : '0',
    ]);
    kill = { at, now: () => program.signal('SIGKILL') };
    await program.until('kept', 'stdout');
    assert.equal((await program.result()).code, -1, program.stderr);
  }
  kill = undefined;
  const { code, stdout, stderr } = await new Program([
    process.execPath,
    PUBLISHER,
    url,
    scratch.at('outbox.db'),
    '0',
  ]).result();
  assert.deepEqual([code, stdout, stderr], [0, 'kept\ndone\n', '']);
  await reader.publish('t/0', 'last', { qos: 2 });
  await lastCame;
  const even = Array.from({ length: COUNT / 2 }, (_, at) => `${at * 2}`);
  const odd = even.map((text) => `${Number(text) + 1}`);
  assert.deepEqual(texts[0], [...even, 'last'], 'QoS 2: once, in order');
  assert.deepEqual([...new Set(texts[1])], odd, 'QoS 1: at least once, in order');
});
