/** Where the log goes, and what its lines look like. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { connectTo, Program, Scratch, startZanzara } from './program.ts';
import type { Ended, Running } from './program.ts';

/** A client comes, subscribes and goes. */
async function visit(port: number): Promise<void> {
  const client = await connectTo(port, { clientId: 'guest' });
  await client.subscribe('a/b', 1);
  client.send(client.p.unsubscribe(9, ['a/b']));
  await client.expect({ type: 'unsuback' });
  await client.disconnect();
}

/** What the broker printed when a client came and went, and then the broker ended. */
async function logOf({ program, port }: Running): Promise<Ended> {
  await visit(port);
  return program.stop();
}

/** A line that the visit causes in a log of all types. */
const VISIT = /^\d{10}: Sending SUBACK to guest$/m;

const FIRST = /^\d{10}: mosquitto version \S+ \(Zanzara \S+\) starting\n/;

describe('log_dest', { concurrency: 6 }, () => {
  test('stderr is the default', async () => {
    await using broker = await startZanzara('log_type all');
    const { stdout, stderr } = await logOf(broker);
    assert.match(stderr, VISIT);
    assert.equal(stdout, '');
  });

  test('stdout', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout');
    const { stdout, stderr } = await logOf(broker);
    assert.match(stdout, FIRST);
    assert.match(stdout, VISIT);
    assert.match(stdout, / terminating\n$/);
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  test('none', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout\nlog_dest none');
    const { stdout, stderr } = await logOf(broker);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  test('several get the same lines', async () => {
    const config = 'log_type all\nlog_dest stdout\nlog_dest stderr\nlog_dest file z.log';
    await using broker = await startZanzara(config);
    const { stdout, stderr } = await logOf(broker);
    assert.match(stdout, VISIT);
    assert.equal(stderr.slice(-stdout.length), stdout);
    assert.equal(readFileSync(broker.scratch.at('z.log'), 'utf8'), stdout);
  });

  test('a file is continued; one that is new is for its owner alone', async () => {
    using scratch = new Scratch();
    const old = scratch.file('old.log', 'the old line\n');
    chmodSync(old, 0o666);
    await using broker = await startZanzara(`log_type all\nlog_dest file ${old}`);
    await using other = await startZanzara('log_type all\nlog_dest file new.log');
    const { stdout, stderr } = await logOf(broker);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
    const [first, rest = ''] = readFileSync(old, 'utf8').split(/(?<=^the old line\n)/);
    assert.equal(first, 'the old line\n');
    assert.match(rest, FIRST);
    assert.match(rest, VISIT);
    assert.equal(statSync(other.scratch.at('new.log')).mode & 0o777, 0o600);
  });

  test('a file that cannot be opened leaves the errors on stderr', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest file /nowhere/z.log');
    const { stdout, stderr } = await logOf(broker);
    assert.equal(stdout, '');
    assert.match(stderr, /^\d{10}: Error: Unable to open log file \/nowhere\/z\.log for writing\.$/m);
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  test('a file that is a symbolic link is not followed, unless that is allowed', async () => {
    using scratch = new Scratch();
    chmodSync(scratch.file('target.log', ''), 0o666);
    symlinkSync('target.log', scratch.at('z.log'));
    const config = `log_dest file ${scratch.at('z.log')}`;
    await using broker = await startZanzara(config);
    await using other = await startZanzara(config, [], { env: { MOSQUITTO_UNSAFE_ALLOW_SYMLINKS: '1' } });
    await broker.program.until(/: Error: Unable to open log file \S+ for writing\.$/m);
    const { stderr } = await other.program.stop();
    assert.doesNotMatch(stderr, /Unable/);
    assert.match(readFileSync(scratch.at('target.log'), 'utf8'), FIRST);
  });

  test('syslog: lines and their severities reach logger', async () => {
    using scratch = new Scratch();
    const logger = scratch.file('bin/logger', '#!/bin/sh\necho "$@" > arguments\ncat > lines\ntouch done\n');
    chmodSync(logger, 0o755);
    const env = { PATH: `${scratch.at('bin')}:${process.env['PATH'] ?? ''}` };
    await using broker = await startZanzara('log_type all\nlog_dest syslog\nlog_facility 3', [], { env });
    const { stderr } = await logOf(broker);
    const read = (name: string): string => readFileSync(broker.scratch.at(name), 'utf8');
    while (!existsSync(broker.scratch.at('done'))) await sleep(10);
    assert.match(read('arguments'), new RegExp(`--tag=mosquitto --id=${broker.program.pid} `));
    assert.match(read('lines'), /^<158>\d{10}: mosquitto version \S+ \(Zanzara \S+\) starting\n/);
    assert.match(read('lines'), /^<159>\d{10}: Sending SUBACK to guest$/m);
    assert.match(read('lines'), /^<157>\d{10}: New client connected from .* as guest /m);
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  testWithMosquitto(
    'topic: mosquitto_sub reads the log of all levels, which expires after 20 s',
    async () => {
      await using broker = await startZanzara('log_type all\nlog_dest topic\nlog_dest stderr');
      const { program, port } = broker;
      await using reader = new Program(subscriber(port));
      await reader.until('M/subscribe', 'stdout');
      await visit(port);
      await reader.until(
        /\$SYS\/broker\/log\/N 0 0 20 \d{10}: Client guest \[\S+\] disconnected\.\n/,
        'stdout',
      );
      program.signal('SIGHUP');
      await reader.until(/\$SYS\/broker\/log\/I 0 0 20 \d{10}: Reloading config\.\n/, 'stdout');
      assert.match(reader.stdout, /^\$SYS\/broker\/log\/M\/subscribe 0 0 20 \d{10}: guest 1 a\/b$/m);
      assert.match(reader.stdout, /^\$SYS\/broker\/log\/M\/unsubscribe 0 0 20 \d{10}: guest a\/b$/m);
      assert.match(
        reader.stdout,
        /^\$SYS\/broker\/log\/N 0 0 20 \d{10}: New client connected from .* as guest /m,
      );
      assert.doesNotMatch(reader.stdout, /Sending|Received/, 'debug lines are never published');
      await program.until(VISIT);
    },
  );

  testWithMosquitto('topic: Mosquitto publishes the same visit to the same topics', async () => {
    const config = 'log_type all\nlog_dest topic\nsys_interval 0';
    await using ours = await startZanzara(config);
    await using theirs = await startMosquitto(config);
    const [mine, original] = await Promise.all([ours, theirs].map(publishedBy));
    assert.deepEqual(mine, original);
  });
});

/** Reads the log: topic, QoS, whether retained, seconds until it expires, line. */
function subscriber(port: number): string[] {
  return ['mosquitto_sub', '-p', `${port}`, '-V', '5', '-t', '$SYS/broker/log/#', '-F', '%t %q %r %E %p'];
}

/** The topics to which a broker published what it logged of a visit, in order. */
async function publishedBy({ port }: Running): Promise<string[]> {
  await using reader = new Program(subscriber(port));
  await reader.until('M/subscribe', 'stdout');
  const before = reader.stdout.length;
  await visit(port);
  await reader.until(/Client guest .*disconnected\.\n/, 'stdout');
  const lines = reader.stdout.slice(before).trim().split('\n');
  return lines.map((line) => line.replace(/ \d{10}: .*/, ''));
}

describe('lines', { concurrency: 6 }, () => {
  test('log_timestamp false leaves the time out', async () => {
    await using broker = await startZanzara('log_type all\nlog_timestamp false');
    assert.match((await logOf(broker)).stderr, /^Sending SUBACK to guest$/m);
  });

  test('log_timestamp_format is in the words of strftime, in local time', async () => {
    const config = 'log_type all\nlog_timestamp_format %Y-%m-%dT%H:%M:%S%z';
    await using broker = await startZanzara(config, [], { env: { TZ: 'Asia/Kolkata' } });
    const { stderr } = await logOf(broker);
    const [, time] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0530): Sending SUBACK to guest$/m.exec(stderr) ?? [];
    assert.ok(time !== undefined, stderr);
    const minutes = (Date.now() - Date.parse(time)) / 60_000;
    assert.ok(minutes >= -1 && minutes < 10, time);
  });

  test('log_type names the levels', async () => {
    await using broker = await startZanzara('log_type subscribe\nlog_type unsubscribe\nlog_timestamp false');
    const { stderr } = await logOf(broker);
    assert.match(stderr, /^(?:\d+: .*\n)*guest 1 a\/b\nguest a\/b\n$/);
  });

  test('log_type none is quiet', async () => {
    await using broker = await startZanzara('log_type all\nlog_type none');
    assert.doesNotMatch((await logOf(broker)).stderr, /starting|guest|terminating/);
  });

  test('by default there are no packets', async () => {
    await using broker = await startZanzara('');
    const { stderr } = await logOf(broker);
    assert.match(stderr, /: New client connected from \S+ as guest \(p4, c1, k60\)\.$/m);
    assert.doesNotMatch(stderr, /Sending|Received|guest 1 a\/b/);
  });

  test('connection_messages false leaves out who comes and goes', async () => {
    await using broker = await startZanzara('log_type all\nconnection_messages false');
    const { stderr } = await logOf(broker);
    assert.match(stderr, VISIT);
    assert.doesNotMatch(stderr, /New connection|New client|disconnected/);
  });

  test('json: every line is an object, from the first to the last', async () => {
    const config = 'log_type all\nlog_dialect json\nmessage_size_limit 1000';
    await using broker = await startZanzara(config);
    const { file, program } = broker;
    program.signal('SIGHUP');
    const { stderr } = await logOf(broker);
    const events = stderr
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    const named = (event: string): Record<string, unknown> | undefined =>
      events.find((one) => one['event'] === event);
    for (const { time, level, event } of events) {
      assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(String(level), /^(?:error|warning|notice|information|debug|subscribe|unsubscribe)$/);
      assert.equal(typeof event, 'string');
    }
    assert.equal(named('configLoaded')?.['file'], file);
    assert.match(String(named('configNotice')?.['text']), /max_packet_size/);
    assert.equal(named('reloaded')?.['file'], file);
    assert.equal(events.at(-1)?.['event'], 'terminating');
  });

  test('a client cannot write lines of its own', async () => {
    await using broker = await startZanzara('log_type all');
    const { program, port } = broker;
    await assert.rejects(connectTo(port, { clientId: 'a\n1: Client you disconnected.' }));
    await (await connectTo(port, { clientId: 'a\u20281: Client you disconnected.' })).disconnect();
    const { stderr } = await program.stop();
    assert.doesNotMatch(stderr, /[\n\u2028]1: Client you/);
    assert.match(stderr, / as a\\u20281: Client you disconnected\. \(p4/);
  });
});
