/** Every tool beside Debian's of the same name: the same input, the same bytes and exit code, at either broker. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startMosquitto, testWithMosquitto } from '../../interop/mosquitto.ts';
import { Scratch, startZanzara } from '../program.ts';
import type { Running } from '../program.ts';
import { runOurs, runTheirs } from './tool-run.ts';
import type { Outcome, RunOptions, ToolName } from './tool-run.ts';

interface Case extends RunOptions {
  /** `P` stands for the port of the broker. */
  readonly call: string | readonly string[];
  /** What the standard errors have in common, where ours says more. */
  readonly stderr?: RegExp;
}

const scratch = new Scratch();
const files = {
  payload: scratch.file('payload', 'from a file\n'),
  empty: scratch.file('empty', ''),
  missing: scratch.at('missing'),
};

/** Command lines that are wrong: nobody connects. */
const WRONG: readonly string[] = [
  'mosquitto_pub',
  'mosquitto_sub',
  'mosquitto_rr',
  'mosquitto_pub --foo',
  'mosquitto_sub -m x',
  'mosquitto_pub -t a -m',
  'mosquitto_pub -t a -q 4 -m x',
  'mosquitto_pub -t a/# -m x',
  'mosquitto_pub -t a/+ -m x',
  'mosquitto_sub -t a#',
  'mosquitto_sub -t a -T #a',
  'mosquitto_sub -t a -U #a',
  'mosquitto_rr -t a -e #a -m x',
  'mosquitto_rr -t a -m s',
  'mosquitto_sub -t a -F %z',
  'mosquitto_sub -t a -F %',
  'mosquitto_sub -t a -F %10',
  'mosquitto_sub -t a -F \\q',
  'mosquitto_sub -t a -F \\',
  'mosquitto_sub -t a -F @',
  'mosquitto_sub -t a -c',
  'mosquitto_pub -t a -m x -c -V 5',
  'mosquitto_sub -t a -x foo',
  'mosquitto_sub -t a -x 99999999999',
  'mosquitto_pub -t a -m x -f y',
  'mosquitto_pub -t a -n --will-payload x',
  'mosquitto_pub -t a -n --will-retain',
  'mosquitto_pub -t a -n --will-qos 3',
  'mosquitto_pub -t a -n --will-topic #',
  'mosquitto_pub -t a -n -P x',
  'mosquitto_pub -t a -n --psk x',
  'mosquitto_pub -t a -n --psk xz --psk-identity y',
  'mosquitto_pub -t a -n --psk x --cafile y',
  'mosquitto_pub -t a -n --cafile /nonexistent/file',
  'mosquitto_pub -t a -n --cafile x --cert y',
  'mosquitto_pub -t a -n --keyform f',
  'mosquitto_pub -t a -n --tls-engine-kpass-sha1 f',
  'mosquitto_pub -t a -n -D publish topic-alias 70000',
  'mosquitto_pub -t a -n -D publish session-expiry-interval 1',
  'mosquitto_pub -t a -n -D puback reason-string x',
  'mosquitto_pub -t a -n -D publish topic-alias 2 -D publish topic-alias 3',
  'mosquitto_pub -t a -n -D publish',
  'mosquitto_pub -t a -n -D publish topic-alias 0',
  'mosquitto_pub -t a -n -D publish subscription-identifier 1',
  'mosquitto_sub -t a -D connect receive-maximum 0',
  'mosquitto_sub -t a -D connect maximum-packet-size 0 --psk x',
  'mosquitto_rr -t a -n -e b -D connect request-problem-information 2',
  'mosquitto_pub -t a -n -D publish user-property x',
  'mosquitto_rr -t a -n -e b -D publish response-topic c',
  'mosquitto_pub -t a -n -i',
  'mosquitto_pub -t a -n -i x -I y',
  'mosquitto_pub -t a -n -p 70000',
  'mosquitto_pub -t a -n -p -1',
  'mosquitto_pub -t a -n -k 0',
  'mosquitto_pub -t a -n -k 70000',
  'mosquitto_pub -t a -n -M 0',
  'mosquitto_pub -t a -n -M',
  'mosquitto_pub -t a -n -V 7',
  'mosquitto_pub -t a -n --protocol-version',
  'mosquitto_pub -t a -n --repeat 0',
  'mosquitto_pub -t a -n --repeat-delay -1',
  'mosquitto_pub -t a -n --proxy foo',
  'mosquitto_pub -t a -n --proxy socks5h://',
  'mosquitto_pub -t a -n --proxy socks5h://host:99999',
  'mosquitto_pub -L mqtt://127.0.0.1 -n',
  'mosquitto_pub -L mqtt://127.0.0.1/# -n',
  'mosquitto_sub -t a -W 0',
  'mosquitto_sub -t a -C 0',
  'mosquitto_sub -t a --random-filter 0',
];

/** Options that lack their value. */
const LACKING: Readonly<Record<ToolName, string>> = {
  mosquitto_pub:
    '-A -D -f -h -i -I -k -L -m -p -P -q -t -u -V -x --cafile --capath --cert --ciphers --key --keyform --psk ' +
    '--psk-identity --proxy --repeat --repeat-delay --tls-alpn --tls-engine --tls-engine-kpass-sha1 --tls-version ' +
    '--unix --will-payload --will-qos --will-topic',
  mosquitto_sub: '-A -C -F -h -t -T -U -W --random-filter',
  mosquitto_rr: '-e -F -W -f -m',
};

/** `ID` stands for an identifier that nobody else has. */
const me = '-h 127.0.0.1 -p P -i ID';

/** Conversations with the broker. */
const CASES: readonly Case[] = [
  { call: `mosquitto_pub ${me} -t a -m hi -d` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -q 1` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -q 2 -V 5` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -q 1 -V 31` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -q 1 --repeat 3` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -q 2 --repeat 2 --repeat-delay 0.01` },
  { call: `mosquitto_pub ${me} -t a -n -d --repeat 3` },
  { call: `mosquitto_pub ${me} -t a -m hi -d -c` },
  { call: `mosquitto_pub ${me} -t a -f ${files.payload} -d` },
  { call: `mosquitto_pub ${me} -t a -f ${files.empty} -d` },
  { call: `mosquitto_pub ${me} -t a -f ${files.missing}`, stderr: /Error loading input file ".*"\.\n$/ },
  { call: `mosquitto_pub ${me} -t a -s -d`, stdin: 'all\nof it' },
  { call: `mosquitto_pub ${me} -t a -s`, stdin: '' },
  { call: `mosquitto_pub ${me} -t a -l -d`, stdin: '' },
  { call: ['mosquitto_pub', ...me.split(' '), '-t', '', '-m', 'x'] },
  { call: `mosquitto_pub ${me} -t a -m x -L mqtt://127.0.0.1:P/b -d` },
  { call: `mosquitto_pub ${me} -t a -m x -d --will-topic w --will-payload p --will-qos 1` },
  { call: `mosquitto_pub -h 127.0.0.1 -p 1 -t a -m x` },
  { call: `mosquitto_pub --unix /nonexistent/socket -t a -m x` },
  { call: `mosquitto_pub -p P -h 127.0.0.1 -t a -m x -A 192.0.2.1` },
  { call: ['mosquitto_pub', '-i', '', '-t', 'a', '-m', 'x'] },
  { call: ['mosquitto_sub', '-i', '', '-t', 'a'] },
  { call: ['mosquitto_rr', '-i', '', '-t', 'a', '-e', 'b', '-m', 'x'] },
  { call: ['mosquitto_pub', '-h', '', '-p', '1', '-t', 'a', '-m', 'x'] },
  { call: `mosquitto_pub -L mqtt:///a -m x` },
  { call: `mosquitto_pub -h 127.0.0.1 -p 1 -t a -m x --tls-engine foo` },
  { call: `mosquitto_pub -h 127.0.0.1 -p 1 -t a -m x --tls-version tlsv1.9` },
  { call: `mosquitto_pub -h 127.0.0.1 -p 1 -t a -m x --keyform foo --cert a --key b` },
  { call: `mosquitto_pub -h 127.0.0.1 -p 1 -t a -m x --psk abc --psk-identity me` },
  { call: `mosquitto_sub ${me} -t retained/text -C 1` },
  { call: `mosquitto_sub ${me} -t retained/text -C 1 -v` },
  { call: `mosquitto_sub ${me} -t retained/text -C 1 -v -N` },
  { call: `mosquitto_sub ${me} -t retained/bytes -C 1 -N` },
  { call: `mosquitto_sub ${me} -t retained/text -t nothing/# -U c -d -E -q 1` },
  { call: `mosquitto_sub ${me} -t retained/text -d -C 1 -q 1 -V 5` },
  { call: `mosquitto_sub ${me} -t retained/text -d -C 1 -q 2` },
  { call: `mosquitto_sub ${me} -t retained/text -C 1 -R -W 1` },
  { call: `mosquitto_sub ${me} -t retained/# -T retained/bytes -T retained/none -C 1 -v` },
  { call: `mosquitto_sub ${me} -t nothing -W 1 --quiet` },
  { call: `mosquitto_sub ${me} -t retained/text --retained-only -C 1` },
  { call: `mosquitto_rr ${me} -t echo/1 -e echo/1 -m ping` },
  { call: `mosquitto_rr ${me} -t echo/2 -e echo/2 -m ping -v -q 2 -V 311` },
  { call: `mosquitto_rr ${me} -t echo/3 -e echo/3 -n -v` },
  { call: `mosquitto_rr ${me} -t echo/4 -e echo/4 -m ping -F %t:%R:%p` },
  { call: `mosquitto_rr ${me} -t echo/5 -e silence -m ping -W 1` },
];

/** Formats that both know, with messages of either kind. */
const FORMATS = [
  '%p %10p| %-10p| %010p| %2p| %.2p|',
  '%t %15t| %-15t| %.2t| %10.2t| %.0t|',
  '%l %5l| %05l| %-5l| %.3l|',
  '%m %05m %q %r',
  '%x %X',
  '%C %20C| %-20C| %.4C|',
  '%D| %R %10R| %.1R|',
  '%E| %F %5F| %05F| %A| %5A| %S| %5S|',
  '%P|%20P|',
  '%% \\\\ \\0 \\a \\e \\n \\r \\t \\v @@ plain text äöü',
  '@Y @j',
];

/** What is published before, retained. */
const RETAINED: readonly string[] = [
  '-t retained/text -m hello',
  '-t retained/bytes -s',
  '-t retained/full -m full -V 5 -q 1 -D publish content-type text/plain -D publish response-topic r/t ' +
    '-D publish correlation-data abc -D publish payload-format-indicator 1 ' +
    '-D publish user-property k v -D publish user-property k2 ö',
];

/** That of `-s`. */
const BYTES = Uint8Array.of(0, 255, 10, 13, 128);

let clients = 0;

async function both(
  { call, stderr, ...options }: Case,
  port: number,
): Promise<{ readonly ours: Outcome; readonly theirs: Outcome }> {
  const words = typeof call === 'string' ? call.split(' ') : call;
  const id = `client${++clients}`;
  const [name, ...args] = words.map((word) =>
    word.replace(/(^|:)P(?=$|\/)/, `$1${port}`).replace(/^ID$/, id),
  );
  const theirs = await runTheirs(name as ToolName, args, options);
  const ours = await runOurs(name as ToolName, args, options);
  if (stderr !== undefined) {
    assert.match(theirs.stderr, stderr);
    assert.match(ours.stderr, stderr);
  }
  return { ours, theirs };
}

function same({ ours, theirs }: Awaited<ReturnType<typeof both>>, ignoresErrors = false): void {
  assert.equal(ours.stdout.toString('latin1'), theirs.stdout.toString('latin1'));
  assert.equal(ours.code, theirs.code);
  if (!ignoresErrors) assert.equal(ours.stderr, theirs.stderr);
}

/** Texts that 2.1 has changed since Debian's 2.0.11: ours are those of 2.1. */
function in21(stderr: string): string {
  return stderr
    .replace('topic to subscribe to.', 'topic to subscribe to (-t) or unsubscribe from (-U).')
    .replace('unsupported URL scheme', 'Unsupported URL scheme');
}

describe('command lines that are wrong', { concurrency: 4 }, () => {
  const lacking = Object.entries(LACKING).flatMap(([tool, options]) =>
    options.split(' ').map((option) => `${tool} ${option}`),
  );
  for (const call of [...WRONG, ...lacking]) {
    testWithMosquitto(call, async () => {
      const { ours, theirs } = await both({ call }, 1);
      assert.equal(ours.stderr, in21(theirs.stderr));
      assert.equal(ours.code, theirs.code);
      assert.equal(ours.stdout.length > 0, theirs.stdout.length > 0);
    });
  }
});

const brokers = [
  ['at Zanzara', () => startZanzara('')],
  ['at mosquitto', () => startMosquitto('')],
] as const;

for (const [where, start] of brokers) {
  describe(where, { concurrency: 6 }, () => {
    let broker: Running | undefined;
    const port = (): number => broker?.port ?? 0;

    before(async () => {
      broker = await start();
      for (const words of RETAINED) {
        const args = `-h 127.0.0.1 -p ${port()} -r ${words}`.split(' ');
        const { code } = await runOurs('mosquitto_pub', args, { stdin: BYTES });
        assert.equal(code, 0);
      }
    });
    after(() => broker?.[Symbol.asyncDispose]());

    for (const one of CASES) {
      const name = typeof one.call === 'string' ? one.call : one.call.join(' ');
      testWithMosquitto(name.replaceAll(scratch.path, ''), async () => {
        same(await both(one, port()), one.stderr !== undefined);
      });
    }

    for (const format of FORMATS) {
      testWithMosquitto(`-F '${format}'`, async () => {
        for (const topic of ['retained/text', 'retained/full']) {
          const call = ['mosquitto_sub', ...me.split(' '), '-t', topic, '-C', '1', '-q', '1', '-V', '5'];
          same(await both({ call: [...call, '-F', format] }, port()));
        }
      });
    }
  });
}

after(() => scratch[Symbol.dispose]());
