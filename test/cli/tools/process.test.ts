/** The tools as processes: the names they are started under, and arguments that are no text. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { ENTRY, Program, run, Scratch, startZanzara, zanzara } from '../program.ts';
import { FakeBroker } from './fake-broker.ts';

test('a link is the program whose name it has', async () => {
  using scratch = new Scratch();
  for (const name of ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr']) {
    symlinkSync(ENTRY, scratch.at(name));
    const { code, stdout, stderr } = await run([process.execPath, scratch.at(name), '--version']);
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(
      stdout,
      new RegExp(`^${name} version 2\\.\\d+\\.\\d+ .*running on libmosquitto \\d+\\.\\d+\\.\\d+\\.\\n$`),
    );
    const wrong = await run([process.execPath, scratch.at(name), '--foo']);
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [1, `Error: Unknown option '--foo'.\n\nUse '${name} --help' to see usage.\n`],
    );
  }
  const { stderr } = await run([process.execPath, ENTRY, 'sub', '--foo']);
  assert.equal(stderr, "Error: Unknown option '--foo'.\n\nUse 'zanzara sub --help' to see usage.\n");
});

test(
  'a message is the bytes that were given, a topic must be UTF-8',
  { skip: process.platform !== 'linux' },
  async () => {
    await using broker = await FakeBroker.start();
    const call = `exec "$0" "$1" pub -h 127.0.0.1 -p ${broker.port}`;
    const shell = (rest: string): Promise<{ code: number; stderr: string }> =>
      run(['sh', '-c', `${call} ${rest}`, process.execPath, ENTRY]);
    assert.equal((await shell('-t a -m "$(printf "x\\377\\200")"')).code, 0);
    await broker.until('publish');
    assert.deepEqual([...(broker.of('publish')[0]?.payload ?? [])], [0x78, 0xff, 0x80]);
    const { code, stderr } = await shell('-t "$(printf "a\\377")" -m x');
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Malformed UTF-8 in -t argument\.\n\n\nUse /);
  },
);

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
}

test(
  'ps shows a tool with its arguments, and the broker by its name',
  { skip: process.platform !== 'linux' },
  async () => {
    await using broker = await FakeBroker.start();
    const words = zanzara('sub', '-h', '127.0.0.1', '-p', `${broker.port}`, '-t', 'in/ps');
    await using tool = new Program(words);
    await broker.until('subscribe');
    assert.equal(commandLine(tool.pid), words.map((word) => `${word}\0`).join(''));
    await using real = await startZanzara('');
    assert.match(commandLine(real.program.pid), /^zanzara\0/);
  },
);
