/** SECURITY.md says what is: its limits are those of the code, its configuration is one. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LIMITS } from '../../src/broker/limits.ts';
import { writeValue } from '../../src/config/describe.ts';
import { options } from '../../src/config/options.ts';
import type { OptionName } from '../../src/config/options.ts';
import { passwords } from '../abuse/passwords.ts';
import { run, Scratch, zanzara } from '../cli/program.ts';
import { Authority, testWithOpenssl } from '../tls/authority.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

/** The rows of the tables whose first column is code: name, value, text. */
const rows = page.split('\n').flatMap((line) => {
  const [, name, value] = /^\| (`[^|]+`) \| ([^|]+) \|/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [{ name: name.replaceAll('`', ''), value }];
});

/** `64 MiB` as a number. */
function numberOf(value: string): number {
  const [, digits, unit] = /^(\d+)( MiB)?$/.exec(value) ?? [];
  return Number(digits) * (unit === undefined ? 1 : 1024 * 1024);
}

test('the fixed limits are those of the code', () => {
  const fixed = rows.filter(({ name }) => name in LIMITS);
  assert.ok(fixed.length > 10);
  for (const { name, value } of fixed)
    assert.equal(numberOf(value), LIMITS[name as keyof typeof LIMITS], name);
});

test('the options have the defaults of the table', () => {
  const named = rows.filter(({ name }) => !(name in LIMITS));
  assert.ok(named.length > 10);
  for (const { name, value } of named) {
    const defaults = value.replaceAll(' (off)', '').split(', ');
    for (const [at, word] of name.split(', ').entries()) {
      const option = options[word as OptionName];
      assert.ok('default' in option && option.default !== undefined, word);
      assert.equal(defaults[at] ?? defaults[0], writeValue(option.default), word);
    }
  }
});

test('its links lead somewhere', () => {
  for (const [, path = ''] of page.matchAll(/\]\(((?!\.\.|https?:)[^)]+)\)/g))
    assert.ok(existsSync(join(ROOT, path)), path);
});

testWithOpenssl('its configuration is right', async () => {
  using scratch = new Scratch();
  const { certificate, key } = Authority.root(scratch).server();
  renameSync(certificate, scratch.at('server.crt'));
  renameSync(key, scratch.at('server.key'));
  const [, text = ''] = /```conf\n([^]*?)```/.exec(page) ?? [];
  const acl = /\n((?: {4}.*\n)+)$/.exec(page)?.[1] ?? '';
  assert.ok(text.includes('listener') && acl.includes('pattern'));
  passwords(scratch, { monitor: 'secret' });
  chmodSync(scratch.file('acl', acl.replaceAll(/^ {4}/gm, '')), 0o644);
  const file = scratch.file('m.conf', text.replaceAll('/etc/zanzara', scratch.path));
  const { code, stdout, stderr } = await run(zanzara('-c', file, '--test-config'));
  assert.equal(code, 0, stdout + stderr);
  assert.equal(/has no effect|needs .* does not have yet/.test(stderr), false, stderr);
});
