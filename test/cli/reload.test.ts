/** SIGHUP: all of a file that is right, nothing of one that is wrong. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canConnect, connectTo, freePort, startZanzara } from './program.ts';
import type { Running } from './program.ts';

/** Writes the configuration anew, below the same listener, and tells the broker. */
function reload({ file, listener, program }: Running, config: string): void {
  writeFileSync(file, `${listener}${config}\n`);
  program.signal('SIGHUP');
}

/** What a new client is told of the limits. */
async function limitsOf({
  port,
}: Running): Promise<{ keepAlive: number | undefined; qos: number | undefined }> {
  const client = await connectTo(port, { version: 5, keepAlive: 3600 });
  const { serverKeepAlive: keepAlive, maximumQoS: qos } = client.connack!.properties;
  await client.disconnect();
  return { keepAlive, qos };
}

describe('SIGHUP', { concurrency: 6 }, () => {
  test('a good file is in force for the next client', async () => {
    await using broker = await startZanzara('max_keepalive 100\nlog_type error');
    assert.deepEqual(await limitsOf(broker), { keepAlive: 100, qos: undefined });
    assert.equal(broker.program.stderr.includes('CONNACK'), false);
    reload(broker, 'max_qos 1\nmax_keepalive 200\nlog_type all');
    assert.deepEqual(await limitsOf(broker), { keepAlive: 200, qos: 1 });
    await broker.program.until(/: Sending CONNACK to \S+ \(0, 0\)$/m);
    reload(broker, '');
    assert.deepEqual(await limitsOf(broker), { keepAlive: undefined, qos: undefined });
  });

  test('a good file is in force for the clients that are there, who stay connected', async () => {
    await using broker = await startZanzara('log_type information');
    const client = await connectTo(broker.port, { clientId: 'me' });
    await client.subscribe('t', 1);
    reload(broker, 'message_size_limit 10\nlog_type all\nlog_timestamp false');
    await broker.program.until('Reloading config.');
    await client.publish('t', 'more than ten bytes', { qos: 1 });
    await client.expectNothing();
    await broker.program.until("\nDropped too large PUBLISH from me (d0, q1, r0, m2, 't', ... (19 bytes))\n");
    client.send(client.p.publish('t', 'ten bytes.'));
    await client.receive('t', 'ten bytes.');
    await client.disconnect();
  });

  test('sessions, subscriptions and retained messages live through it', async () => {
    await using broker = await startZanzara('');
    const sleeper = await connectTo(broker.port, { clientId: 'sleeper', clean: false });
    await sleeper.subscribe('t/#', 1);
    await sleeper.disconnect();
    const other = await connectTo(broker.port, { clientId: 'other' });
    await other.publish('t/kept', 'retained', { qos: 1, retain: true });
    reload(broker, 'max_queued_messages 50');
    await broker.program.until('Reloading config.');
    await other.publish('t/queued', 'after', { qos: 1 });
    await other.subscribe('t/kept', 1);
    await other.receive('t/kept', 'retained', { retain: true });
    await other.disconnect();
    const back = await connectTo(broker.port, { clientId: 'sleeper', clean: false });
    assert.equal(back.connack?.sessionPresent, true);
    await back.receive('t/kept', 'retained', { retain: false });
    await back.receive('t/queued', 'after');
    back.drop();
  });

  test('a bad file changes nothing, and the log says what is wrong with it and where', async () => {
    await using broker = await startZanzara('max_keepalive 100');
    const { file, program } = broker;
    reload(broker, 'max_keepalive 200\nlog_type none\nmax_qos 9');
    await program.until(`Error found at ${file}:5.`);
    assert.match(program.stderr, /^\d+: Error: 'max_qos' must be between 0 and 2 inclusive\.$/m);
    await program.until(new RegExp(`^\\d+: ${file}:5: \\S`, 'm'));
    assert.deepEqual(await limitsOf(broker), { keepAlive: 100, qos: undefined });
    await program.until(/: New client connected from /);
    reload(broker, 'max_keepalive 300');
    assert.deepEqual(await limitsOf(broker), { keepAlive: 300, qos: undefined });
  });

  test('a file that asks for what is not there yet changes nothing', async () => {
    await using broker = await startZanzara('max_keepalive 100');
    reload(broker, 'max_keepalive 200\nenable_control_api true');
    await broker.program.until(`Error: 'enable_control_api' needs the control API`);
    await broker.program.until(`Error found at ${broker.file}:4.`);
    assert.deepEqual(await limitsOf(broker), { keepAlive: 100, qos: undefined });
  });

  test('a listener more: refused, with all the rest of the file', async () => {
    await using broker = await startZanzara('max_keepalive 100');
    const { file, program } = broker;
    const port = await freePort();
    reload(broker, `max_keepalive 200\nlistener ${port} 127.0.0.1`);
    await program.until(
      ': Error: It is not currently possible to add/remove listeners when reloading the config file.',
    );
    await program.until(`Error found at ${file}:4.`);
    await program.until(`${file}:4: The listener ${port} 127.0.0.1 is new: restart the broker to open it.`);
    assert.deepEqual(await limitsOf(broker), { keepAlive: 100, qos: undefined });
    assert.equal(await canConnect(port), false);
  });

  test('a file that is gone changes nothing', async () => {
    await using broker = await startZanzara('max_keepalive 100');
    const { file, program } = broker;
    renameSync(file, `${file}.gone`);
    program.signal('SIGHUP');
    await program.until(`Error: Unable to open config file '${file}'.`);
    assert.deepEqual(await limitsOf(broker), { keepAlive: 100, qos: undefined });
  });

  test('what a reload cannot change is named, and the rest is in force', async () => {
    await using broker = await startZanzara('max_keepalive 100');
    reload(broker, 'max_keepalive 200\npid_file /tmp/other.pid');
    await broker.program.until(": Warning: 'pid_file' changed, which a reload cannot bring into force.");
    assert.deepEqual(await limitsOf(broker), { keepAlive: 200, qos: undefined });
  });

  test('without a configuration file it is survived', async () => {
    await using broker = await startZanzara('');
    for (let times = 0; times < 5; times++) broker.program.signal('SIGHUP');
    await (await connectTo(broker.port)).disconnect();
    assert.equal((await broker.program.stop()).code, 0);
  });

  test('a log file that was renamed is left, and another begun under its name', async () => {
    await using broker = await startZanzara('log_dest file z.log\nlog_type all');
    const { port, program, scratch } = broker;
    await (await connectTo(port, { clientId: 'early' })).disconnect();
    renameSync(scratch.at('z.log'), scratch.at('z.log.1'));
    program.signal('SIGHUP');
    await (await connectTo(port, { clientId: 'late' })).disconnect();
    await program.stop();
    const [first, second] = ['z.log.1', 'z.log'].map((name) => readFileSync(scratch.at(name), 'utf8'));
    assert.match(first!, /: Received DISCONNECT from early\n/);
    assert.match(first!, /: Reloading config\.\n$/);
    assert.match(second!, /: Received DISCONNECT from late\n/);
    assert.match(second!, / terminating\n$/);
    assert.doesNotMatch(second!, /early/);
    assert.doesNotMatch(first!, /late/);
  });
});
