/** Password files of Debian's mosquitto_passwd and of ours, read by the broker of the other. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { hashPassword } from '../../../src/access/password-hash.ts';
import { startMosquitto, testWithMosquitto } from '../../interop/mosquitto.ts';
import { run, Scratch, startZanzara } from '../program.ts';
import { isPasswordOf, ours, theirs } from './run.ts';

/** What the broker says to a user: 0, or 5 for who is not authorised. */
async function login(port: number, user: string, password: string): Promise<number> {
  const message = ['-t', 'a', '-m', 'b'];
  return (await run(['mosquitto_pub', '-p', String(port), '-u', user, '-P', password, ...message])).code;
}

function configFor(file: string): string {
  return `user root\npassword_file ${file}`;
}

describe('passwd and Debian’s mosquitto_passwd', () => {
  testWithMosquitto('files of theirs let users in here, and ours changes them', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    assert.equal((await theirs(['-c', '-b', file, 'bob', 'pässword'])).code, 0);
    assert.equal((await theirs(['-H', 'sha512', '-b', file, 'carol', 'secret'])).code, 0);
    assert.equal((await theirs(['-I', '7', file, 'dave'], { stdin: 'pw\npw\n' })).code, 0);
    chmodSync(file, 0o600);
    const lines = readFileSync(file, 'utf8');
    assert.equal((await ours(['-b', '-H', 'argon2id', file, 'erin', 'mine'])).code, 0);
    assert.equal((await ours(['-b', file, 'frank', 'mine'])).code, 0);
    assert.ok(readFileSync(file, 'utf8').startsWith(lines), 'their lines stay');
    await using broker = await startZanzara(configFor(file));
    for (const [user, password] of [
      ['bob', 'pässword'],
      ['carol', 'secret'],
      ['dave', 'pw'],
      ['erin', 'mine'],
      ['frank', 'mine'],
    ] as const) {
      assert.equal(await login(broker.port, user, password), 0, user);
      assert.equal(await login(broker.port, user, `${password} `), 5, user);
    }
  });

  testWithMosquitto('files of ours let users in there, with the salts of 12 bytes it reads', async () => {
    using scratch = new Scratch();
    const salt = randomBytes(12);
    const password = Buffer.from('pässword');
    const lines = [
      `bob:${await hashPassword('sha512-pbkdf2', password, { salt })}`,
      `carol:${await hashPassword('sha512', password, { salt })}`,
    ];
    const file = scratch.file('users', `${lines.join('\n')}\n`);
    chmodSync(file, 0o600);
    assert.equal((await ours(['-b', file, 'dave', 'pw'])).code, 0);
    assert.equal((await ours(['-D', file, 'dave'])).code, 0);
    await using broker = await startMosquitto(configFor(file));
    for (const user of ['bob', 'carol']) {
      assert.equal(await login(broker.port, user, 'pässword'), 0, user);
      assert.equal(await login(broker.port, user, 'password'), 5, user);
    }
  });

  testWithMosquitto('their tool changes files of ours', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    assert.equal((await ours(['-c', '-b', file, 'bob', 'one'])).code, 0);
    assert.equal((await ours(['-b', file, 'carol', 'two'])).code, 0);
    assert.equal((await theirs(['-b', file, 'dave', 'three'])).code, 0);
    assert.equal((await theirs(['-D', file, 'bob'])).code, 0);
    assert.equal(await isPasswordOf(file, 'bob', 'one'), false);
    assert.ok(await isPasswordOf(file, 'carol', 'two'));
    assert.ok(await isPasswordOf(file, 'dave', 'three'));
  });

  testWithMosquitto('both hash a file of plain passwords alike', async () => {
    using scratch = new Scratch();
    for (const [name, tool] of Object.entries({ ours, theirs })) {
      const file = scratch.file(name, 'bob: pw \ncarol:secret\r\n');
      chmodSync(file, 0o600);
      assert.equal((await tool(['-U', file])).code, 0, name);
      assert.ok(await isPasswordOf(file, 'bob', 'pw'), name);
      assert.ok(await isPasswordOf(file, 'carol', 'secret'), name);
    }
  });

  testWithMosquitto('both ask alike', async () => {
    using scratch = new Scratch();
    for (const [stdin, code] of [
      ['pw\npw\n', 0],
      ['pw\r\npw\n', 0],
      ['pw\nother\n', 2],
      ['pw', 1],
      ['\n', 1],
    ] as const) {
      const ask = async (tool: typeof ours): Promise<readonly unknown[]> => {
        const ended = await tool(['-c', scratch.at(`${tool.name} ${code} ${stdin.length}`), 'bob'], {
          stdin,
        });
        // Mosquitto 2.0 does not say what it did; 2.1 does
        return [ended.code, ended.stdout.replace('Adding password for user bob\n', ''), ended.stderr];
      };
      const expected = await ask(theirs);
      assert.equal(expected[0], code);
      assert.deepEqual(await ask(ours), expected, JSON.stringify(stdin));
    }
  });
});
