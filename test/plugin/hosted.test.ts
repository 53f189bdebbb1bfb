/** Plugins at work in a broker in memory: what they decide, change and watch, and that their faults stay theirs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reason } from '../../src/protocol/reason.ts';
import { LIMITS } from '../../src/broker/limits.ts';
import type { Plugin, PluginContext } from '../../src/plugin/plugin.ts';
import { Stage } from './stage.ts';

const text = (payload: Uint8Array | undefined): string => new TextDecoder().decode(payload);

/** An answer now or later. */
const WHEN = [
  ['at once', <T>(answer: T): T | Promise<T> => answer],
  ['later', <T>(answer: T): T | Promise<T> => Promise.resolve(answer)],
] as const;

/** Breaks. */
function fail(): never {
  throw new Error('oh');
}

/** Decides by topic; the second one has no opinion later. */
function decide(
  name: string,
  answers: Readonly<Record<string, 'allow' | 'deny' | 'defer'>>,
): NonNullable<Plugin['mayPublish']> {
  return (_, { topic }) =>
    answers[topic] ?? (name === 'second' ? Promise.resolve('ignore' as const) : 'ignore');
}

/** Adds its name to all it sees. */
function adding(name: string, later: boolean): Plugin {
  return {
    name,
    messageIn: (_, { payload }) => {
      const change = { payload: `${text(payload)} ${name}` };
      return later ? Promise.resolve(change) : change;
    },
    messageOut: (_, { payload }) => ({ payload: `${text(payload)} out ${name}` }),
    subscribing: (_, { filter }) => ({ filter: `${filter}/${name}` }),
    unsubscribing: (_, filter) => ({ filter: `${filter}/${name}` }),
  };
}

function withWill(topic: string): { will: { topic: string; payload: string } } {
  return { will: { topic: `w/${topic}`, payload: topic } };
}

/** A plugin that does nothing, and its context. */
async function withContext(): Promise<{ stage: Stage; context: PluginContext }> {
  let context: PluginContext | undefined;
  const stage = await Stage.with(
    [
      (given) => {
        context = given;
        given.publish('early', 'bird', { retain: true });
        return { name: 'idle' };
      },
    ],
    {
      options: [
        { key: 'one', value: '1' },
        { key: 'two', value: 'a' },
        { key: 'two', value: 'b' },
      ],
    },
  );
  return { stage, context: context! };
}

describe('a login', () => {
  for (const [when, give] of WHEN) {
    test(`is decided by a plugin, ${when}`, async () => {
      const stage = await Stage.with([
        {
          name: 'names',
          authenticate: ({ username, clientId, address, version, listenerPort }) =>
            give(
              username === 'wrong'
                ? ({ outcome: 'refused', reasonCode: 'banned', reason: 'for a reason' } as const)
                : ({
                    outcome: 'accepted',
                    username: `${username}@${address}`,
                    clientId: `${clientId}-${version}-${listenerPort}`,
                  } as const),
            ),
          mayPublish: ({ username }) => give(username === 'u@10.0.0.1' ? 'allow' : 'deny'),
        },
      ]);
      const { rig } = stage;
      const client = rig.open();
      client.connect('c', { username: 'u' });
      await rig.settle();
      client.expect('connack', { reasonCode: 0 });
      assert.ok(rig.broker.sessions.get('c-5-1883'));
      client.sendPublish('t', 'x', { qos: 1 });
      await rig.settle();
      client.expect('puback', { reasonCode: Reason.noMatchingSubscribers });
      const wrong = rig.open();
      wrong.connect('w', { username: 'wrong' });
      await rig.settle();
      wrong.expect('connack', {
        reasonCode: Reason.banned,
        properties: { reasonString: 'for a reason' },
      });
      assert.deepEqual(stage.complaints, []);
    });
  }

  test('is refused when the plugin fails: the server is unavailable', async () => {
    const stage = await Stage.with([
      {
        name: 'broken',
        authenticate: ({ clientId }) => {
          if (clientId === 'throws') throw new Error('oh');
          return Promise.reject(new Error('later'));
        },
      },
    ]);
    const { rig } = stage;
    for (const [version, reasonCode] of [
      [5, Reason.serverUnavailable],
      [4, 3],
    ] as const) {
      for (const clientId of ['throws', 'rejects']) {
        const client = rig.open();
        client.connect(clientId, { version });
        await rig.settle();
        client.expect('connack', { reasonCode });
        client.expectClosed();
      }
    }
    assert.equal(stage.complaints.length, 1, 'once a minute');
  });

  test('of several steps', async () => {
    const { rig } = await Stage.with([
      {
        name: 'steps',
        exchange: (method) => {
          if (method !== 'TEST') return undefined;
          let name = '';
          return {
            step: async (data) => {
              if (text(data) === 'throw') throw new Error('oh');
              if (name !== '')
                return text(data) === 'secret' ? { outcome: 'accepted', username: name } : 'deny';
              name = text(data);
              return { outcome: 'challenge', data: 'secret?' };
            },
          };
        },
      },
    ]);
    const begin = async (clientId: string): Promise<ReturnType<typeof rig.open>> => {
      const client = rig.open();
      const authenticationData = new TextEncoder().encode('alice');
      client.connect(clientId, { properties: { authenticationMethod: 'TEST', authenticationData } });
      await rig.settle();
      assert.equal(text(client.expect('auth').properties.authenticationData), 'secret?');
      return client;
    };
    const right = await begin('right');
    right.auth(Reason.continueAuthentication, 'secret');
    await rig.settle();
    right.expect('connack', { reasonCode: 0 });
    assert.equal(rig.broker.sessions.get('right')?.principal.username, 'alice');
    const wrong = await begin('wrong');
    wrong.auth(Reason.continueAuthentication, 'guess');
    await rig.settle();
    wrong.expect('connack', { reasonCode: Reason.notAuthorized });
    const failing = await begin('failing');
    failing.auth(Reason.continueAuthentication, 'throw');
    await rig.settle();
    failing.expect('connack', { reasonCode: Reason.serverUnavailable });
    const other = rig.open();
    other.connect('other', { properties: { authenticationMethod: 'OTHER' } });
    other.expect('connack', { reasonCode: Reason.badAuthenticationMethod });
  });

  test('of TLS-PSK has its key from a plugin', async () => {
    const stage = await Stage.with([
      {
        name: 'keys',
        pskKey: (identity) => {
          if (identity === 'throws') throw new Error('oh');
          return identity === 'known' ? Uint8Array.of(1, 2) : undefined;
        },
      },
    ]);
    const { backend } = stage.plugins[0]!;
    assert.deepEqual(
      ['known', 'unknown', 'throws'].map((identity) => backend.pskKey?.(identity)),
      [Uint8Array.of(1, 2), undefined, undefined],
    );
    assert.equal(stage.complaints.length, 1);
  });
});

describe('rights', () => {
  for (const [when, give] of WHEN) {
    test(`are decided by a plugin, ${when}`, async () => {
      const { rig } = await Stage.with([
        {
          name: 'rights',
          mayPublish: (_, { topic, payload }) =>
            give(topic === 'yes' && text(payload) === 'x' ? 'allow' : 'deny'),
          maySubscribe: (_, filter, qos) => give(filter === 'yes' && qos < 2 ? 'allow' : 'deny'),
          mayUnsubscribe: (_, filter) => give(filter === 'yes' ? 'allow' : 'deny'),
        },
      ]);
      const client = rig.connect('a');
      client.send(
        {
          type: 'subscribe',
          packetId: 1,
          subscriptions: ['yes', 'no'].map((filter) => ({
            filter,
            qos: 1,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 0,
          })),
          properties: {},
        },
        { ...client.publishPacket('yes', 'x', { qos: 1 }), packetId: 2 },
        { ...client.publishPacket('no', 'x', { qos: 1 }), packetId: 3 },
        { type: 'unsubscribe', packetId: 4, filters: ['yes', 'no'], properties: {} },
      );
      for (let times = 0; times < 6; times++) await rig.settle();
      client.expect('suback', { reasonCodes: [1, Reason.notAuthorized] });
      client.expect('publish', { payload: 'x' });
      client.expect('puback', { packetId: 2, reasonCode: 0 });
      client.expect('puback', { packetId: 3, reasonCode: Reason.notAuthorized });
      client.expect('unsuback', { reasonCodes: [0, Reason.notAuthorized] });
    });
  }

  test('to receive are decided at once', async () => {
    const stage = await Stage.with([
      {
        name: 'rights',
        mayReceive: ({ clientId }, { topic }) => {
          if (topic === 'later') return Promise.resolve('allow') as never;
          return topic.startsWith(clientId) ? 'allow' : 'deny';
        },
      },
    ]);
    const { rig } = stage;
    const client = rig.connect('a');
    client.subscribe('#');
    for (const topic of ['a/1', 'b/2', 'later', 'a/3']) rig.publish(topic, topic);
    assert.deepEqual(client.messages(), ['a/1', 'a/3']);
    assert.deepEqual(stage.complaints, [
      'mayReceive gave a promise, which counts as no: it must answer at once',
    ]);
  });

  test('are refused when the plugin fails, for the request at hand', async () => {
    let isBroken = true;
    const decides = (): 'allow' => (isBroken ? fail() : 'allow');
    const { rig } = await Stage.with([
      {
        name: 'broken',
        mayPublish: decides,
        maySubscribe: decides,
        mayUnsubscribe: decides,
        mayReceive: decides,
      },
    ]);
    const client = rig.connect('a');
    assert.equal(client.publish('t', 'x', { qos: 1 }), Reason.notAuthorized);
    assert.deepEqual(client.subscribe('t'), [Reason.notAuthorized]);
    assert.deepEqual(client.unsubscribe('t'), [Reason.notAuthorized]);
    isBroken = false;
    assert.deepEqual(client.subscribe('t'), [0]);
    isBroken = true;
    rig.publish('t', 'unseen');
    isBroken = false;
    rig.publish('t', 'seen');
    assert.deepEqual(client.messages(), ['seen']);
  });

  test('are those of the first that decides; one that only defers is a no', async () => {
    const { rig } = await Stage.with([
      { name: 'first', mayPublish: decide('first', { a: 'allow', b: 'deny', c: 'defer', d: 'defer' }) },
      { name: 'second', mayPublish: decide('second', { a: 'deny', b: 'allow', c: 'allow' }) },
    ]);
    const client = rig.connect('a');
    const codes: number[] = [];
    for (const topic of ['a', 'b', 'c', 'd', 'e']) {
      client.sendPublish(topic, 'x', { qos: 1 });
      await rig.settle();
      codes.push(client.expect('puback').reasonCode);
    }
    const [yes, no] = [Reason.noMatchingSubscribers, Reason.notAuthorized];
    assert.deepEqual(codes, [yes, no, yes, no, yes]);
  });

  test('are refused for names with special characters, if the operator says so', async () => {
    const plugin: Plugin = { name: 'all', mayPublish: () => 'allow', mayReceive: () => 'allow' };
    for (const denySpecial of [false, true]) {
      const { rig } = await Stage.with([plugin], { denySpecial });
      for (const [clientId, username] of [
        ['a/b', 'u'],
        ['c', 'u#'],
        ['d', 'u'],
        ['e+', undefined],
      ] as const) {
        const client = rig.connect(clientId, username === undefined ? {} : { username });
        client.subscribe('t');
        const isDenied = denySpecial && clientId !== 'd';
        const expected = isDenied ? Reason.notAuthorized : Reason.success;
        assert.equal(client.publish('t', 'x', { qos: 1 }), expected, clientId);
        assert.equal(client.messages().length, isDenied ? 0 : 1);
        client.disconnect();
      }
    }
  });
});

describe('changes', () => {
  test('add up: each plugin sees what the one before has made', async () => {
    const { rig } = await Stage.with([adding('1', false), adding('2', true), adding('3', false)]);
    const client = rig.connect('a');
    client.subscribe('t');
    client.sendPublish('t/1/2/3', 'x');
    await rig.settle();
    assert.deepEqual(client.messages(), ['x 1 2 3 out 1 out 2 out 3']);
    assert.deepEqual(client.unsubscribe('t'), [0]);
  });

  test('end with the first no', async () => {
    const { rig } = await Stage.with([
      {
        name: 'first',
        messageIn: (_, { topic }) => (topic === 'no' ? Promise.resolve('deny') : 'allow'),
        messageOut: (_, { payload }) => (text(payload) === 'no' ? 'deny' : 'allow'),
      },
      {
        name: 'second',
        messageIn: (_, { topic }) => assert.equal(topic, 'yes'),
        messageOut: (_, { payload }) => assert.equal(text(payload), 'yes'),
      },
    ]);
    const client = rig.connect('a');
    client.subscribe('#');
    for (const topic of ['yes', 'no']) {
      client.sendPublish(topic, 'yes');
      await rig.settle();
      rig.publish('t', topic);
    }
    assert.deepEqual(client.messages(), ['yes', 'yes']);
  });

  test('are answers: what a plugin is shown cannot be changed in place', async () => {
    const stage = await Stage.with([
      {
        name: 'meddler',
        messageIn: (_, { properties }) => {
          (properties.userProperties as unknown as unknown[]).push('broken');
        },
        subscribing: (_, request) => {
          (request as { filter: string }).filter = 'no/#/filter';
        },
      },
    ]);
    const client = stage.rig.connect('a');
    client.subscribe('t');
    assert.deepEqual([...stage.rig.broker.sessions.get('a')!.subscriptions.keys()], ['t']);
    const properties = { userProperties: [['k', 'v']] as [string, string][] };
    assert.equal(client.publish('t', 'x', { qos: 1, properties }), Reason.notAuthorized);
    assert.match(stage.complaints.join(), /messageIn threw TypeError: .*not extensible/);
  });

  test('that fail count as no, for the message at hand', async () => {
    const stage = await Stage.with([
      {
        name: 'broken',
        messageIn: (_, { payload }) => {
          if (text(payload) === 'throw') throw new Error('oh');
          return text(payload) === 'wrong' ? { topic: '#' } : 'allow';
        },
        messageOut: ({ clientId }) => {
          if (clientId === 'b') throw new Error('oh');
        },
        subscribing: (_, { filter }) => {
          if (filter === 'no') throw new Error('oh');
        },
        unsubscribing: () => ({ filter: 5 }) as never,
      },
    ]);
    const { rig } = stage;
    const [a, b] = ['a', 'b'].map((id) => rig.connect(id));
    assert.deepEqual(a!.subscribe(['t', 'no'], 1), [1, Reason.notAuthorized]);
    assert.deepEqual(b!.subscribe('t', 1), [1]);
    for (const [payload, reasonCode] of [
      ['throw', Reason.notAuthorized],
      ['good', 0],
      ['wrong', Reason.notAuthorized],
    ] as const)
      assert.equal(a!.publish('t', payload, { qos: 1 }), reasonCode);
    assert.deepEqual(a!.messages(), ['good']);
    assert.deepEqual(b!.messages(), []);
    assert.deepEqual(a!.unsubscribe('t'), [Reason.notAuthorized]);
    assert.equal(stage.complaints.length, 5);
  });
});

describe('events', () => {
  test('are told', async () => {
    const told: string[] = [];
    const tell = (...words: readonly unknown[]): void => void told.push(words.join(' '));
    const { rig, plugins } = await Stage.with([
      {
        name: 'watcher',
        connected: ({ clientId }, { cleanStart, keepAliveSeconds, will, properties }) =>
          tell(clientId, 'connected', cleanStart, keepAliveSeconds, will?.topic, properties.receiveMaximum),
        disconnected: ({ clientId }, cause) => tell(clientId, 'disconnected', cause),
        offline: ({ clientId }, cause) => tell(clientId, 'offline', cause),
        subscribed: ({ clientId }, { filter, qos }) => tell(clientId, 'subscribed', filter, qos),
        unsubscribed: ({ clientId }, filter) => tell(clientId, 'unsubscribed', filter),
        reloaded: () => tell('reloaded'),
        tick: (now) => tell('tick', now),
        close: () => tell('closed'),
      },
    ]);
    const a = rig.connect('a', {
      keepAliveSeconds: 30,
      will: { topic: 'w' },
      properties: { receiveMaximum: 7 },
    });
    a.subscribe('t', 1);
    a.unsubscribe('t');
    a.disconnect();
    rig.connect('b', { expiry: 10, cleanStart: false }).cut();
    rig.advance(1000);
    plugins[0]!.reload();
    await plugins[0]!.close();
    assert.deepEqual(told, [
      'a connected true 30 w 7',
      'a subscribed t 1',
      'a unsubscribed t',
      'a disconnected normal',
      'b connected false 0  ',
      'b offline connection closed by client',
      `tick ${rig.now}`,
      'reloaded',
      'closed',
    ]);
  });

  test('are told to plugins that have one of a pair', async () => {
    const told: string[] = [];
    const { rig } = await Stage.with([
      { name: 'd', disconnected: ({ clientId }) => void told.push(`d ${clientId}`) },
      { name: 'o', offline: ({ clientId }) => void told.push(`o ${clientId}`) },
    ]);
    rig.connect('a').cut();
    rig.connect('b', { expiry: 10 }).cut();
    assert.deepEqual(told, ['d a', 'o b']);
  });

  test('one object stands for a client on one connection', async () => {
    const seen = new Set<object>();
    const { rig } = await Stage.with([
      {
        name: 'same',
        connected: (client) => void seen.add(client),
        messageIn: (client) => void seen.add(client),
        subscribed: (client) => void seen.add(client),
        disconnected: (client) => void seen.add(client),
      },
    ]);
    for (const size of [1, 2]) {
      const client = rig.connect('a');
      client.publish('t', 'x');
      client.subscribe('t');
      client.disconnect();
      assert.equal(seen.size, size);
    }
    const [one] = seen;
    assert.ok(Object.isFrozen(one));
  });

  test('that go wrong concern nobody', async () => {
    const stage = await Stage.with([
      {
        name: 'broken',
        connected: fail,
        disconnected: () => Promise.reject(new Error('later')),
        subscribed: fail,
        unsubscribed: fail,
        tick: fail,
      },
    ]);
    const { rig } = stage;
    const client = rig.connect('a');
    client.subscribe('t');
    client.publish('t', 'x');
    assert.deepEqual(client.messages(), ['x']);
    client.unsubscribe('t');
    client.disconnect();
    rig.advance(1000);
    await rig.settle();
    assert.equal(stage.complaints.length, 5);
  });
});

describe('requests', () => {
  const [ONE, TWO] = ['$CONTROL/one/v1', '$CONTROL/two/v1'];

  test('are answered by the plugin whose topic it is', async () => {
    const { rig } = await Stage.with([
      { name: 'one', control: { [ONE]: ({ clientId }, { payload }) => `${clientId} ${text(payload)}` } },
      {
        name: 'two',
        control: { [TWO]: async () => Uint8Array.of(0x21), [ONE]: () => assert.fail('not the first') },
      },
    ]);
    const client = rig.connect('a');
    client.subscribe('$CONTROL/#');
    for (const topic of [ONE, TWO, '$CONTROL/three/v1']) client.sendPublish(topic, 'x', { qos: 0 });
    for (let times = 0; times < 4; times++) await rig.settle();
    const answers = client.packets.map(
      (packet) => packet.type === 'publish' && [packet.topic, text(packet.payload)],
    );
    assert.deepEqual(answers.toSorted(), [
      [`${ONE}/response`, 'a x'],
      ['$CONTROL/three/v1/response', '{"error": "endpoint not available"}'],
      [`${TWO}/response`, '!'],
    ]);
  });

  test('are acknowledged even when the plugin fails', async () => {
    const stage = await Stage.with([
      {
        name: 'broken',
        control: {
          [ONE]: () => {
            throw new Error('oh');
          },
          [TWO]: async () => 5 as never,
        },
      },
    ]);
    const { rig } = stage;
    const client = rig.connect('a');
    client.subscribe('$CONTROL/#');
    for (const topic of [ONE, TWO]) {
      client.sendPublish(topic, 'x', { qos: 1 });
      await rig.settle();
      client.expect('puback', { reasonCode: 0 });
    }
    client.expectNothing();
    assert.deepEqual(
      stage.complaints.map((complaint) => complaint.replace(/ \(at .*/, '')),
      [
        `control of ${ONE} threw Error: oh`,
        `control of ${TWO} gave an answer that means nothing: response 5`,
      ],
    );
  });
});

describe('a plugin of some listeners', () => {
  test('sees their clients only', async () => {
    const told: string[] = [];
    const stage = await Stage.with([
      {
        name: 'some',
        connected: ({ clientId }) => void told.push(clientId),
        messageIn: () => 'deny',
        messageOut: (_, { payload }) => ({ payload: `${text(payload)}!` }),
        control: { '$CONTROL/x': () => 'here' },
      },
      { name: 'all', messageIn: ({ clientId }) => void told.push(`${clientId} publishes`) },
    ]);
    const { rig } = stage;
    const { plugins } = stage;
    const inner = rig.listen({ port: 1884 });
    stage.use([
      { plugin: plugins[0]!, listeners: new Set([inner]) },
      { plugin: plugins[1]!, listeners: undefined },
    ]);
    const outside = rig.connect('outside');
    const inside = rig.connect('inside', {}, inner);
    for (const client of [outside, inside]) client.subscribe(['t', '$CONTROL/#']);
    assert.equal(outside.publish('t', 'x', { qos: 1 }), 0);
    assert.equal(inside.publish('t', 'x', { qos: 1 }), Reason.notAuthorized);
    assert.deepEqual([outside.messages(), inside.messages()], [['x'], ['x!']]);
    outside.publish('$CONTROL/x', '');
    inside.publish('$CONTROL/x', '');
    await rig.settle();
    assert.deepEqual(told, ['inside', 'outside publishes']);
    assert.deepEqual(outside.messages(), ['{"error": "endpoint not available"}', 'here']);
  });
});

describe('of its own, a plugin', () => {
  test('reads its options', async () => {
    const { context } = await withContext();
    assert.equal(context.option('one'), '1');
    assert.equal(context.option('two'), 'b');
    assert.equal(context.option('three'), undefined);
    assert.equal(context.options.length, 3);
    assert.ok(context.matches('a/+', 'a/b') && !context.matches('a', 'a/b'));
  });

  test('writes to the log under its name', async () => {
    const { stage, context } = await withContext();
    context.log.notice('one');
    context.log.notice({ not: 'a text' } as never);
    assert.deepEqual(stage.rig.logged('pluginNotice'), [
      { ...stage.rig.logged('pluginNotice')[0]!, plugin: 'idle', text: 'one' },
      { ...stage.rig.logged('pluginNotice')[1]!, plugin: 'idle', text: 'an object of not' },
    ]);
    for (const level of ['error', 'warning', 'information', 'debug'] as const) context.log[level](level);
    for (const event of ['pluginError', 'pluginWarning', 'pluginInformation', 'pluginDebug'] as const)
      assert.equal(stage.rig.logged(event).length, 1);
  });

  test('publishes when the tick is over, to all or to one', async () => {
    const { stage, context } = await withContext();
    const { rig } = stage;
    await rig.settle();
    const [a, b] = ['a', 'b'].map((id) => rig.connect(id));
    a!.subscribe(['t', 'early'], 1);
    b!.subscribe('t');
    assert.deepEqual(a!.messages(), ['bird']);
    const own = Uint8Array.from([0x78]);
    assert.ok(context.publish('t', own, { qos: 1, properties: { messageExpiryInterval: 9 } }));
    own[0] = 0x79;
    context.publish('alone', 'to b', { to: 'b' });
    context.publish('alone', 'to nobody', { to: 'nobody' });
    a!.expectNothing();
    await rig.settle();
    a!.expect('publish', { payload: 'x', qos: 1, properties: { messageExpiryInterval: 9 } });
    a!.expectNothing();
    assert.deepEqual(b!.messages(), ['x', 'to b']);
  });

  test('is told at once of a message that cannot be sent', async () => {
    const { context } = await withContext();
    for (const publish of [
      () => context.publish('a/#', 'x'),
      () => context.publish('', 'x'),
      () => context.publish('t', 5 as never),
      () => context.publish('t', 'x', { qos: 3 as never }),
      () => context.publish('t', 'x', { retain: 'yes' as never }),
      () => context.publish('t', 'x', { properties: { topicAlias: 1 } }),
      () => context.publish('t', 'x', { to: 5 as never }),
    ])
      assert.throws(publish, TypeError);
  });

  test('may want only so much at a time', async () => {
    const { stage, context } = await withContext();
    await stage.rig.settle();
    for (let times = 0; times < LIMITS.pluginWishes; times++) assert.ok(context.publish('t', 'x'));
    assert.equal(context.publish('t', 'x'), false);
    assert.deepEqual(stage.complaints, ['publish was not done: too much waits to be done']);
    await stage.rig.settle();
    assert.ok(context.publish('t', 'x'));
  });

  test('publishes about what it sees without an end, and the broker goes on', async () => {
    let context: PluginContext | undefined;
    const stage = await Stage.with([
      (given) => {
        context = given;
        return { name: 'echo', messageOut: (_, { topic }) => void context!.publish(topic, 'again') };
      },
    ]);
    const { rig } = stage;
    const client = rig.connect('a');
    client.subscribe('t');
    rig.publish('t', 'first');
    for (let times = 0; times < 10; times++) await rig.settle();
    const { length } = client.messages();
    assert.ok(length > 3 && length < 20, `${length} messages`);
    await stage.plugins[0]!.close();
  });

  test('sends clients away, by identifier or user name', async () => {
    const { stage, context } = await withContext();
    const { rig } = stage;
    const watcher = rig.connect('watcher');
    watcher.subscribe('w/#');
    const a = rig.connect('a', { username: 'u', ...withWill('a') });
    const b = rig.connect('b', { username: 'u', ...withWill('b') });
    const c = rig.connect('c', { username: 'v', ...withWill('c') });
    context.disconnect('nobody');
    context.disconnect('c');
    context.disconnect({ username: 'u' }, { will: false });
    await rig.settle();
    for (const client of [a, b, c]) client.expectClosed(Reason.administrativeAction);
    assert.deepEqual(watcher.messages(), ['c']);
  });

  test('knows all sessions', async () => {
    const { stage, context } = await withContext();
    const { rig } = stage;
    rig.connect('a', { username: 'u' }).subscribe(['t', 'u']);
    rig.connect('b', { expiry: 10, version: 5 }).cut();
    assert.deepEqual(
      context
        .clients()
        .map(({ clientId, username, connected, subscriptions, version }) => [
          clientId,
          username,
          connected,
          subscriptions,
          version,
        ]),
      [
        ['a', 'u', true, 2, 5],
        ['b', undefined, false, 0, 5],
      ],
    );
  });

  test('does nothing any more when the broker has stopped', async () => {
    const { stage, context } = await withContext();
    const { rig } = stage;
    const client = rig.connect('a');
    client.subscribe('t');
    await rig.settle();
    context.publish('t', 'late');
    await stage.plugins[0]!.close();
    assert.equal(context.publish('t', 'later'), false);
    await rig.settle();
    client.expectNothing();
  });
});
