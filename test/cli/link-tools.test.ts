/** `zanzara link-tools`: links under the names of Mosquitto's programs. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ENTRY, run, Scratch, zanzara } from './program.ts';

const NAMES = [
  'mosquitto',
  'mosquitto_db_dump',
  'mosquitto_passwd',
  'mosquitto_pub',
  'mosquitto_rr',
  'mosquitto_sub',
];

describe('link-tools', () => {
  test('makes a link of each name, and each is that tool', async () => {
    using scratch = new Scratch();
    const made = await run(zanzara('link-tools', scratch.path));
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(readdirSync(scratch.path).toSorted(), NAMES);
    for (const name of NAMES) {
      assert.equal(readlinkSync(scratch.at(name)), realpathSync(ENTRY));
      assert.ok(made.stdout.includes(`${scratch.at(name)} -> ${realpathSync(ENTRY)}\n`));
      const { stdout } = await run([process.execPath, scratch.at(name), '--help']);
      const shown = name === 'mosquitto_db_dump' ? 'db_dump' : name; // as Mosquitto
      assert.match(stdout, new RegExp(`^Usage: ${shown} `, 'm'));
    }
    const again = await run(zanzara('link-tools', scratch.path));
    assert.deepEqual([again.code, again.stdout.match(/\(was there\)/g)?.length], [0, NAMES.length]);
  });

  test('touches nothing of somebody else, and then makes no link', async () => {
    using scratch = new Scratch();
    scratch.file('mosquitto_pub', 'theirs');
    symlinkSync('/nowhere', scratch.at('mosquitto_sub'));
    const { code, stderr, stdout } = await run(zanzara('link-tools', scratch.path));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /mosquitto_pub is there already.*\n.*mosquitto_sub is there already.*\nNo link was made/,
    );
    assert.deepEqual(readdirSync(scratch.path).toSorted(), ['mosquitto_pub', 'mosquitto_sub']);
    assert.ok(lstatSync(scratch.at('mosquitto_pub')).isFile());
  });

  test('says what is wrong, and how it is called', async () => {
    using scratch = new Scratch();
    const absent = await run(zanzara('link-tools', scratch.at('absent')));
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /^Error: Unable to make links in .*absent\. No such file or directory\.$/m);
    for (const args of [[], ['a', 'b'], ['-x']]) {
      const { code, stderr } = await run(zanzara('link-tools', ...args));
      assert.deepEqual([code, stderr], [1, 'Error: link-tools needs one folder.\n']);
    }
    const help = await run(zanzara('link-tools', '--help'));
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: zanzara link-tools DIR/);
  });
});
