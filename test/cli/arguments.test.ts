/** The command line, as far as no broker runs: what is shown, what is refused, which command is meant. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { COMMAND_TEXTS } from '../../src/cli/command-list.ts';
import { main, programName } from '../../src/cli/commands.ts';
import { MOSQUITTO_VERSION, VERSION } from '../../src/server/version.ts';
import { run, zanzara } from './program.ts';
import type { Ended } from './program.ts';

/** Runs a command in this process. */
async function command(args: string, name = 'zanzara'): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  const code = await main(args === '' ? [] : args.split(' '), {
    stdout: (text) => void (printed.stdout += text),
    stderr: (text) => void (printed.stderr += text),
    env: {},
    name,
    isTerminal: false,
    isInputTerminal: false,
    stdin: () => Readable.from([]),
  });
  return { code, ...printed };
}

const VERSION_LINE = `zanzara ${VERSION}, compatible with mosquitto ${MOSQUITTO_VERSION}\n`;

for (const flag of ['-h', '--help', 'broker -h', '-q -v -h']) {
  test(`zanzara ${flag} shows every option, and ends with 0`, async () => {
    const { code, stdout, stderr } = await command(flag);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`^zanzara version ${VERSION}\n`));
    assert.match(stdout, /^Usage: zanzara \[-c FILE\] \[-d\] \[-h\] \[-p PORT\] \[-q\] \[-v\]/m);
    const options = [
      '-c, --config-file FILE',
      '-d, --daemon',
      '-h, --help',
      '-p, --port PORT',
      '-q, --quiet',
    ];
    for (const option of [...options, '-v, --verbose', '-V, --version', '--test-config']) {
      assert.match(stdout, new RegExp(`^ ${option} +[A-Z]`, 'm'));
    }
  });
}

for (const flag of ['-V', '--version', 'broker --version']) {
  test(`zanzara ${flag} shows the version, and ends with 0`, async () => {
    assert.deepEqual(await command(flag), { code: 0, stdout: VERSION_LINE, stderr: '' });
  });
}

/** What is wrong with these arguments, in Mosquitto's words. */
const WRONG: readonly (readonly [args: string, error: string])[] = [
  ['-x', "Error: Unknown option '-x'."],
  ['--nothing', "Error: Unknown option '--nothing'."],
  ['broker stray', "Error: Unknown option 'stray'."],
  ['-v -c', 'Error: -c argument given, but no config file specified.'],
  ['--config-file', 'Error: -c argument given, but no config file specified.'],
  ['-p', 'Error: -p argument given, but no port specified.'],
  ['--port', 'Error: -p argument given, but no port specified.'],
  ['-p 0', 'Error: Invalid port specified (0).'],
  ['-p 65536', 'Error: Invalid port specified (65536).'],
  ['-p -1', 'Error: Invalid port specified (-1).'],
  ['-p mqtt', 'Error: Invalid port specified (0).'],
  [
    Array.from({ length: 11 }, (_, at) => `-p ${at + 2000}`).join(' '),
    'Error: Only 10 ports can be specified on the command line.',
  ],
];

for (const [args, error] of WRONG) {
  test(`zanzara ${args.slice(0, 20)} is refused with 3, the error and how it is used`, async () => {
    const { code, stdout, stderr } = await command(args);
    assert.equal(code, 3);
    assert.equal(stderr, `${error}\n`);
    assert.match(stdout, /^Usage: zanzara /m);
  });
}

describe('which command', () => {
  test('an unknown sub-command is refused with 3, and those that there are', async () => {
    const { code, stdout, stderr } = await command('brokr -v');
    assert.equal(code, 3);
    assert.equal(stdout, '');
    const [first = '', known = ''] = stderr.split(' has: ');
    assert.equal(first, `Error: Unknown command 'brokr'. Zanzara ${VERSION}`);
    assert.match(
      known,
      /^(?=.*\bbroker\b)(?=.*\bsub\b).*\. 'zanzara help' says what they are for, 'zanzara --help' shows the options of the broker\.\n$/,
    );
  });

  test('help lists them all', async () => {
    const { code, stdout, stderr } = await command('help');
    assert.deepEqual([code, stderr], [0, '']);
    for (const name of Object.keys(COMMAND_TEXTS)) assert.match(stdout, new RegExp(`^  ${name} +[a-z]`, 'm'));
  });

  test('help of a command is what the command says of itself', async () => {
    for (const name of Object.keys(COMMAND_TEXTS).filter((each) => each !== 'help')) {
      const { code, stdout, stderr } = await command(`help ${name}`);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(stdout, (await command(`${name} --help`)).stdout);
    }
    const unknown = await command('help brokr');
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /^Error: Unknown command 'brokr'\./);
  });

  test('under the name mosquitto there are no sub-commands', async () => {
    const { code, stdout, stderr } = await command('broker', 'mosquitto');
    assert.equal(code, 3);
    assert.equal(stderr, "Error: Unknown option 'broker'.\n");
    assert.match(stdout, /^Usage: mosquitto /m);
  });

  test('the name is that of the link, without its folder and ending', () => {
    assert.equal(programName('/usr/sbin/mosquitto'), 'mosquitto');
    assert.equal(programName('/srv/zanzara/src/cli/bin/zanzara.ts'), 'zanzara');
    assert.equal(programName('dist/cli/bin/zanzara.js'), 'zanzara');
  });
});

test('as a process: the streams and the exit code are the same', async () => {
  const [help, version, wrong] = await Promise.all(['-h', '-V', '-x'].map((flag) => run(zanzara(flag))));
  assert.deepEqual(help, await command('-h'));
  assert.deepEqual(version, await command('-V'));
  assert.deepEqual(wrong, await command('-x'));
});
