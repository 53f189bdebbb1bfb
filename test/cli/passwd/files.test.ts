/** What `passwd` does to files: formats, other lines, permissions, links, and what it says. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { Scratch } from '../program.ts';
import { isPasswordOf, ours } from './run.ts';

const AT_64_BYTES = '[A-Za-z0-9+/]{86}==';

function secret(scratch: Scratch, text: string): string {
  const file = scratch.file('users', text);
  chmodSync(file, 0o600);
  return file;
}

describe('passwd', () => {
  test('writes the formats of Mosquitto 2.1, for every -H and -I', async () => {
    using scratch = new Scratch();
    for (const [name, options, line] of [
      ['default', [], `\\$7\\$1000\\$${AT_64_BYTES}\\$${AT_64_BYTES}`],
      ['pbkdf2', ['-H', 'sha512-pbkdf2', '-I', '5'], `\\$7\\$5\\$${AT_64_BYTES}\\$${AT_64_BYTES}`],
      ['sha512', ['-H', 'sha512'], `\\$6\\$${AT_64_BYTES}\\$${AT_64_BYTES}`],
      [
        'argon2id',
        ['-H', 'argon2id'],
        '\\$argon2id\\$v=19\\$m=47104,t=1,p=1\\$[A-Za-z0-9+/]{86}\\$[A-Za-z0-9+/]{86}',
      ],
    ] as const) {
      const file = scratch.at(name);
      const ended = await ours([...options, '-c', '-b', file, 'bob', 'pässword']);
      assert.deepEqual(ended, { code: 0, stdout: 'Adding password for user bob\n', stderr: '' });
      assert.match(readFileSync(file, 'utf8'), new RegExp(`^bob:${line}\n$`));
      assert.ok(await isPasswordOf(file, 'bob', 'pässword'), name);
      assert.equal(statSync(file).mode & 0o7777, 0o600, name);
    }
  });

  test('asks twice, and takes the lines of a pipe', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    const asked = 'Password: \nReenter password: \n';
    assert.deepEqual(await ours(['-c', file, 'bob'], { stdin: 'one\none\n' }), {
      code: 0,
      stdout: `${asked}Adding password for user bob\n`,
      stderr: '',
    });
    assert.deepEqual(await ours([file, 'bob'], { stdin: ' two \r\n two \r\nmore\n' }), {
      code: 0,
      stdout: `${asked}Updating password for user bob\n`,
      stderr: '',
    });
    assert.ok(await isPasswordOf(file, 'bob', ' two '));
    const before = readFileSync(file, 'utf8');
    for (const [stdin, code, stderr] of [
      ['one\ntwo\n', 2, 'Error: Passwords do not match.\n'],
      ['one', 1, 'Error: Empty password.\n'],
      ['', 1, 'Error: Empty password.\n'],
      [`${'x'.repeat(65_536)}\n`, 1, 'Error: Password must be less than 65536 characters long.\n'],
    ] as const) {
      const ended = await ours([file, 'bob'], { stdin });
      assert.deepEqual([ended.code, ended.stderr], [code, stderr]);
      assert.equal(readFileSync(file, 'utf8'), before);
    }
  });

  test('a password from a pipe is bytes', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    const bytes = Uint8Array.of(0xff, 0x00, 0x80);
    const stdin = Buffer.concat([bytes, Buffer.from('\n'), bytes, Buffer.from('\n')]);
    assert.equal((await ours(['-c', file, 'bob'], { stdin })).code, 0);
    assert.ok(await isPasswordOf(file, 'bob', bytes));
  });

  test('-c - prints the line alone', async () => {
    const { code, stdout, stderr } = await ours(['-c', '-', 'bob'], { stdin: 'pw\npw\n' });
    assert.equal(code, 0);
    assert.match(stdout, /^bob:\$7\$1000\$[^\n]+\n$/);
    assert.equal(stderr, 'Password: \nReenter password: \n');
  });

  test('leaves all other lines as they are, and one line of the user', async () => {
    using scratch = new Scratch();
    const file = secret(scratch, '# users\r\n\nbob:x\n al : y \nbob:z\ncarol:w');
    assert.equal((await ours(['-b', file, 'bob', 'pw'])).stdout, 'Updating password for user bob\n');
    const [comment, blank, bob, al, carol, ...end] = readFileSync(file, 'utf8').split('\n');
    assert.deepEqual([comment, blank, al, carol, ...end], ['# users\r', '', ' al : y ', 'carol:w', '']);
    assert.match(bob ?? '', /^bob:\$7\$/);
    assert.deepEqual(await ours(['-D', file, 'bob']), { code: 0, stdout: '', stderr: '' });
    assert.equal(readFileSync(file, 'utf8'), '# users\r\n\n al : y \ncarol:w\n');
    assert.equal((await ours(['-b', file, 'dave', 'pw'])).stdout, 'Adding password for user dave\n');
    assert.match(readFileSync(file, 'utf8'), /\ncarol:w\ndave:\$7\$/);
  });

  test('-U hashes what is not hashed, and nothing twice', async () => {
    using scratch = new Scratch();
    const file = secret(scratch, '# users\nbob: pw \r\ncarol:secret\n');
    assert.equal((await ours(['-U', '-H', 'sha512', file])).code, 0);
    assert.ok(await isPasswordOf(file, 'bob', 'pw'));
    assert.ok(await isPasswordOf(file, 'carol', 'secret'));
    const hashed = readFileSync(file, 'utf8');
    assert.match(hashed, /^# users\nbob:\$6\$[^\n]+\ncarol:\$6\$[^\n]+\n$/);
    assert.equal((await ours(['-U', file])).code, 0);
    assert.equal(readFileSync(file, 'utf8'), hashed);
    writeFileSync(file, `${hashed}dave:pw\n`);
    assert.equal((await ours(['-U', file])).code, 0);
    assert.ok(readFileSync(file, 'utf8').startsWith(`${hashed}dave:$7$1000$`));
  });

  test('a file with a line that is none of a password file is not touched', async () => {
    using scratch = new Scratch();
    for (const [text, args, line] of [
      ['bob:x\nwhat\n', ['-D', 'F', 'bob'], 2],
      ['bob:x\n:y\n', ['-b', 'F', 'bob', 'pw'], 2],
      ['what\n', ['F', 'bob'], 1],
      ['bob:\n', ['-U', 'F'], 1],
      ['bob:pw\ncarol:a:b\n', ['-U', 'F'], 2],
      ['bob:$7$101$damaged\n', ['-U', 'F'], 1],
    ] as const) {
      const file = secret(scratch, text);
      const ended = await ours(args.map((word) => (word === 'F' ? file : word)));
      assert.equal(ended.code, 1, text);
      assert.ok(ended.stderr.startsWith(`Error: Corrupt password file at line ${line}.\n`), ended.stderr);
      assert.equal(ended.stdout, '', 'it asks for nothing first');
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.deepEqual(readdirSync(scratch.path), ['users']);
    }
  });

  test('a symbolic link is refused unless links are allowed, and then it stays', async () => {
    using scratch = new Scratch();
    const file = secret(scratch, 'bob:x\n');
    const link = scratch.at('link');
    symlinkSync(file, link);
    const refused = await ours(['-b', link, 'bob', 'pw']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^Error: Unable to open password file .*link\. This is a symbolic link/);
    assert.equal(readFileSync(file, 'utf8'), 'bob:x\n');
    const env = { MOSQUITTO_UNSAFE_ALLOW_SYMLINKS: '1' };
    assert.equal((await ours(['-b', link, 'bob', 'pw'], { env })).code, 0);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.ok(await isPasswordOf(file, 'bob', 'pw'));
    symlinkSync(scratch.at('nowhere'), scratch.at('dangling'));
    assert.equal((await ours(['-c', '-b', scratch.at('dangling'), 'bob', 'pw'], { env })).code, 1);
  });

  test('what is no file, and folders that are not there', async () => {
    using scratch = new Scratch();
    const folder = scratch.path;
    for (const [args, stderr] of [
      [['-b', folder, 'bob', 'pw'], `Error: ${folder} is not a file.\n`],
      [['-c', '-b', folder, 'bob', 'pw'], `Error: Unable to open file ${folder} for writing. File exists.\n`],
      [
        ['-c', '-b', `${folder}/a/b`, 'bob', 'pw'],
        `Error: Unable to open file ${folder}/a/b for writing. No such file or directory.\n`,
      ],
    ] as const)
      assert.deepEqual(await ours(args), { code: 1, stdout: '', stderr });
  });

  test('a file keeps its permissions and its owner; a warning tells of others who can read it', async () => {
    using scratch = new Scratch();
    const file = secret(scratch, 'bob:x\n');
    chmodSync(file, 0o644);
    const mine = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 0);
    if (process.getuid?.() === 0) chownSync(file, mine, mine);
    const ended = await ours(['-b', file, 'bob', 'pw']);
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /^Warning: File .* has world readable permissions\./);
    assert.equal(ended.stderr.split('world readable').length, 2, 'once');
    const { mode, uid } = statSync(file);
    assert.deepEqual([mode & 0o7777, uid], [0o644, mine]);
    assert.deepEqual(readdirSync(scratch.path), ['users']);
  });

  test('-I says that it counts for one algorithm', async () => {
    const { code, stderr } = await ours(['-H', 'sha512', '-I', '9', '-c', '-b', '-', 'bob', 'pw']);
    assert.deepEqual([code, stderr], [0, 'Warning: -I counts for sha512-pbkdf2, not for sha512.\n']);
  });
});
