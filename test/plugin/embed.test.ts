/** `createServer({ plugins })`: plugins of the program around the broker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from '../../src/index.ts';
import type { Plugin } from '../../src/index.ts';
import { connectTo, freePort, Scratch } from '../cli/program.ts';

test('plugins of the program come before those of the configuration', async () => {
  using scratch = new Scratch();
  const file = scratch.file(
    'second.mjs',
    `export default { name: 'second', messageIn: (_, { payload }) => ({ payload: Buffer.from(payload) + ' second' }) }`,
  );
  const port = await freePort();
  const events: string[] = [];
  const first: Plugin = {
    name: 'first',
    authenticate: ({ username }) => (username === 'u' ? 'allow' : 'deny'),
    messageIn: (_, { payload }) => ({ payload: `${Buffer.from(payload).toString()} first` }),
    close: () => void events.push('closed'),
  };
  const broker = await createServer({
    config: `listener ${port} 127.0.0.1\nlog_dest none\nplugin ${file}\n`,
    plugins: [
      first,
      ({ publish }) => ({ name: 'greeter', connected: ({ clientId }) => void publish('hello', clientId) }),
    ],
  });
  const client = await connectTo(port, { clientId: 'a', username: 'u', password: 'x' });
  await client.subscribe('t');
  await client.subscribe('hello');
  client.send(client.p.publish('t', 'x'));
  await client.receive('t', 'x first second');
  await connectTo(port, { clientId: 'b', username: 'u', password: 'x' });
  await client.receive('hello', 'b');
  await assert.rejects(connectTo(port, { clientId: 'c', username: 'v', password: 'x' }));
  assert.deepEqual(events, []);
  await broker.stop();
  assert.deepEqual(events, ['closed']);
});

test('one that is no plugin rejects, and what was begun is ended', async () => {
  const port = await freePort();
  let closed = 0;
  const good: Plugin = { name: 'good', close: () => void closed++ };
  const config = `listener ${port} 127.0.0.1\nlog_dest none\n`;
  for (const bad of [{ name: '' }, { name: 'bad', conected: () => {} } as Plugin]) {
    await assert.rejects(createServer({ config, plugins: [good, bad] }), /plugin.*the log says why/i);
  }
  assert.equal(closed, 2);
});
