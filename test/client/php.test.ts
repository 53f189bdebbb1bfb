/** docs/php.md says what is so: its TypeScript runs, its PHP is PHP, and its configurations are the broker's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Program, Scratch, startZanzara, zanzara } from '../cli/program.ts';

const GUIDE = readFileSync(new URL('../../docs/php.md', import.meta.url), 'utf8');
const LIBRARY = new URL('../../src/client/mosquitto.ts', import.meta.url).href;

function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code!,
  );
}

test('every program in TypeScript ends well', async () => {
  using scratch = new Scratch();
  const programs = blocks('ts');
  assert.ok(programs.length >= 2);
  for (const [at, program] of programs.entries()) {
    await using broker = await startZanzara('');
    const code = program
      .replaceAll("'zanzara/mosquitto'", `'${LIBRARY}'`)
      .replaceAll('1883', `${broker.port}`);
    const file = scratch.file(`program${at}.ts`, code);
    await using run = new Program([process.execPath, file], { cwd: scratch.path });
    const { code: status, stdout, stderr } = await run.result();
    assert.equal(status, 0, `${program}\n${stderr}`);
    assert.match(stdout, /21\.5/, program);
  }
});

const hasPhp = spawnSync('php', ['--version']).error === undefined;

test('every program in PHP is one', { skip: hasPhp ? false : 'php is not installed' }, () => {
  const programs = blocks('php');
  assert.ok(programs.length >= 4);
  for (const program of programs) {
    const { status, stdout } = spawnSync('php', ['-l'], { input: program, encoding: 'utf8' });
    assert.equal(status, 0, `${program}\n${stdout}`);
  }
});

test('the broker takes every option of its configurations', async () => {
  using scratch = new Scratch();
  const configurations = blocks('conf');
  assert.equal(configurations.length, 4);
  for (const configuration of configurations) {
    const lines = configuration.split('\n').filter((line) => !/^#|_?file |^$/.test(line));
    const file = scratch.file('z.conf', `${lines.join('\n')}\n`);
    await using run = new Program(zanzara('-c', file, '--test-config'), { cwd: scratch.path });
    const { stderr, stdout } = await run.result();
    assert.doesNotMatch(`${stdout}${stderr}`, /Unknown configuration|Invalid/, configuration);
  }
});
