/** `$SYS`: what a user of mosquitto_sub sees, and whether it is true. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectTo, run, startZanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { readSys } from './reader.ts';
import { NEW, TOPICS } from './topics.ts';

const CONFIG = 'sys_interval 1\nmax_queued_messages 5\nmax_inflight_messages 20';

describe('$SYS', { concurrency: true }, () => {
  test('every topic of 2.1 is there, and its value has its form', async () => {
    await using broker = await startZanzara(CONFIG);
    await using reader = await readSys(broker);
    assert.equal(TOPICS.size, 56);
    assert.deepEqual([...reader.values.keys()].toSorted(), [...TOPICS.keys()].toSorted());
    for (const [topic, value] of reader.values) assert.match(value, TOPICS.get(topic)!, topic);
  });

  testWithMosquitto(
    'mosquitto_sub is shown all of it at once: retained, QoS 2, the version first',
    async () => {
      await using broker = await startZanzara('sys_interval 3600'); // no update comes in between
      const reader = [
        'mosquitto_sub',
        '-p',
        `${broker.port}`,
        '-t',
        '$SYS/#',
        '-q',
        '2',
        '-F',
        '%r %q %t %p',
      ];
      const { code, stdout } = await run([...reader, '-C', `${TOPICS.size}`, '-W', '25']);
      assert.equal(code, 0, stdout);
      const lines = stdout.trim().split('\n');
      assert.ok(lines.every((line) => line.startsWith('1 2 $SYS/broker/')));
      assert.match(lines[0] ?? '', / \$SYS\/broker\/version mosquitto version 2\.1\.2 \(Zanzara /);
      assert.match(lines[1] ?? '', / \$SYS\/broker\/uptime \d+ seconds$/);
    },
  );

  testWithMosquitto(
    "Debian's mosquitto has the same topics, but for those of 2.1, and values of the same form",
    async () => {
      await using broker = await startMosquitto(CONFIG);
      await using reader = await readSys(broker);
      const other = await connectTo(broker.port); // without a second client there is no maximum
      const old = [...TOPICS.keys()].filter((topic) => !NEW.has(topic));
      await reader.until('all topics are there', () => old.every((topic) => reader.values.has(topic)));
      assert.deepEqual([...reader.values.keys()].toSorted(), old.toSorted());
      // for a moment it may count a client that has gone twice: -1
      await reader.until('all values have their form', () =>
        [...reader.values].every(([topic, value]) => TOPICS.get(topic)!.test(value)),
      );
      other.drop();
    },
  );

  test('the counters tell what has happened', async () => {
    await using broker = await startZanzara(CONFIG);
    await checkCounters(broker, { countsRetained: true });
  });

  testWithMosquitto("the counters of Debian's mosquitto tell the same", async () => {
    await using broker = await startMosquitto(CONFIG);
    await checkCounters(broker, { countsRetained: false }); // a bug: of QoS 2 it counts none either
  });

  test('the topics of 2.1: sockets, and what waits to be sent', async () => {
    await using broker = await startZanzara(CONFIG);
    await using reader = await readSys(broker);
    await reader.until('it knows of this reader', () => reader.count('connections/socket/count') > 1);
    const before = reader.count('connections/socket/count');
    const clients = [
      await connectTo(broker.port),
      await connectTo(broker.port),
      await connectTo(broker.port),
    ];
    for (const client of clients) await client.disconnect();
    await reader.hears({
      'connections/socket/count': before + 3,
      'packet/out/count': 0,
      'packet/out/bytes': 0,
    });
  });

  test('sys_interval 0: nothing', async () => {
    await using broker = await startZanzara('sys_interval 0');
    const client = await connectTo(broker.port);
    await client.subscribe('$SYS/#');
    await client.expectNothing();
    client.drop();
  });

  test('wildcards at the beginning do not match', async () => {
    await using broker = await startZanzara(CONFIG);
    await using reader = await readSys(broker);
    const client = await connectTo(broker.port);
    for (const filter of ['#', '+/#', '+/broker/uptime', '+/broker/#']) await client.subscribe(filter);
    const { uptime } = reader;
    await reader.until('an update later', () => reader.uptime > uptime);
    await client.expectNothing();
    await client.subscribe('$SYS/broker/+');
    await client.expect({ type: 'publish', retain: true });
    client.drop();
  });

  test('clients cannot publish there, but for the state of a bridge', async () => {
    await using broker = await startZanzara('sys_interval 0');
    const [five, four] = [
      await connectTo(broker.port, { version: 5 }),
      await connectTo(broker.port, { version: 4 }),
    ];
    await four.subscribe('$SYS/#', 1);
    for (const topic of ['$SYS/broker/version', '$SYS/broker/uptime', '$SYS/mine', '$SYS']) {
      five.send(five.p.publish(topic, 'x', { qos: 1, packetId: 1, retain: true }));
      await five.expect({ type: 'puback', packetId: 1, code: 0x87 });
      five.send(five.p.publish(topic, 'x', { qos: 2, packetId: 1 }));
      await five.expect({ type: 'pubrec', packetId: 1, code: 0x87 });
      five.send(five.p.publish(topic, 'x'));
      await five.expectNothing();
      four.send(four.p.publish(topic, 'x', { qos: 1, packetId: 1 }));
      await four.expect({ type: 'puback', packetId: 1 });
      await four.expectNothing();
    }
    const state = '$SYS/broker/connection/other/state';
    await five.publish(state, '1', { qos: 1, retain: true });
    await four.receive(state, '1');
    await five.subscribe('$SYS/#', 1);
    await five.receive(state, '1', { retain: true });
    five.drop();
    four.drop();
  });
});

/** Clients come, publish, sleep and go: the counters follow. */
async function checkCounters(
  broker: Running,
  { countsRetained }: { countsRetained: boolean },
): Promise<void> {
  const { port } = broker;
  await using reader = await readSys(broker);
  const properties = { sessionExpiryInterval: 1 };
  await (await connectTo(port, { clientId: 'expiring', version: 5, properties })).disconnect();
  const reading = await connectTo(port, { clientId: 'reading' });
  await reading.subscribe('t/#', 1);
  const sharing = await connectTo(port, { clientId: 'sharing', version: 5 });
  await sharing.subscribe('$share/group/s', 1);
  const sleeping = await connectTo(port, { clientId: 'sleeping', clean: false });
  await sleeping.subscribe('sleep', 1);
  await sleeping.disconnect();
  const writing = await connectTo(port, { clientId: 'writing' });
  for (let at = 0; at < 10; at++) await writing.publish(`t/${at}`, '7 bytes', { qos: 1 });
  for (let at = 0; at < 10; at++) await reading.receive(`t/${at}`, '7 bytes');
  for (let at = 0; at < 8; at++) await writing.publish('sleep', '7 bytes', { qos: 1 });
  await writing.publish('kept', 'kept', { qos: 1, retain: true });

  await reader.hears({
    'publish/messages/received': countsRetained ? 19 : 18,
    'publish/messages/dropped': 3,
    'publish/bytes/received': 18 * 7 + 4,
    'clients/connected': 4,
    'clients/active': 4,
    'clients/disconnected': 1,
    'clients/inactive': 1,
    'clients/total': 5,
    'clients/expired': 1,
    'subscriptions/count': 3,
    'shared_subscriptions/count': 1,
  });
  const mostClients = reader.count('clients/maximum');
  assert.ok(mostClients === 5 || mostClients === 6); // it may have looked when one had expired
  const topics = (): number => reader.values.size;
  await reader.until(
    'one message more than topics is retained',
    () => reader.count('retained messages/count') === topics() + 1,
  );
  for (const name of ['messages/stored', 'store/messages/count'])
    await reader.until(
      'as many are stored, and those that wait',
      () => reader.count(name) === topics() + 1 + 5,
    );
  const bytes = [...reader.values.values()].join('').length;
  assert.ok(Math.abs(reader.count('store/messages/bytes') - bytes - 4 - 5 * 7) < 50);
  assert.ok(reader.count('publish/messages/sent') > 10);
  assert.ok(reader.count('publish/bytes/sent') > 70);
  assert.ok(reader.count('messages/received') >= 6 + 19 + 10 + 3);
  assert.ok(reader.count('messages/sent') >= 6 + 19 + 10 + 3);
  assert.ok(reader.count('bytes/received') > 19 * 15);
  assert.ok(reader.count('bytes/sent') > reader.count('publish/bytes/sent'));
  for (const name of [
    'publish/received',
    'publish/sent',
    'publish/dropped',
    'messages/received',
    'messages/sent',
    'bytes/received',
    'bytes/sent',
    'sockets',
    'connections',
  ]) {
    await reader.until(`there is a load of ${name}`, () => reader.count(`load/${name}/1min`) > 0);
    assert.ok(reader.count(`load/${name}/1min`) > reader.count(`load/${name}/15min`), name);
  }

  const received = reader.count('messages/received');
  await writing.publish('kept', '', { qos: 1, retain: true });
  for (const client of [reading, sharing, writing]) await client.disconnect();
  await reader.hears({
    'clients/connected': 1,
    'clients/total': 2,
    'subscriptions/count': 2,
    'shared_subscriptions/count': 0,
    'messages/received': received + 4,
  });
  await reader.until(
    'the topics alone are retained',
    () => reader.count('retained messages/count') === topics(),
  );
}
