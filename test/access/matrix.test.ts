/** Who comes in, and whose messages arrive, for every combination of `per_listener_settings`, anonymous clients, password and ACL files; Debian's mosquitto is the oracle. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { freePort, Program, Scratch, zanzara } from '../cli/program.ts';
import { frame, utf8 } from '../conformance/harness/bytes.ts';
import { BROKER, testWithMosquitto } from '../interop/mosquitto.ts';

/** Of `secret`, made by mosquitto_passwd. */
const PASSWORDS =
  'ada:$7$101$RuPEz8iI9e3S+WjH$5ymTbomOakgxrKk5nj/fMu6DOkADu88JtHmuIKwjs3nGDudlHW0vwAVRuSpKrElnCkgptuL+Jwnz1bVFhzZhPQ==\n';
const RULES = 'topic read t\nuser ada\ntopic t\n';

const CLIENTS: readonly (readonly [username?: string, password?: string])[] = [
  [],
  ['ada', 'secret'],
  ['ada', 'wrong'],
  ['eve', 'x'],
  ['ada'],
];

interface Choice {
  readonly anonymous: boolean | undefined;
  readonly passwords: boolean;
  readonly rules: boolean;
}

const CHOICES: readonly Choice[] = [undefined, true, false].flatMap((anonymous) =>
  [false, true].flatMap((passwords) => [false, true].map((rules) => ({ anonymous, passwords, rules }))),
);

function lines({ anonymous, passwords, rules }: Choice, folder: Scratch): string {
  return [
    anonymous === undefined ? '' : `allow_anonymous ${anonymous}\n`,
    passwords ? `password_file ${folder.at('passwords')}\n` : '',
    rules ? `acl_file ${folder.at('rules')}\n` : '',
  ].join('');
}

/** A configuration of two listeners; with `perListener`, the second has another choice than the first. */
function configOf(choice: Choice, perListener: boolean, ports: readonly number[], folder: Scratch): string {
  const [first, second] = ports.map((port) => `listener ${port} 127.0.0.1\n`);
  if (!perListener) return `user root\n${lines(choice, folder)}${first}${second}`;
  const other = CHOICES[(CHOICES.indexOf(choice) + 5) % CHOICES.length]!;
  return `user root\nper_listener_settings true\n${first}${lines(choice, folder)}${second}${lines(other, folder)}`;
}

/** What becomes of a client: the code of its CONNACK, and whether its own message comes back to it. */
function outcome(port: number, [username, password]: (typeof CLIENTS)[number]): Promise<string> {
  const flags = 2 | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const names = [username, password].flatMap((word) => (word === undefined ? [] : [utf8(word)]));
  const socket = connect(port, '127.0.0.1');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let received = '';
  socket.on('error', reject).on('close', () => resolve(`${received} closed`));
  socket.on('data', (chunk) => {
    received += chunk.toString('hex');
    if (received === '20020000')
      socket.write(
        Buffer.concat([frame(0x82, 0, 1, utf8('t'), 0), frame(0x30, utf8('t'), 0x78), frame(0xc0)]),
      );
    if (!received.endsWith('d000')) return;
    socket.destroy();
    resolve(received.includes('300400017478') ? 'in, and hears itself' : 'in, and hears nothing');
  });
  socket.write(frame(0x10, utf8('MQTT'), 4, flags, 0, 60, utf8('c'), ...names));
  return promise;
}

/** Starts a broker and gives the outcomes of all clients on both listeners. */
async function outcomes(
  command: (file: string) => readonly string[],
  choice: Choice,
  perListener: boolean,
): Promise<readonly string[]> {
  using folder = new Scratch();
  folder.file('passwords', PASSWORDS);
  folder.file('rules', RULES);
  const ports = [await freePort(), await freePort()];
  const file = folder.file('z.conf', configOf(choice, perListener, ports, folder));
  await using program = new Program(command(file), { cwd: folder.path });
  for (const port of ports) await program.listens(port);
  const results: string[] = [];
  for (const [at, port] of ports.entries()) {
    for (const client of CLIENTS)
      results.push(`listener ${at + 1}, ${client.join(':') || 'anonymous'}: ${await outcome(port, client)}`);
  }
  return results;
}

const CASES = [false, true].flatMap((perListener) => CHOICES.map((choice) => ({ perListener, choice })));

/** Brokers of each kind at a time. */
const AT_ONCE = 3;

testWithMosquitto('every combination of security settings means what it means to mosquitto', async () => {
  const cases = CASES.values();
  /** All that can become of a client, so that the comparison is one of something. */
  const kinds = new Set<string>();
  const work = async (): Promise<void> => {
    for (const { perListener, choice } of cases) {
      const [ours, theirs] = await Promise.all([
        outcomes((file) => zanzara('-c', file), choice, perListener),
        outcomes((file) => [BROKER!, '-c', file], choice, perListener),
      ]);
      for (const one of ours) kinds.add(one.slice(one.indexOf(': ') + 2));
      assert.deepEqual(ours, theirs, JSON.stringify({ perListener, ...choice }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual([...kinds].toSorted(), [
    '20020005 closed',
    'in, and hears itself',
    'in, and hears nothing',
  ]);
});
