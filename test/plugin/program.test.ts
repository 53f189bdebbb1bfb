/** Plugins of a configuration, in a broker as a program: where they count, what refuses to start, what does no harm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTo, freePort, run, Scratch, startZanzara, zanzara } from '../cli/program.ts';
import { Client } from '../conformance/harness/client.ts';

/** Adds its option to every payload. */
const MARK = `
import type { PluginContext, Plugin } from 'zanzara';
export default (context: PluginContext): Plugin => ({
  name: 'mark',
  version: '1',
  messageIn: (_, message) => ({ payload: Buffer.from(message.payload).toString() + ' ' + context.option('mark') }),
});
`;

test('a plugin counts for its listener, or for all', async () => {
  using scratch = new Scratch();
  const mark = scratch.file('mark.ts', MARK);
  const other = await freePort();
  await using broker = await startZanzara(
    `plugin_load inner ${mark}
plugin_opt_mark inner
listener ${other} 127.0.0.1
plugin_use inner
global_plugin ${mark}
plugin_opt_mark all`,
    ['-v'],
  );
  await broker.program.until(/ running\n/); // the second listener opens after the first
  const subscriber = await connectTo(broker.port, { clientId: 'subscriber' });
  await subscriber.subscribe('t');
  const [first, second] = [await connectTo(broker.port), await connectTo(other)];
  await first.publish('t', 'x');
  await subscriber.receive('t', 'x all');
  await second.publish('t', 'x');
  await subscriber.receive('t', 'x all inner');
  const { stderr } = await broker.program.stop();
  assert.match(
    stderr,
    /Loading plugin: \S+mark\.ts\n\d+: Plugin mark has registered to receive 'message-in' events\.\n\d+: Plugin mark version 1 loaded\./,
  );
});

test('a plugin is told of reloads and of the end, and its log lines have its name', async () => {
  using scratch = new Scratch();
  const plugin = scratch.file(
    'watch.mjs',
    `export default ({ log }) => ({
       name: 'watch',
       reloaded: () => log.notice('reloaded'),
       close: async () => log.notice('closed'),
     })`,
  );
  await using broker = await startZanzara(`plugin ${plugin}`);
  broker.program.signal('SIGHUP');
  await broker.program.until('watch: reloaded');
  const { code, stderr } = await broker.program.stop();
  assert.equal(code, 0);
  assert.match(stderr, /watch: closed\n\d+: mosquitto version .* terminating/);
});

test('a broker whose plugin cannot be used does not start: exit code 13, line and reason', async () => {
  using scratch = new Scratch();
  scratch.file('typo.ts', "export default { name: 'typo', mesageIn() {} }");
  scratch.file('broken.ts', 'export default {');
  scratch.file('node_modules/packaged/package.json', '{"type":"module","exports":"./main.js"}');
  scratch.file('node_modules/packaged/main.js', "export default () => { throw new Error('no licence') }");
  const port = await freePort();
  const cases: readonly (readonly [string, RegExp])[] = [
    ['./typo.ts', /m\.conf:3: \.\/typo\.ts: it has 'mesageIn', .*did you mean 'messageIn'\?/],
    ['broken.ts', /m\.conf:3: broken\.ts: /],
    ['packaged', /m\.conf:3: packaged: Error: no licence/],
    ['gone', /m\.conf:3: gone: there is no such file, folder or installed package/],
    ['/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so', /does not have dynamic security yet/],
    ['auth.so', /C interface of Mosquitto.*docs\/plugins\.md/],
  ];
  for (const [path, reason] of cases) {
    const file = scratch.file('m.conf', `listener ${port} 127.0.0.1\nallow_anonymous true\nplugin ${path}\n`);
    const { code, stderr } = await run(zanzara('-c', file), { cwd: scratch.path });
    assert.equal(code, 13, stderr);
    assert.ok(stderr.includes(`Error: Unable to load plugin "${path}".`), stderr);
    assert.match(stderr, reason);
  }
});

test('what a plugin throws in timers and promises of its own does not end the broker', async () => {
  using scratch = new Scratch();
  const plugin = scratch.file(
    'stray.mjs',
    `import { createServer } from 'node:net';
     setTimeout(() => { throw new Error('since the import') }, 1);
     export default (context) => {
       setTimeout(() => { throw new Error('since the start') }, 1);
       return {
         name: 'stray',
         connected: () => { Promise.reject(new Error('a floating promise')) },
         messageIn: () => { setImmediate(() => { throw new Error('after a message') }) },
         subscribed: () => context.publish('t', 'hello'),
       };
     }`,
  );
  await using broker = await startZanzara(`plugin ${plugin}`);
  const client = await connectTo(broker.port);
  await client.subscribe('t');
  await client.receive('t', 'hello');
  await client.publish('other', 'x');
  for (const error of ['since the import', 'since the start'])
    await broker.program.until(`Error: Plugin stray: something it has begun threw Error: ${error}`);
  client.send(client.p.publish('t', 'still there'));
  await client.receive('t', 'still there');
  const { code } = await broker.program.stop();
  assert.equal(code, 0);
});

test('what nobody but the broker could have thrown ends the process', async () => {
  const strays = new URL('../../src/plugin/strays.ts', import.meta.url).href;
  for (const fault of [
    "setTimeout(() => { throw new Error('ours') })",
    "Promise.reject(new Error('ours'))",
  ]) {
    const program = `import { containStrays } from '${strays}'; containStrays(); ${fault}; setTimeout(() => {}, 5000)`;
    const { code, stderr } = await run([process.execPath, '--input-type=module', '-e', program]);
    assert.notEqual(code, 0);
    assert.match(stderr, /Error: ours/);
  }
});

test('a plugin that throws or never answers does no harm to others', async () => {
  using scratch = new Scratch();
  const plugin = scratch.file(
    'bad.ts',
    `export default {
       name: 'bad',
       authenticate: ({ clientId }: { clientId: string }) => {
         if (clientId === 'throws') throw new Error('at login');
         return clientId === 'hangs' ? new Promise(() => {}) : 'allow';
       },
       messageIn: (_: unknown, { topic }: { topic: string }) => {
         if (topic === 'hangs') return new Promise(() => {});
         if (topic === 'throws') throw new Error('at message');
         if (topic === 'rejects') return Promise.reject(new Error('later'));
         return undefined;
       },
       connected: async () => { throw new Error('unheard') },
     };`,
  );
  await using broker = await startZanzara(`plugin ${plugin}\nplugin_timeout 1`);
  const { port } = broker;
  const throwing = await Client.open(port, 5, 'throws', 30_000);
  throwing.send(throwing.p.connect({ clientId: 'throws' }));
  await throwing.expectRefusal(0x88);
  const hanging = await Client.open(port, 5, 'hangs', 30_000);
  hanging.send(hanging.p.connect({ clientId: 'hangs' }));
  const good = await connectTo(port, { clientId: 'good', version: 5 });
  await good.subscribe('#');
  const other = await connectTo(port, { clientId: 'other', version: 5 });
  for (const [at, topic] of ['throws', 'hangs', 'rejects', 'fine'].entries())
    other.send(other.p.publish(topic, 'x', { qos: 1, packetId: at + 1 }));
  await good.publish('own', 'x', { qos: 0 }).catch(() => undefined); // its own message comes before the PINGRESP
  for (const [at, code] of [0x87, 0x87, 0x87, 0].entries())
    await other.expect({ type: 'puback', packetId: at + 1, code });
  await hanging.expectRefusal(0x88);
  const { code, stderr } = await broker.program.stop();
  assert.equal(code, 0);
  for (const line of [
    'authenticate threw Error: at login',
    'authenticate was not done after 1 s',
    'messageIn threw Error: at message',
    'messageIn was not done after 1 s',
    'connected threw Error: unheard',
  ])
    assert.equal(stderr.split(line).length, 2, `${line} in ${stderr}`);
});
