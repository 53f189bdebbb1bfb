/** `zanzara bench` against Zanzara and Debian's mosquitto: what it counts, prints and ends with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { testWithOpenssl } from '../tls/authority.ts';
import { openTls, stage, trusting } from '../tls/stage.ts';
import { freePort, Program, run, startZanzara, zanzara } from './program.ts';
import type { Ended, Running } from './program.ts';

interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

type Figures = Readonly<Record<string, string | number | boolean | Times>>;

const BROKERS = [
  { name: 'zanzara', start: startZanzara, declare: test },
  { name: 'mosquitto', start: startMosquitto, declare: testWithMosquitto },
] as const;

const HEAD = ['scenario', 'host', 'port', 'tls', 'seconds', 'interrupted'];
const MESSAGES = [
  ...HEAD,
  'publishers',
  'subscribers',
  'qos',
  'payloadBytes',
  'ratePerPublisher',
  'inflight',
  'sent',
  'received',
  'lost',
  'skipped',
  'sentPerSecond',
  'receivedPerSecond',
  'latencyMilliseconds',
];
const CONNECTS = [
  ...HEAD,
  'clients',
  'ratePerClient',
  'connections',
  'connectionsPerSecond',
  'connectMilliseconds',
];

/** Runs it to its end. */
function load(port: number, ...args: readonly string[]): Promise<Ended> {
  return run(zanzara('bench', '-h', '127.0.0.1', '-p', String(port), ...args));
}

/** Runs it for a moment, and gives what its JSON says. */
async function figures({ port }: Running, ...args: readonly string[]): Promise<Figures> {
  const { code, stdout, stderr } = await load(port, '--json', '--duration', '0.1', ...args);
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout) as Figures;
}

function assertTimes(times: Figures[string] | undefined): void {
  const { count, p50, p90, p99, max } = times as Times;
  assert.ok(count > 0);
  assert.ok(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max, JSON.stringify(times));
}

/** How many deliveries one message becomes, with the arguments of the test. */
const SCENARIOS: readonly (readonly [name: string, deliveries: number, args: readonly string[]])[] = [
  ['p2p', 1, ['--clients', '3']],
  ['p2p', 1, ['--clients', '2', '--qos', '1']],
  ['p2p', 1, ['--clients', '2', '--qos', '2', '--rate', '50']],
  ['p2p', 1, ['--clients', '1', '--size', '50000']],
  ['fanout', 4, ['--subscribers', '4', '--rate', '20']],
  ['fanin', 1, ['--clients', '5', '--inflight', '7']],
  ['sharedsub', 1, ['--publishers', '2', '--subscribers', '3']],
];

for (const { name, start, declare } of BROKERS) {
  void declare(`${name}: every message of every scenario is counted`, async () => {
    await using broker = await start('');
    for (const [scenario, deliveries, args] of SCENARIOS) {
      const told = await figures(broker, scenario, ...args);
      assert.deepEqual(Object.keys(told), MESSAGES);
      assert.deepEqual([told.scenario, told.port, told.interrupted], [scenario, broker.port, false]);
      assert.ok((told.sent as number) > 0);
      assert.equal(told.received, (told.sent as number) * deliveries);
      assert.equal(told.lost, 0);
      assertTimes(told.latencyMilliseconds);
    }
  });

  void declare(`${name}: clients that come and go are counted`, async () => {
    await using broker = await start('');
    const told = await figures(broker, '--scenario', 'conn', '--clients', '4');
    assert.deepEqual(Object.keys(told), CONNECTS);
    assert.equal(told.clients, 4);
    assert.ok((told.connections as number) > 0);
    assertTimes(told.connectMilliseconds);
  });
}

test('without a terminal a figure stands on a line, and no live rates', async () => {
  await using broker = await startZanzara('');
  const { code, stdout, stderr } = await load(broker.port, 'p2p', '--duration', '0.2', '--clients', '1');
  assert.deepEqual([code, stderr], [0, '']);
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/: .*/, ''));
  const times = ['count', 'p50', 'p90', 'p99', 'max'].map((name) => `latencyMilliseconds.${name}`);
  assert.deepEqual(names, [...MESSAGES.slice(0, -1), ...times]);
});

test('Ctrl-C ends it early, with what has come', async () => {
  await using broker = await startZanzara('log_type all');
  const port = String(broker.port);
  await using bench = new Program(
    zanzara('bench', 'p2p', '-p', port, '--clients', '1', '--rate', '100', '--json'),
  );
  await broker.program.until(/Received PUBLISH from zb[0-9a-f]{6}-p0 /);
  const { code, stdout } = await bench.stop('SIGINT');
  const told = JSON.parse(stdout) as Figures;
  assert.deepEqual([code, told.interrupted, told.lost], [0, true, 0]);
  assert.equal(told.received, told.sent);
});

test('nobody listens: host, port, reason and what to do', async () => {
  const port = await freePort();
  const { code, stdout, stderr } = await load(port, 'p2p');
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(
    stderr,
    `Error: Cannot reach 127.0.0.1:${port}: Connection refused. ` +
      'Start the broker, or say where it is with --host and --port.\n',
  );
});

test('a client is not let in', async () => {
  await using broker = await startZanzara('allow_anonymous false');
  for (const args of [['p2p'], ['conn'], ['fanin', '-u', 'someone', '-P', 'secret']]) {
    const { code, stdout, stderr } = await load(broker.port, ...args);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^Error: 127\.0\.0\.1:\d+ refuses the connection: .* -u and -P, /);
  }
});

test('nothing may be published: all is lost, and that is said', async () => {
  await using broker = await startZanzara('');
  broker.scratch.file('acl', 'topic read zanzara-bench/#\n');
  broker.scratch.file('mosquitto.conf', `${broker.listener}acl_file ${broker.scratch.at('acl')}\n`);
  broker.program.signal('SIGHUP');
  await broker.program.until('Reloading config');
  const { code, stdout, stderr } = await load(
    broker.port,
    'fanin',
    '--clients',
    '2',
    '--duration',
    '0.2',
    '--json',
  );
  const told = JSON.parse(stdout) as Figures;
  assert.ok((told.lost as number) > 0);
  assert.deepEqual([code, told.received, told.lost], [1, 0, told.sent]);
  assert.match(stderr, /delivers nothing: no message came\. .* zanzara-bench\/#\.\n$/);
});

test('the broker goes away: what came so far, and that it went', async () => {
  await using broker = await startZanzara('log_type all');
  const port = String(broker.port);
  await using bench = new Program(
    zanzara('bench', 'p2p', '-p', port, '--clients', '1', '--rate', '100', '--json'),
  );
  await broker.program.until(/Received PUBLISH from zb[0-9a-f]{6}-p0 /);
  await broker.program.stop('SIGKILL');
  const { code, stdout, stderr } = await bench.result();
  assert.deepEqual([code, (JSON.parse(stdout) as Figures).interrupted], [1, true]);
  assert.match(stderr, /^Error: localhost:\d+ is lost: /);
});

testWithOpenssl('over TLS, and against a certificate that is not trusted', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const args = ['bench', 'p2p', '--duration', '0.2', '--json', '--clients', '2'];
  const { code, stdout, stderr } = await run(zanzara(...args, ...trusting(on)));
  assert.deepEqual([code, stderr], [0, '']);
  const told = JSON.parse(stdout) as Figures;
  assert.deepEqual([told.tls, told.received], [true, told.sent]);
  const doubtful = await run(zanzara(...args, '-p', String(on.port), '--tls'));
  assert.equal(doubtful.code, 1);
  assert.match(doubtful.stderr, /^Error: localhost:\d+ is not trusted: .* --cafile/);
  await broker.program.until(/ negotiated TLSv1\.3 /);
});

test('a command line that is wrong, and the help', async () => {
  const wrong: readonly (readonly [problem: RegExp, ...args: string[]])[] = [
    [/^Error: Which scenario\? One of p2p, fanout, fanin, sharedsub, conn\./],
    [/^Error: Unknown scenario 'fanot'\. Did you mean 'fanout'\?/, 'fanot'],
    [/^Error: One scenario at a time: 'p2p' or 'fanin'\./, 'p2p', 'fanin'],
    [/^Error: Unknown option '--durtion'\. Did you mean '--duration'\?/, '--durtion', '1'],
    [/^Error: --size is a whole number from 8 to 1048576, not '7'\./, 'p2p', '--size', '7'],
    [/^Error: --rate lacks its value N\./, 'p2p', '--rate'],
    [/^Error: The scenario conn has no messages: --qos is of no use/, 'conn', '--qos', '1'],
    [/^Error: p2p has as many publishers as subscribers\./, 'p2p', '--publishers', '1', '--subscribers', '2'],
    [/^Error: Either --clients, or --publishers/, 'fanin', '--publishers', '1', '--clients', '2'],
    [/^Error: At QoS 0 a rate is kept/, 'fanin', '--rate', '1', '--inflight', '2'],
    [/take too much memory/, 'fanin', '--publishers', '20000', '--size', '100000'],
  ];
  for (const [problem, ...args] of wrong) {
    const { code, stdout, stderr } = await run(zanzara('bench', ...args));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, problem);
    assert.match(stderr, /Use 'zanzara bench --help' to see usage\.\n$/);
  }
  const help = await run(zanzara('bench', '--help'));
  assert.deepEqual([help.code, help.stderr], [0, '']);
  for (const word of ['sharedsub', '--inflight', '--cafile']) assert.ok(help.stdout.includes(word));
});
