/** `acl_file` of a process: what the operator reads, and what is in force when a file is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort, run, Scratch, startZanzara, zanzara } from '../cli/program.ts';
import { Guarded } from './guarded.ts';

/** What a start ends with, for a file with these rules. */
async function startWith(scratch: Scratch, acl: string): Promise<{ code: number; lines: readonly string[] }> {
  const file = scratch.file(
    'mosquitto.conf',
    `listener ${await freePort()} 127.0.0.1\nacl_file ${acl}\nlog_timestamp false\n`,
  );
  const { code, stderr } = await run(zanzara('-c', file));
  return { code, lines: stderr.split('\n') };
}

describe('acl_file', { concurrency: 4 }, () => {
  test('a line that means nothing: no start, and the log says which it is', async () => {
    using scratch = new Scratch();
    const acl = scratch.file('acl', 'user bob\n\ntopic raed t/#\n');
    const { code, lines } = await startWith(scratch, acl);
    assert.notEqual(code, 0);
    const at = lines.indexOf(`Error: Invalid topic access type "raed" in acl_file "${acl}".`);
    assert.ok(at >= 0, lines.join('\n'));
    assert.ok(lines.some((line) => line.startsWith(`${acl}:3: It must be read, write, readwrite or deny.`)));
  });

  test('a file that is not there: no start', async () => {
    using scratch = new Scratch();
    const acl = scratch.at('missing');
    const { code, lines } = await startWith(scratch, acl);
    assert.notEqual(code, 0);
    assert.ok(lines.includes(`Error: Unable to open acl_file "${acl}".`), lines.join('\n'));
  });

  test('a file without rules: everything is denied, and the log says so', async () => {
    await using broker = await Guarded.start(startZanzara, '# none yet\n');
    const client = await broker.connect('bob');
    await client.subscribe('#', 1);
    await client.publish('t', 'denied', { qos: 1 });
    await client.expectNothing();
    await broker.tells('Warning: No rules in acl_file "');
  });

  test('a mistake at a reload: the rules that were read before stay in force', async () => {
    const bob = 'user bob\ntopic read #\n';
    await using broker = await Guarded.start(startZanzara, `${bob}user al\ntopic t\n`);
    const [from, to] = [await broker.connect('al'), await broker.connect('bob')];
    await to.subscribe('#', 1);
    await broker.change('topics #\n');
    await broker.tells('Error: Invalid line in acl_file "');
    await from.publish('u', 'denied', { qos: 1 });
    await from.publish('t', 'allowed', { qos: 1 });
    await to.receive('t', 'allowed');
    await broker.change(`${bob}user al\ntopic u\n`);
    await from.publish('t', 'denied', { qos: 1 });
    await from.publish('u', 'allowed', { qos: 1 });
    await to.receive('u', 'allowed');
  });

  test('a publisher is told by MQTT 5 that it may not', async () => {
    await using broker = await Guarded.start(startZanzara, 'user bob\ntopic read t\n');
    const client = await broker.connect('bob', { version: 5 });
    client.send(client.p.publish('t', 'denied', { qos: 1, packetId: 1 }));
    await client.expect({ type: 'puback', packetId: 1, code: 0x87 });
    client.send(client.p.publish('t', 'denied', { qos: 2, packetId: 2 }));
    await client.expect({ type: 'pubrec', packetId: 2, code: 0x87 });
  });

  test('a wildcard as a name: patterns deny, and the log says so once', async () => {
    await using broker = await Guarded.start(startZanzara, 'user al\ntopic #\npattern read t/%u\n');
    const [al, wild] = [await broker.connect('al'), await broker.connect('+', { clientId: 'wild' })];
    await wild.subscribe('#', 1);
    for (const topic of ['t/bob', 't/al']) await al.publish(topic, 'denied', { qos: 1 });
    await wild.expectNothing();
    await broker.tells('ACL denying access to client with dangerous username "+"');
  });
});
