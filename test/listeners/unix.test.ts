/** Listeners on Unix sockets: the file, who may use it, what stands in its place, and when it goes. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { freePort, Program, run, Scratch, zanzara } from '../cli/program.ts';
import { testWithMosquitto } from '../interop/mosquitto.ts';
import { body, started } from './broker.ts';
import { enter, Visitor } from './visitor.ts';

/** A broker on the socket `z.sock` of a folder. */
async function onPath(scratch: Scratch, lines = ''): ReturnType<typeof started> {
  return started(`listener 0 ${scratch.at('z.sock')}\n${lines}`, { scratch });
}

/** What a start says that fails because of a path. */
async function fault(path: string, scratch: Scratch): Promise<string[]> {
  const { code, stderr } = await run(zanzara('-c', scratch.file('bad.conf', `listener 0 ${path}\n`)));
  assert.equal(code, 1, stderr);
  return body(stderr);
}

/** A file in whose place no socket may come. */
const inUse = (path: string): string[] => [
  `Opening unix listen socket on path ${path}.`,
  'Error binding unix socket: Address already in use',
  `${path} is there already: another program listens on it, or it is a file that is no socket. Stop that program, or choose another path.`,
];

describe('Unix sockets', { concurrency: 4 }, () => {
  test('clients come by the path, which stands for their address', async () => {
    const scratch = new Scratch();
    const path = scratch.at('z.sock');
    await using broker = await onPath(scratch);
    assert.deepEqual(body(broker.program.stderr), [`Opening unix listen socket on path ${path}.`]);
    const file = lstatSync(path);
    assert.ok(file.isSocket());
    assert.equal(file.mode & 0o777, 0o770);
    using client = await enter({ path }, 'here');
    await client.pinged();
    await broker.program.until(`New connection from ${path}:0 on port 0.\n`);
    await broker.program.until(`New client connected from ${path}:0 as here (p4, c1, k60).\n`);
    client.socket.end();
    await broker.program.until(`Client here [${path}:0] disconnected: connection closed by client.\n`);
    await broker.program.stop();
    assert.equal(existsSync(path), false, 'the file goes with the broker');
  });

  testWithMosquitto('mosquitto_sub and mosquitto_pub meet there', async () => {
    const scratch = new Scratch();
    const path = scratch.at('z.sock');
    await using broker = await onPath(scratch, 'log_type all');
    await using sub = new Program(['mosquitto_sub', '--unix', path, '-t', 'a/#', '-C', '1', '-v']);
    await broker.program.until('Sending SUBACK');
    const pub = await run(['mosquitto_pub', '--unix', path, '-t', 'a/b', '-m', 'hello', '-q', '1']);
    assert.equal(pub.code, 0, pub.stderr);
    assert.equal((await sub.result()).stdout, 'a/b hello\n');
  });

  test('a port and a path side by side, each with its own limit', async () => {
    const scratch = new Scratch();
    const path = scratch.at('z.sock');
    const port = await freePort();
    const lines = `max_connections 2\nlistener ${port} 127.0.0.1\nmax_connections 1`;
    await using broker = await onPath(scratch, lines);
    using one = await enter({ path }, 'one');
    using two = await enter({ path }, 'two');
    using three = await Visitor.open({ path });
    await three.closed();
    await broker.program.until(`Client connection from ${path} denied: max_connections exceeded.\n`);
    using four = await enter({ port, host: '127.0.0.1' }, 'four');
    using five = await Visitor.open({ port, host: '127.0.0.1' });
    await five.closed();
    await broker.program.until('Client connection from 127.0.0.1 denied: max_connections exceeded.\n');
    for (const client of [one, two, four]) await client.pinged();
    one.socket.end();
    await broker.program.until('Client one [');
    using six = await enter({ path }, 'six');
    await six.pinged();
  });

  test('a socket that a dead broker left is replaced', async () => {
    const scratch = new Scratch();
    const path = scratch.at('z.sock');
    const first = await onPath(scratch);
    first.program.signal('SIGKILL');
    await first.program.ended;
    assert.ok(lstatSync(path).isSocket(), 'it could not clean up');
    await using second = await onPath(scratch);
    using client = await enter({ path }, 'here');
    await client.pinged();
    assert.ok(second.program.pid > 0);
  });

  test('a socket on which somebody listens stays theirs', async () => {
    const scratch = new Scratch();
    const path = scratch.at('z.sock');
    await using first = await onPath(scratch);
    assert.deepEqual(await fault(path, scratch), inUse(path));
    using client = await enter({ path }, 'here');
    await client.pinged();
    assert.ok(first.program.pid > 0);
  });

  test('what is no socket is never deleted: a file, a directory, a link', async () => {
    using scratch = new Scratch();
    const file = scratch.file('precious', 'data');
    assert.deepEqual(await fault(file, scratch), inUse(file));
    assert.equal(readFileSync(file, 'utf8'), 'data');
    const directory = scratch.at('folder');
    mkdirSync(directory);
    assert.deepEqual(await fault(directory, scratch), inUse(directory));
    const link = scratch.at('link');
    symlinkSync(file, link);
    assert.deepEqual(await fault(link, scratch), inUse(link));
    assert.ok(lstatSync(link).isSymbolicLink());
  });

  test('a folder that is not there, one that may not be written, a path that is too long', async () => {
    using scratch = new Scratch();
    const missing = scratch.at('no/z.sock');
    assert.deepEqual(await fault(missing, scratch), [
      `Opening unix listen socket on path ${missing}.`,
      'Error binding unix socket: No such file or directory',
    ]);
    const shut = scratch.at('shut');
    mkdirSync(shut);
    chmodSync(shut, 0o555); // of the one who runs the test; a broker started as root is somebody else by then
    assert.deepEqual(await fault(`${shut}/z.sock`, scratch), [
      `Opening unix listen socket on path ${shut}/z.sock.`,
      'Error binding unix socket: Permission denied',
    ]);
    const long = scratch.at('x'.repeat(108));
    assert.deepEqual(await fault(long, scratch), [`Error: Path to unix socket is too long "${long}".`]);
  });
});
