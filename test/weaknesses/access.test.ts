/** Weaknesses that other brokers had in deciding who may do what, tried on a broker process. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Guarded } from '../access/guarded.ts';
import { passwordLine, passwords } from '../abuse/passwords.ts';
import { connectTo, freePort, Program, run, Scratch, startZanzara, zanzara } from '../cli/program.ts';
import { Client } from '../conformance/harness/client.ts';

const PATIENCE_MS = 30_000;

/** The code of the CONNACK that a login is answered with. */
async function login(port: number, username: string | undefined, password = ''): Promise<number> {
  const client = await Client.open(port, 5, '', PATIENCE_MS);
  client.send(client.p.connect({ clientId: 'c', ...(username !== undefined && { username, password }) }));
  const { code } = await client.expect({ type: 'connack' });
  client.drop();
  return code;
}

/** The code that a PUBLISH of an anonymous client is answered with. */
async function answerTo(port: number, topic: string): Promise<number> {
  const client = await connectTo(port, { version: 5, clientId: `c${port}` });
  client.send(client.p.publish(topic, 'x', { qos: 1, packetId: 1 }));
  const { code } = await client.expect({ type: 'puback' });
  client.drop();
  return code;
}

/** An ACL file in which alice may write everything, and bob as it says. */
function rulesOf(bob: string): string {
  return `user alice\ntopic write #\nuser bob\n${bob}\n`;
}

describe('rights', { concurrency: 4 }, () => {
  test('a wildcard as user name or client identifier is no way around patterns', async () => {
    await using broker = await Guarded.start(
      startZanzara,
      'pattern readwrite u/%u/#\npattern readwrite c/%c/#',
    );
    const alice = await broker.connect('alice');
    for (const name of ['+', '#', '+/+', 'a/#', 'alice/+']) {
      const mallory = await broker.connect(name);
      for (const filter of [`u/${name}`, 'u/alice/t', 'u/+/t', 'u/#', 'c/+/t', '#']) {
        const packetId = mallory.nextPacketId();
        mallory.send(mallory.p.subscribe(packetId, [[filter, 0]]));
        await mallory.expect({ type: 'suback', packetId });
      }
      await alice.publish('u/alice/t', 'secret', { qos: 1 });
      await alice.publish('c/alice/t', 'secret', { qos: 1 });
      await mallory.expectNothing();
      await mallory.publish('u/alice/t', 'forged', { retain: true });
      await mallory.disconnect();
    }
    const reader = await broker.connect('alice', { clientId: 'reader' });
    await reader.subscribe('u/alice/#');
    await reader.expectNothing();
  });

  test('an empty file, or one of comments, allows nothing; nor does one without rules for a user', async () => {
    for (const rules of ['', '# nothing\n\n', 'user alice\ntopic t\n']) {
      await using broker = await Guarded.start(startZanzara, rules);
      const bob = await broker.connect('bob', { version: 5 });
      bob.send(bob.p.publish('t', 'x', { qos: 1, packetId: 1 }));
      await bob.expect({ type: 'puback', code: 0x87 });
      await bob.subscribe('t'); // as Mosquitto: granted, and nothing comes
      const alice = await broker.connect('alice');
      await alice.publish('t', 'x', { qos: 1, retain: true });
      await bob.expectNothing();
    }
  });

  test('what was retained is not served when its publisher may not publish it any more: check_retain_source', async () => {
    const both = 'user alice\ntopic write t\nuser bob\ntopic read t\n';
    await using broker = await Guarded.start(startZanzara, both, 'check_retain_source true');
    const alice = await broker.connect('alice');
    await alice.publish('t', 'x', { qos: 1, retain: true });
    const bob = await broker.connect('bob');
    await bob.subscribe('t');
    await bob.receive('t', 'x', { retain: true });
    await broker.change('user bob\ntopic read t\n');
    const late = await broker.connect('bob', { clientId: 'late' });
    await late.subscribe('t');
    await late.expectNothing();
  });

  test('a right that was taken back is gone for subscriptions that are there, kept or queued', async () => {
    await using broker = await Guarded.start(startZanzara, rulesOf('topic read #'));
    const alice = await broker.connect('alice');
    const away = await broker.connect('bob', { clientId: 'away', clean: false });
    await away.subscribe('t', 1);
    await away.disconnect();
    const here = await broker.connect('bob', { clientId: 'here', clean: false });
    await here.subscribe('t', 1);
    await here.subscribe('$share/g/t', 1);
    await alice.publish('t', 'queued', { qos: 1, retain: true });
    await here.receive('t', 'queued');
    await here.receive('t', 'queued');
    await broker.change(rulesOf('topic read other'));
    await alice.publish('t', 'live', { qos: 1 });
    await here.expectNothing();
    const back = await broker.connect('bob', { clientId: 'away', clean: false });
    assert.equal(back.connack?.sessionPresent, true);
    await back.expectNothing();
    await alice.publish('t', 'live again', { qos: 1 });
    await back.expectNothing();
    const will = await broker.connect('alice', { clientId: 'dying', will: { topic: 't', payload: 'will' } });
    will.drop();
    await alice.publish('t', 'after it', { qos: 1 });
    await back.expectNothing();
  });

  test('deny wins, whatever else allows', async () => {
    const rules =
      'topic readwrite #\ntopic deny secret/#\nuser bob\ntopic readwrite #\ntopic deny secret/#\ntopic readwrite secret/x\npattern deny deny/%u\n';
    await using broker = await Guarded.start(startZanzara, rules);
    for (const username of [undefined, 'bob']) {
      const client = await broker.connect(username, { version: 5, clientId: username ?? 'anonymous' });
      for (const topic of ['secret', 'secret/x', 'secret/x/y']) {
        client.send(client.p.publish(topic, 'x', { qos: 1, packetId: 1 }));
        await client.expect({ type: 'puback', code: 0x87 });
      }
      client.send(client.p.publish('open', 'x', { qos: 1, packetId: 1 }));
      await client.expect({ type: 'puback', code: 0x10 });
    }
  });

  test('with per_listener_settings each listener has its own rules, and the ACL of none is forgotten', async () => {
    using scratch = new Scratch();
    const [strict, open, closed] = [await freePort(), await freePort(), await freePort()];
    const acl = scratch.file('acl', 'topic read public/#\n');
    const nothing = scratch.file('nothing', '');
    const file = scratch.file(
      'm.conf',
      `per_listener_settings true
listener ${strict} 127.0.0.1
allow_anonymous true
acl_file ${acl}
listener ${open} 127.0.0.1
allow_anonymous true
listener ${closed} 127.0.0.1
allow_anonymous true
acl_file ${nothing}
`,
    );
    await using program = new Program(zanzara('-c', file));
    await program.listens(closed);
    assert.deepEqual(
      [
        await answerTo(strict, 'public/x'),
        await answerTo(open, 'public/x'),
        await answerTo(closed, 'public/x'),
      ],
      [0x87, 0x10, 0x87],
    );
    const reader = await connectTo(strict, { version: 5, clientId: 'reader' });
    await reader.subscribe('#');
    const writer = await connectTo(open, { version: 5, clientId: 'writer' });
    await writer.publish('private/x', 'x', { qos: 1 });
    await writer.publish('public/x', 'y', { qos: 1 });
    await reader.receive('public/x', 'y');
  });
});

describe('password files', { concurrency: 4 }, () => {
  const bad: readonly (readonly [name: string, line: string])[] = [
    ['a user without a colon', 'alice'],
    ['a user without a hash', 'alice:'],
    ['a hash of no kind', 'alice:secret'],
    ['a hash of an unknown kind', 'alice:$9$c2FsdA==$aGFzaA=='],
    ['a hash that is cut off', 'alice:$6$c2FsdA=='],
    ['a hash of nothing', 'alice:$6$$'],
    ['no user', ':$6$c2FsdA==$aGFzaA=='],
  ];

  for (const [name, line] of bad) {
    test(`${name}: is refused with the line, or lets nobody in without a password`, async () => {
      using scratch = new Scratch();
      const file = scratch.file('passwords', `${passwordLine('bob', 'secret')}${line}\n`);
      const port = await freePort();
      const config = scratch.file('m.conf', `listener ${port} 127.0.0.1\npassword_file ${file}\n`);
      await using program = new Program(zanzara('-c', config));
      const outcome = await Promise.race([
        program.ended,
        program.until(/ running\n/).then(
          () => undefined,
          () => program.ended,
        ),
      ]);
      if (outcome === undefined) {
        assert.match(program.stderr, /[Ww]arning|[Ee]rror/);
        for (const password of ['', 'alice', 'secret', line])
          assert.notEqual(await login(port, 'alice', password), 0);
        assert.notEqual(await login(port, ''), 0);
        assert.equal(await login(port, 'bob', 'secret'), 0);
      } else {
        assert.notEqual(outcome.code, 0);
        assert.match(outcome.stderr, /line 2|:2\b|passwords:2/);
      }
    });
  }

  test('a reload that finds no descriptors changes nothing: who was refused is refused, who came in comes in', async () => {
    using scratch = new Scratch();
    const file = passwords(scratch, { alice: 'secret' });
    const acl = scratch.file('acl', 'user alice\ntopic readwrite t\n');
    const port = await freePort();
    const config = scratch.file(
      'm.conf',
      `listener ${port} 127.0.0.1\npassword_file ${file}\nacl_file ${acl}\n`,
    );
    const wrap = ['/bin/sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'];
    await using program = new Program([...wrap, ...zanzara('-c', config)]);
    await program.listens(port);
    const crowd = await Promise.all(Array.from({ length: 90 }, () => Client.open(port, 4, '', PATIENCE_MS)));
    await program.until('Unable to accept new connection');
    program.signal('SIGHUP');
    await program.until(/Error: Unable to open/);
    crowd.forEach((client) => client.drop());
    assert.equal(await patient(() => login(port, undefined)), 0x87);
    assert.equal(await login(port, 'alice', 'guess'), 0x87);
    assert.equal(await login(port, 'alice', 'secret'), 0);
    const alice = await connectTo(port, { version: 5, clientId: 'a', username: 'alice', password: 'secret' });
    alice.send(alice.p.publish('other', 'x', { qos: 1, packetId: 1 }));
    await alice.expect({ type: 'puback', code: 0x87 });
  });
});

describe('secrets', () => {
  test('a log file is made for its owner, and perhaps his group, alone', async () => {
    using scratch = new Scratch();
    const port = await freePort();
    const log = scratch.at('broker.log');
    const config = scratch.file('m.conf', `listener ${port} 127.0.0.1\nlog_dest file ${log}\n`);
    await using program = new Program(zanzara('-c', config));
    await program.listens(port);
    assert.equal(statSync(log).mode & 0o007, 0);
  });

  test('passwords are in no line of the log, at any level', async () => {
    using scratch = new Scratch();
    const file = passwords(scratch, { alice: 'open sesame' });
    await using broker = await startZanzara(`password_file ${file}\nlog_type all\nlogin_backoff 1`, ['-v']);
    for (const password of ['open sesame', 'abracadabra']) await login(broker.port, 'alice', password);
    await broker.program.until('not authorised');
    assert.equal(/sesame|abracadabra/.test(broker.program.stderr + broker.program.stdout), false);
    assert.ok(readFileSync(file, 'utf8').startsWith('alice:'));
  });

  test('a mistake on the command line is not taken for a configuration', async () => {
    using scratch = new Scratch();
    const file = scratch.at('m.conf');
    writeFileSync(file, 'listener 1883\nallow_anonymous maybe\n');
    const { code, stderr } = await run(zanzara('-c', file, '--test-config'));
    assert.equal(code, 3);
    assert.match(stderr, /m\.conf:2/);
  });
});

/** Until there is an answer: the broker may still be without descriptors. */
async function patient<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  throw new Error('It does not recover.');
}
