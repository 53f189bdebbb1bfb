/** The broker as a process: where it listens, what it is called, what it leaves behind, how it ends. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VERSION } from '../../src/server/version.ts';
import {
  canConnect,
  connectTo,
  ENTRY,
  freePort,
  Program,
  run,
  Scratch,
  startZanzara,
  zanzara,
} from './program.ts';

/** An address of this machine that other machines can reach, if it has one. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

/** Does this machine have ::1? */
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

const onLinux = process.platform === 'linux' ? false : 'reads /proc';

/** How the welcome names the addresses of a port. */
function placesOf(port: number): string {
  return hasIpv6 ? `127.0.0.1:${port} and [::1]:${port}` : `127.0.0.1:${port}`;
}

describe('the broker', { concurrency: 6 }, () => {
  test('without a configuration it listens on 127.0.0.1 and ::1 only, on every -p', async () => {
    const [first, second] = [await freePort(), await freePort()];
    await using program = new Program(zanzara('-p', `${first}`, '--port', `${second}`));
    await program.until(/ running$/m);
    for (const port of [first, second]) {
      assert.ok(await canConnect(port, '127.0.0.1'));
      assert.equal(await canConnect(port, '::1'), hasIpv6);
      if (outside !== undefined) assert.equal(await canConnect(port, outside), false);
    }
    assert.match(program.stderr, / Starting in local only mode\. Connections will only be possible from/);
    const places = `${placesOf(first)} and ${placesOf(second)}`;
    await program.until(
      `\nZanzara ${VERSION} listens on ${places}, for clients on this machine.\n`,
      'stdout',
    );
    await program.until(`mosquitto_sub -p ${first} -t 'hello/#' -v\n`, 'stdout');
    const client = await connectTo(first, { version: 5 });
    await client.subscribe('hello/#');
    client.send(client.p.publish('hello/world', 'it works'));
    await client.receive('hello/world', 'it works');
    client.drop();
  });

  test('-p does not count when the configuration has a listener', async () => {
    const other = await freePort();
    await using broker = await startZanzara('', ['-p', `${other}`]);
    assert.equal(await canConnect(other), false);
    const { stdout, stderr } = await broker.program.stop();
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /local only/);
  });

  test('-p counts when the configuration has none', async () => {
    using scratch = new Scratch();
    const port = await freePort();
    const file = scratch.file('z.conf', 'max_keepalive 100\r\n\r\n# CRLF\r\n');
    await using program = new Program(zanzara('-c', file, '-p', `${port}`));
    await program.listens(port);
    const client = await connectTo(port, { version: 5, keepAlive: 200 });
    assert.equal(client.connack?.properties.serverKeepAlive, 100);
    client.drop();
  });

  test('without a host a listener is open to all addresses', async () => {
    using scratch = new Scratch();
    const port = await freePort();
    await using program = new Program(zanzara('-c', scratch.file('z.conf', `listener ${port}\n`)));
    await program.until(/ running$/m);
    assert.equal(await canConnect(port, '::1'), hasIpv6);
    if (outside !== undefined) assert.ok(await canConnect(port, outside));
  });

  test('zanzara broker is the same broker', async () => {
    const port = await freePort();
    await using program = new Program(zanzara('broker', '-p', `${port}`));
    await program.listens(port);
    assert.equal((await program.stop()).code, 0);
  });

  test('-v logs everything and -q nothing, whatever the file says', async () => {
    await using loud = await startZanzara('log_type none', ['-v']);
    await using silent = await startZanzara('log_type all', ['-q']);
    await using both = await startZanzara('log_type all', ['-v', '-q']);
    for (const { port } of [loud, silent, both])
      await (await connectTo(port, { clientId: 'me' })).disconnect();
    assert.match((await loud.program.stop()).stderr, /: Sending CONNACK to me \(0, 0\)$/m);
    for (const { program } of [silent, both]) {
      const { stderr, stdout } = await program.stop();
      assert.doesNotMatch(stderr, /starting|running$|New |CONNACK|terminating/m);
      assert.equal(stdout, '');
    }
  });

  test('a port that is taken: exit code 1, and what to do', async () => {
    await using first = await startZanzara('');
    const { code, stderr } = await run(zanzara('-c', first.file));
    assert.equal(code, 1);
    assert.match(stderr, /^\d+: Error: Address already in use$/m);
    assert.match(
      stderr,
      new RegExp(
        `^\\d+: Port ${first.port} is taken, perhaps by another broker. Stop it, or choose another`,
        'm',
      ),
    );
    assert.doesNotMatch(stderr, / running$/m);
  });

  test('in local only mode too, when no address of the port is left', async () => {
    const port = await freePort();
    await using first = new Program(zanzara('-p', `${port}`));
    await first.until(/ running$/m);
    const { code, stdout, stderr } = await run(zanzara('-p', `${port}`));
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /: Error: Unable to start any listening sockets, exiting\.$/m);
  });

  test('the pid file holds the process id while it runs', async () => {
    using scratch = new Scratch();
    const pidFile = scratch.at('z.pid');
    await using broker = await startZanzara(`pid_file ${pidFile}`);
    assert.equal(readFileSync(pidFile, 'utf8'), `${broker.program.pid}`);
    await broker.program.stop();
    assert.equal(existsSync(pidFile), false);
  });

  test('a pid file that cannot be written: exit code 14, nothing starts', async () => {
    using scratch = new Scratch();
    const file = scratch.file('z.conf', `listener ${await freePort()} 127.0.0.1\npid_file /nowhere/z.pid\n`);
    const { code, stderr } = await run(zanzara('-c', file));
    assert.equal(code, 14);
    assert.match(stderr, /^\d+: Error: Unable to write pid file\. /m);
    assert.doesNotMatch(stderr, /Opening/);
  });

  test('-d runs in the background, under its name; the pid file says which process to end', async () => {
    using scratch = new Scratch();
    symlinkSync(ENTRY, scratch.at('mosquitto'));
    const port = await freePort();
    const [pidFile, log] = [scratch.at('z.pid'), scratch.at('z.log')];
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      `pid_file ${pidFile}`,
      `log_dest file ${log}`,
    ];
    const file = scratch.file('z.conf', lines.join('\n'));
    const { code } = await run([process.execPath, scratch.at('mosquitto'), '-d', '-c', file]);
    assert.equal(code, 0);
    while (!existsSync(log) || !/ running$/m.test(readFileSync(log, 'utf8'))) await sleep(20);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    try {
      await (await connectTo(port)).disconnect();
      if (onLinux === false) assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'mosquitto\n');
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    while (existsSync(pidFile)) await sleep(20);
    while (!readFileSync(log, 'utf8').endsWith(' terminating\n')) await sleep(20);
  });

  test('-d with a bad configuration says so before it leaves', async () => {
    using scratch = new Scratch();
    const { code, stderr } = await run(zanzara('-d', '-c', scratch.file('z.conf', 'nonsense\n')));
    assert.equal(code, 3);
    assert.match(stderr, /Error: Unknown configuration variable 'nonsense'\./);
  });

  test('the process has the name it was started under', { skip: onLinux }, async () => {
    using scratch = new Scratch();
    symlinkSync(ENTRY, scratch.at('mosquitto'));
    const [port, other] = [await freePort(), await freePort()];
    await using linked = new Program([process.execPath, scratch.at('mosquitto'), '-p', `${port}`]);
    await using plain = new Program(zanzara('-p', `${other}`));
    await Promise.all([linked.listens(port), plain.listens(other)]);
    assert.equal(readFileSync(`/proc/${linked.pid}/comm`, 'utf8'), 'mosquitto\n');
    assert.equal(readFileSync(`/proc/${plain.pid}/comm`, 'utf8'), 'zanzara\n');
    assert.equal(linked.stdout, '', 'mosquitto prints no welcome');
    await plain.until(/^\nZanzara /, 'stdout');
  });

  test('standard output that nobody reads does not hold it up', async () => {
    await using broker = await startZanzara('log_type all\nlog_dest stdout', [], { isUnread: true });
    const client = await connectTo(broker.port);
    const topic = 'long/enough/to/fill/every/buffer/on/the/way/'.repeat(4);
    for (let at = 0; at < 5000; at++) client.send(client.p.publish(topic, `${at}`)); // more than 1 MB of log
    await client.expectNothing();
    await client.disconnect();
    assert.equal((await broker.program.stop()).code, 0);
  });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: 5.0 clients are told, wills are published, exit code 0`, async () => {
    await using broker = await startZanzara('');
    const watcher = await connectTo(broker.port, { version: 5, clientId: 'watcher' });
    await watcher.subscribe('will', 1);
    const five = await connectTo(broker.port, {
      version: 5,
      clientId: 'five',
      will: { topic: 'will', payload: '5' },
    });
    const four = await connectTo(broker.port, { version: 4, clientId: 'four' });
    broker.program.signal(signal);
    await five.expectError(0x8b, { ping: false });
    await watcher.receive('will', '5', { qos: 0 });
    await watcher.expectError(0x8b, { ping: false });
    await four.expectClosed({ ping: false });
    const { code, stderr } = await broker.program.result();
    assert.equal(code, 0);
    assert.match(stderr, / terminating\n$/);
    assert.equal(await canConnect(broker.port), false);
  });
}

test('more signals while it ends change nothing', async () => {
  await using broker = await startZanzara('pid_file z.pid\nlog_dest file z.log');
  const slow = await connectTo(broker.port, { version: 5 });
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGTERM'] as const) broker.program.signal(signal);
  await slow.expectError(0x8b, { ping: false });
  const { code } = await broker.program.result();
  assert.equal(code, 0);
  assert.equal(existsSync(broker.scratch.at('z.pid')), false);
  assert.match(readFileSync(broker.scratch.at('z.log'), 'utf8'), / terminating\n$/);
});

test('when nobody reads its output any more it goes on', async () => {
  const port = await freePort();
  await using program = new Program(zanzara('-p', `${port}`));
  program.closeOutput();
  await program.listens(port); // by then it has greeted
  program.signal('SIGUSR2');
  const client = await connectTo(port, { clientId: 'me' });
  await client.subscribe('t');
  program.signal('SIGUSR2');
  await client.expectNothing();
  await client.disconnect();
  assert.equal((await program.stop()).code, 0);
});

test('SIGUSR1 neither ends it nor opens a debugger', async () => {
  await using broker = await startZanzara('');
  broker.program.signal('SIGUSR1');
  const client = await connectTo(broker.port);
  await client.disconnect();
  const { code, stderr } = await broker.program.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /debugger/i);
});
