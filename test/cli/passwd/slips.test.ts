/** Wrong command lines of `passwd`: Mosquitto's words and exit codes, and never a file that was written by mistake. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { testWithMosquitto } from '../../interop/mosquitto.ts';
import { Scratch } from '../program.ts';
import { isPasswordOf, ours, theirs } from './run.ts';

const BEFORE =
  'bob:$6$MnH7gnBQcttI+zLs$Jl+TJBWsQC1GXwytonjDjUG8vSCgWn2Q1LY7NVZo0FpXGm3omdSV6XoQD2LD4T3XL+1o09FJgnJRweK0pvsVsQ==\n';

/** `OLD` is a file that is there, `NEW` one that is not. */
const OLD = 'OLD';
const NEW = 'NEW';

/** Command lines that are wrong in the same words for Mosquitto 2.0; undefined for the usage. */
const SLIPS: readonly (readonly [args: string, stderr: string | undefined])[] = [
  ['', undefined],
  [OLD, undefined],
  [NEW, undefined],
  [`-b ${OLD}`, undefined],
  [`-b ${OLD} alice`, undefined], // December 2020: the user name became the password
  [`-b ${NEW} alice`, undefined],
  [`${OLD} alice secret`, undefined],
  [`-b ${OLD} alice secret more`, undefined],
  ['-H sha512', undefined],
  ['-I 5', undefined],
  ['-c', 'Error: -c argument given but password file or username missing.'],
  [`-c ${NEW}`, 'Error: -c argument given but password file or username missing.'],
  [`-c -b ${NEW}`, 'Error: -c argument given but password file, username, or password missing.'],
  [`-c -b ${NEW} alice`, 'Error: -c argument given but password file, username, or password missing.'],
  [`-D`, 'Error: -D argument given but password file or username missing.'],
  [`-D ${OLD}`, 'Error: -D argument given but password file or username missing.'],
  ['-U', 'Error: -U argument given but password file missing.'],
  [`-U ${OLD} bob`, 'Error: -U argument given but password file missing.'],
  [`-b -U ${OLD} bob secret`, 'Error: -U argument given but password file missing.'],
  [`-c -D ${OLD} bob`, 'Error: -c and -D cannot be used together.'],
  [`-c -U ${OLD}`, 'Error: -c and -U cannot be used together.'],
  [`-D -U ${OLD}`, 'Error: -D and -U cannot be used together.'],
  [`-b -D ${OLD} bob`, 'Error: -b and -D cannot be used together.'],
  ['-H', 'Error: -H argument given but not enough other arguments.'],
  [`-H md5 ${OLD} alice`, "Error: Unknown hash type 'md5'"],
  ['-I', 'Error: -I argument given but not enough other arguments.'],
  [`-I 0 -b ${OLD} alice secret`, 'Error: Number of iterations must be > 0.'],
  [`-I no -b ${OLD} alice secret`, 'Error: Number of iterations must be > 0.'],
  [`-b ${OLD} a:b secret`, "Error: Username must not contain the ':' character."],
  [`-b ${OLD} a\tb secret`, 'Error: Username must not contain control characters.'],
  [`-b ${NEW} alice secret`, `Error: Unable to open password file ${NEW}. No such file or directory.`],
  [`-D ${OLD} alice`, 'Warning: User alice not found in password file.'],
  [`${OLD} alice`, 'Error: Empty password.'],
];

/** Command lines that Mosquitto 2.0 takes, doing something else than was meant, or a file that no broker reads. */
const DROPPED: readonly (readonly [args: string, stderr: RegExp])[] = [
  [`-b ${OLD} -c alice`, /^Error: Option '-c' must stand in front of the password file/],
  [`${OLD} -b`, /^Error: Option '-b' must stand in front/],
  [`-D ${OLD} bob more`, /^Error: Too many arguments\.$/m],
  [`-c -b ${NEW} alice secret more`, /^Error: Too many arguments\.$/m],
  [`-c ${NEW} alice secret`, /^Error: Too many arguments\. A password on the command line needs -b\.$/m],
  [`-x ${OLD} alice`, /^Error: Unknown option '-x'/],
  [`-cb ${NEW} alice secret`, /^Error: Unknown option '-cb'/],
  [`-I 10000001 -b ${OLD} alice secret`, /^Error: Number of iterations must be <= 10000000\.$/m],
  [`-c -b ${OLD} alice secret`, /^Error: Unable to open file OLD for writing\. File exists\.$/m],
  [`-b ${OLD} #alice secret`, /^Error: Username must not begin with '#'/],
];

/** Runs it in a folder with the file `OLD`, and gives the names of the files that are there afterwards. */
async function inFolder(
  run: typeof ours,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string; old: string; files: string[] }> {
  using scratch = new Scratch();
  const paths: Readonly<Record<string, string>> = { OLD: scratch.file(OLD, BEFORE), NEW: scratch.at(NEW) };
  const { code, stdout, stderr } = await run(args.map((word) => paths[word] ?? word));
  return {
    code,
    stdout,
    stderr: stderr.replaceAll(`${scratch.path}/`, '').replaceAll(/Warning: File .*\nTo fix .*\n/g, ''),
    old: readFileSync(paths[OLD]!, 'utf8'),
    files: readdirSync(scratch.path),
  };
}

function words(args: string): string[] {
  return args.split(' ').filter((word) => word !== '');
}

const empty: readonly (readonly [what: string, args: readonly string[], stderr: string])[] = [
  ['an empty password', ['-b', OLD, 'alice', ''], 'Error: Empty password.\n'],
  ['an empty user name', ['-b', OLD, '', 'secret'], 'Error: Username must not be empty.\n'],
  [
    'a blank in front of a user name',
    ['-b', OLD, ' alice', 'secret'],
    'Error: Username must not begin or end with a blank.\n',
  ],
];

describe('passwd', () => {
  test('no slip on the command line writes a file: what is not the password never becomes one', async () => {
    for (const [args, stderr] of SLIPS) {
      const ended = await inFolder(ours, words(args));
      assert.equal(ended.code, 1, args);
      assert.equal(ended.old, BEFORE, args);
      assert.deepEqual(ended.files, [OLD], args);
      assert.equal(ended.stderr, stderr === undefined ? '' : `${stderr}\n`, args);
      if (stderr === undefined) assert.match(ended.stdout, /^Usage: mosquitto_passwd/m, args);
    }
  });

  test('what Mosquitto 2.0 takes and drops is refused', async () => {
    for (const [args, stderr] of DROPPED) {
      const ended = await inFolder(ours, words(args));
      assert.equal(ended.code, 1, args);
      assert.match(ended.stderr, stderr, args);
      assert.equal(ended.old, BEFORE, args);
      assert.deepEqual(ended.files, [OLD], args);
    }
    for (const [what, args, stderr] of empty) {
      const ended = await inFolder(ours, args);
      assert.deepEqual([ended.code, ended.stderr, ended.old], [1, stderr, BEFORE], what);
    }
  });

  testWithMosquitto('the slips are those of Debian’s tool, in its words', async () => {
    for (const [args, stderr] of SLIPS) {
      const ended = await inFolder(theirs, words(args));
      assert.equal(ended.code, 1, args);
      assert.equal(ended.stderr, stderr === undefined ? '' : `${stderr}\n`, args);
    }
  });

  test('behind -- words are no options', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    assert.equal((await ours(['-c', '-b', '--', file, '-b', '-c'])).code, 0);
    assert.ok(await isPasswordOf(file, '-b', '-c'));
  });

  test('--help shows the usage and writes nothing', async () => {
    const { code, stdout, files } = await inFolder(ours, ['--help']);
    assert.equal(code, 1);
    assert.match(stdout, /^ -H : specify the hashing algorithm/m);
    assert.deepEqual(files, [OLD]);
  });
});
