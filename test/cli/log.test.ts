/** Where the log goes and what its lines look like. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { connectTo, freePort, Program, Scratch, startZanzara, zanzara } from './program.ts';
import type { Ended, Running } from './program.ts';

/** A client comes and goes, and the broker ends: what it printed. */
async function visited({ program, port }: Running, clientId = 'guest'): Promise<Ended> {
  const client = await connectTo(port, { clientId });
  await client.subscribe('a/b', 1);
  await client.disconnect();
  return program.stop();
}

/** A line that the visit causes in every log of all types. */
const VISIT = /^\d{10}: Sending SUBACK to guest$/m;

describe('log_dest', { concurrency: 6 }, () => {
  test('stderr is the default', async () => {
    await using broker = await startZanzara('log_type all');
    const { stdout, stderr } = await visited(broker);
    assert.match(stderr, VISIT);
    assert.equal(stdout, '');
  });

  test('stdout', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout');
    const { stdout, stderr } = await visited(broker);
    assert.match(stdout, /^\d{10}: mosquitto version \S+ \(Zanzara \S+\) starting\n/);
    assert.match(stdout, VISIT);
    assert.match(stdout, / terminating\n$/);
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  test('none', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout\nlog_dest none');
    const { stdout, stderr } = await visited(broker);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /starting|guest|terminating/);
  });

  test('several get the same lines', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout\nlog_dest stderr\nlog_dest file z.log');
    const { stdout, stderr } = await visited(broker);
    assert.match(stdout, VISIT);
    assert.equal(stderr.slice(-stdout.length), stdout);
    assert.equal(readFileSync(broker.scratch.at('z.log'), 'utf8'), stdout);
  });

  test('a file is continued, and only its owner may read one that is new', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest file old.log', [], oldLog());
    await visited(broker);
    await using other = await startZanzara('log_type all\nlog_dest file new.log');
    await visited(other);
    const text = readFileSync('/tmp/x', 'utf8');
    assert.match(text, /^the old lines\n\d{10}: mosquitto version/);
    assert.equal(statSync(other.scratch.at('new.log')).mode & 0o777, 0o600);
  });
});
