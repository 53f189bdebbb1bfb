/** docs/plugins.md says what is so. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { Scratch, connectTo, startZanzara } from '../cli/program.ts';

const GUIDE = readFileSync(new URL('../../docs/plugins.md', import.meta.url), 'utf8');
const blocks = [...GUIDE.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

test('the examples stand in it as they are', () => {
  const files = globSync('examples/plugins/*.ts');
  assert.equal(files.length, 3);
  for (const file of files) {
    assert.ok(blocks.includes(readFileSync(file, 'utf8')), `${file} is another one than in docs/plugins.md`);
    assert.ok(GUIDE.includes(`(../${file})`), basename(file));
  }
});

test('every member of a plugin and of its context stands in it', () => {
  const types = readFileSync(new URL('../../src/plugin/plugin.ts', import.meta.url), 'utf8');
  for (const name of ['Plugin', 'PluginContext', 'PluginClient', 'MessageChange', 'PluginPublishOptions']) {
    const [, body = ''] = new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(types) ?? [];
    const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, member]) => member!);
    assert.ok(members.length > 3, name);
    for (const member of members) assert.match(GUIDE, new RegExp(`\\b${member}\\b`), `${name}.${member}`);
  }
});

test('its first plugin works', async () => {
  using scratch = new Scratch();
  const file = scratch.file('hello.ts', blocks[0]!);
  await using broker = await startZanzara(`plugin ${file}`);
  const client = await connectTo(broker.port, { clientId: 'a' });
  await client.subscribe('#');
  for (const [payload, shown] of [
    ['x'.repeat(1001), undefined],
    ['hi', 'hi'],
  ] as const) {
    client.send(client.p.publish('t', payload));
    if (shown !== undefined) await client.receive('from/a/t', shown);
  }
});
