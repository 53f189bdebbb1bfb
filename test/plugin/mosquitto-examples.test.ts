/** The example plugins of Mosquitto, each in a few lines: what they do in C can be said here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plugin, PluginFactory, PluginMessage } from '../../src/plugin/plugin.ts';
import type { Properties } from '../../src/protocol/properties.ts';
import { Reason } from '../../src/protocol/reason.ts';
import { payloadText } from '../broker/client.ts';
import type { Client } from '../broker/client.ts';
import { Stage } from './stage.ts';

const text = ({ payload }: Pick<PluginMessage, 'payload'>): string => new TextDecoder().decode(payload);

function withUserProperty({ properties }: PluginMessage, name: string, value: string): Properties {
  return { ...properties, userProperties: [...(properties.userProperties ?? []), [name, value]] };
}

/** Connects, and says with which reason code the broker answers. */
async function codeOf(
  stage: Stage,
  clientId: string,
  how: Parameters<Client['connect']>[1] = {},
): Promise<number> {
  const client = stage.rig.open();
  client.connect(clientId, how);
  await stage.rig.settle();
  return client.expect('connack').reasonCode;
}

/** What comes of a message that a client publishes and gets itself. */
function echo(stage: Stage, topic: string, payload: string): readonly string[] {
  const client = stage.rig.connect('echo');
  client.subscribe('#', 1);
  client.sendPublish(topic, payload);
  return client.packets.flatMap((packet) =>
    packet.type === 'publish' ? [`${packet.topic} ${payloadText(packet)}`] : [],
  );
}

const with1 = (plugin: Plugin | PluginFactory, options: readonly [string, string][] = []): Promise<Stage> =>
  Stage.with([plugin], { options: options.map(([key, value]) => ({ key, value })) });

test('add-properties: who published, as user properties', async () => {
  const stage = await with1({
    name: 'add-properties',
    messageIn: (client, message) => ({
      properties: {
        ...message.properties,
        userProperties: [
          ['client-id', client.clientId],
          ['client-username', client.username ?? ''],
        ],
      },
    }),
  });
  const client = stage.rig.connect('a', { username: 'u' });
  client.subscribe('t');
  client.publish('t', 'x', { properties: { contentType: 'c' } });
  const { properties } = client.expect('publish');
  assert.deepEqual(properties, {
    contentType: 'c',
    userProperties: [
      ['client-id', 'a'],
      ['client-username', 'u'],
    ],
  });
});

test('auth-by-env: one user of the environment', async () => {
  const env = { USERNAME: 'u', PASSWORD: 'p' };
  const stage = await with1({
    name: 'auth-by-env',
    authenticate: ({ username, password }) =>
      username === env.USERNAME &&
      password !== undefined &&
      Buffer.from(password).equals(Buffer.from(env.PASSWORD))
        ? 'allow'
        : 'defer',
  });
  assert.equal(await codeOf(stage, 'a', { username: 'u' }), Reason.notAuthorized);
});

test('auth-by-ip: this machine only', async () => {
  const stage = await with1({
    name: 'auth-by-ip',
    authenticate: ({ address }) => (address === '127.0.0.1' ? 'allow' : 'deny'),
  });
  assert.equal(await codeOf(stage, 'a'), Reason.notAuthorized);
});

test('client-lifetime-stats: how long clients stay', async () => {
  const stage = await with1(({ publish }) => {
    const since = new Map<string, number>();
    const lifetimes: number[] = [];
    let now = 0;
    return {
      name: 'client-lifetime-stats',
      connected: ({ clientId }) => void since.set(clientId, now),
      disconnected: ({ clientId }) => void lifetimes.push(now - (since.get(clientId) ?? now)),
      tick: (time) => {
        now = time;
        publish('$SYS/broker/client-lifetimes', lifetimes.map((ms) => ms / 1000).join(), { retain: true });
      },
    };
  });
  const { rig } = stage;
  rig.advance(1000);
  const client = rig.connect('a');
  rig.advance(2000);
  client.disconnect();
  rig.advance(1000);
  await rig.settle();
  const watcher = rig.connect('w');
  watcher.subscribe('$SYS/broker/client-lifetimes');
  assert.deepEqual(watcher.messages(), ['2']);
});

test('client-properties: all that is known of a client', async () => {
  const stage = await with1((context) => ({
    name: 'client-properties',
    connected: (client, connect) => {
      const [session] = context.clients();
      context.log.notice(
        JSON.stringify([
          client,
          connect.cleanStart,
          connect.keepAliveSeconds,
          connect.certificate,
          session?.subscriptions,
        ]),
      );
    },
  }));
  stage.rig.connect('a', { username: 'u', keepAliveSeconds: 7 });
  const seen = {
    clientId: 'a',
    username: 'u',
    address: '10.0.0.1',
    port: 50_000,
    listenerPort: 1883,
    protocol: 'mqtt',
    version: 5,
  };
  assert.deepEqual(stage.said('pluginNotice'), [JSON.stringify([seen, true, 7, null, 0])]);
});

test('connection-state: who is connected, as retained messages', async () => {
  const stage = await with1(({ publish }) => {
    const tell = (clientId: string, state: string): void =>
      void publish(`$SYS/broker/connection/client/${clientId}/state`, state, { retain: true, qos: 1 });
    return {
      name: 'connection-state',
      connected: ({ clientId }) => tell(clientId, '1'),
      disconnected: ({ clientId }) => tell(clientId, '0'),
      offline: ({ clientId }) => tell(clientId, '0'),
    };
  });
  const { rig } = stage;
  const watcher = rig.connect('w');
  watcher.subscribe('$SYS/broker/connection/client/a/state');
  const client = rig.connect('a');
  await rig.settle();
  client.cut();
  await rig.settle();
  assert.deepEqual(watcher.messages(), ['1', '0']);
});

test('delayed-auth: the answer takes its time', async () => {
  const stage = await with1({
    name: 'delayed-auth',
    authenticate: async ({ username }) => {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return username === 'u' ? 'allow' : 'deny';
    },
  });
  const client = stage.rig.open();
  client.connect('a', { username: 'u' });
  client.expectNothing();
  for (let times = 0; times < 3; times++) await stage.rig.settle();
  client.expect('connack', { reasonCode: 0 });
});

test('deny-protocol-version: MQTT 5.0 only on this listener', async () => {
  const stage = await with1({
    name: 'deny-protocol-version',
    authenticate: ({ version, listenerPort }) =>
      listenerPort === 1883 && version !== 5 ? { outcome: 'refused', reasonCode: 'notAuthorized' } : 'ignore',
  });
  assert.equal(await codeOf(stage, 'a', { version: 4 }), 5);
  assert.equal(await codeOf(stage, 'b'), 0);
});

test('force-retain: every message is retained', async () => {
  const stage = await with1({ name: 'force-retain', messageIn: () => ({ retain: true }) });
  stage.rig.connect('a').publish('t', 'x');
  assert.equal(stage.rig.broker.retained.count, 1);
});

test('limit-subscription-qos: no subscription has QoS 2', async () => {
  const stage = await with1({
    name: 'limit-subscription-qos',
    subscribing: (_, { qos }) => (qos === 2 ? { qos: 1 } : 'allow'),
  });
  assert.deepEqual(stage.rig.connect('a').subscribe(['x', 'y'], 2), [1, 1]);
});

test('message-timestamp: when it came, as a user property', async () => {
  const stage = await with1({
    name: 'message-timestamp',
    messageIn: (_, message) => ({
      properties: withUserProperty(message, 'timestamp', new Date().toISOString()),
    }),
  });
  const client = stage.rig.connect('a');
  client.subscribe('t');
  client.publish('t', 'x');
  assert.match(client.expect('publish').properties.userProperties?.[0]?.[1] ?? '', /^\d{4}-.*Z$/);
});

test('payload-ban: some payloads are refused', async () => {
  const stage = await with1({
    name: 'payload-ban',
    messageIn: (_, message) => (text(message) === '<script>' ? 'deny' : 'allow'),
  });
  assert.deepEqual(echo(stage, 't', '<script>'), []);
});

test('payload-modification: hello in front', async () => {
  const stage = await with1({
    name: 'payload-modification',
    messageIn: (_, message) => ({ payload: `hello ${text(message)}` }),
  });
  assert.deepEqual(echo(stage, 't', 'x'), ['t hello x']);
});

test('payload-size-stats: how large payloads are', async () => {
  const stage = await with1(({ publish }) => {
    const sizes = new Map<number, number>();
    return {
      name: 'payload-size-stats',
      messageIn: (_, { payload: { length } }) => void sizes.set(length, (sizes.get(length) ?? 0) + 1),
      tick: () => {
        for (const [size, count] of sizes) publish(`$SYS/broker/payload-sizes/${size}`, `${count}`);
      },
    };
  });
  const client = stage.rig.connect('a');
  client.subscribe('$SYS/#');
  for (const payload of ['a', 'b', 'four']) client.publish('t', payload);
  stage.rig.advance(1000);
  await stage.rig.settle();
  assert.deepEqual(client.messages(), ['2', '1']);
});

test('plugin-event-stats: how often each event happens', async () => {
  const counts: Record<string, number> = {};
  const count = (event: string): void => {
    counts[event] = (counts[event] ?? 0) + 1;
  };
  const stage = await with1({
    name: 'plugin-event-stats',
    authenticate: () => (count('basic-auth'), 'ignore'),
    mayPublish: () => (count('acl-check'), 'ignore'),
    messageIn: () => count('message-in'),
    messageOut: () => count('message-out'),
    connected: () => count('connect'),
    disconnected: () => count('disconnect'),
    subscribed: () => count('subscribe'),
    unsubscribed: () => count('unsubscribe'),
    tick: () => count('tick'),
    control: { '$CONTROL/stats/v1': () => JSON.stringify(counts) },
  });
  const client = stage.rig.connect('a');
  client.subscribe(['t', '$CONTROL/stats/v1/response']);
  client.publish('t', 'x');
  client.unsubscribe('t');
  stage.rig.advance(1000);
  client.publish('$CONTROL/stats/v1', '');
  await stage.rig.settle();
  const [, answer] = client.messages();
  assert.deepEqual(JSON.parse(answer!), {
    'basic-auth': 1,
    'acl-check': 2,
    'message-in': 1,
    'message-out': 1,
    connect: 1,
    subscribe: 2,
    unsubscribe: 1,
    tick: 1,
  });
});

test('print-ip-on-publish: where messages come from', async () => {
  const stage = await with1(({ log }) => ({
    name: 'print-ip-on-publish',
    messageIn: ({ address }, { topic }) => log.information(`${address} ${topic}`),
  }));
  stage.rig.connect('a').publish('t', 'x');
  assert.deepEqual(stage.said('pluginInformation'), ['10.0.0.1 t']);
});

test('tick-interval: something every so many seconds', async () => {
  const stage = await with1(
    ({ option, log }) => {
      const seconds = Number(option('interval') ?? 10);
      let next = 0;
      return {
        name: 'tick-interval',
        tick: (now) => {
          if (now < next) return;
          next = now + seconds * 1000;
          log.information('tick');
        },
      };
    },
    [['interval', '5']],
  );
  stage.rig.advance(11_000);
  assert.equal(stage.said('pluginInformation').length, 3);
});

const flatten: PluginFactory = ({ option, matches, publish }) => ({
  name: 'topic-hierarchy-flatten',
  messageIn: (_, { topic, payload, qos, retain, properties }) => {
    const output = option('output_topic') ?? '';
    if (!matches(option('input_topic_filter') ?? '#', topic)) return undefined;
    if (option('republish') !== 'true') return { topic: output };
    publish(output, payload, { qos, retain, properties });
    return undefined;
  },
});

test('topic-hierarchy-flatten: many topics as one', async () => {
  const options: [string, string][] = [
    ['input_topic_filter', 'in/#'],
    ['output_topic', 'out'],
  ];
  assert.deepEqual(echo(await with1(flatten, options), 'in/1', 'x'), ['out x']);
  const stage = await with1(flatten, [...options, ['republish', 'true']]);
  assert.deepEqual(echo(stage, 'in/1', 'x'), ['in/1 x']);
  const client = stage.rig.connect('b');
  client.subscribe('out');
  await stage.rig.settle();
  assert.deepEqual(client.messages(), ['x']);
});

test('topic-jail: each client below its own identifier', async () => {
  const stage = await with1({
    name: 'topic-jail',
    messageIn: ({ clientId }, { topic }) => ({ topic: `${clientId}/${topic}` }),
    messageOut: ({ clientId }, { topic }) =>
      topic.startsWith(`${clientId}/`) ? { topic: topic.slice(clientId.length + 1) } : 'deny',
    subscribing: ({ clientId }, { filter }) => ({ filter: `${clientId}/${filter}` }),
    unsubscribing: ({ clientId }, filter) => ({ filter: `${clientId}/${filter}` }),
  });
  const [a, b] = ['a', 'b'].map((id) => stage.rig.connect(id));
  for (const client of [a!, b!]) client.subscribe('#');
  a!.publish('t', 'x');
  a!.expect('publish', { topic: 't', payload: 'x' });
  b!.expectNothing();
  assert.deepEqual(a!.unsubscribe('#'), [0]);
});

test('topic-modification: other names inside than outside', async () => {
  const stage = await with1({
    name: 'topic-modification',
    messageIn: (_, { topic }) => ({ topic: topic.replace(/^device/, 'internal') }),
    messageOut: (_, { topic }) => ({ topic: topic.replace(/^internal/, 'device') }),
    subscribing: (_, { filter }) => ({ filter: filter.replace(/^device/, 'internal') }),
  });
  const client = stage.rig.connect('a');
  client.subscribe('device/#');
  client.publish('device/1', 'x');
  client.expect('publish', { topic: 'device/1' });
  assert.deepEqual([...stage.rig.broker.sessions.get('a')!.subscriptions.keys()], ['internal/#']);
});

test('wildcard-temp: a value out of a payload, under the topic of its room', async () => {
  const stage = await with1(({ matches, publish }) => ({
    name: 'wildcard-temp',
    messageIn: (_, message) => {
      if (!matches('room/+/sensor', message.topic)) return;
      const { temperature } = JSON.parse(text(message)) as { temperature: number };
      publish(message.topic.replace('sensor', 'temperature'), `${temperature}`);
    },
  }));
  const client = stage.rig.connect('a');
  client.subscribe('room/+/temperature');
  client.publish('room/1/sensor', '{"temperature":21}');
  client.publish('room/1/sensor', 'no JSON');
  await stage.rig.settle();
  client.expect('publish', { topic: 'room/1/temperature', payload: '21' });
  assert.equal(stage.complaints.length, 1);
});
