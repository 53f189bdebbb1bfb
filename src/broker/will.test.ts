import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { RigOptions } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';

const VERSIONS = [3, 4, 5] as const;
const WILL = { topic: 'will', payload: 'w', qos: 1 } as const;

/** A rig and a client that watches all topics. */
function watched(options: RigOptions = {}): { rig: Rig; watcher: Client } {
  const rig = new Rig(options);
  const watcher = rig.connect('watcher');
  watcher.subscribe('#', 2);
  return { rig, watcher };
}

/** A will with a delay, seconds. */
function delayed(willDelayInterval: number): typeof WILL & { properties: { willDelayInterval: number } } {
  return { ...WILL, properties: { willDelayInterval } };
}

describe('a will', () => {
  for (const version of VERSIONS) {
    test(`[MQTT-3.1.2-8] version ${version}: is published when the connection ends without DISCONNECT`, () => {
      for (const end of [
        (client: Client) => client.cut(),
        (client: Client) => client.cut('ECONNRESET'),
        (client: Client) => client.connect('c'),
        (client: Client) => client.wire.receive(Uint8Array.of(0xff, 0)),
      ]) {
        const { rig, watcher } = watched();
        const client = rig.connect('c', { version, will: WILL });
        watcher.expectNothing();
        end(client);
        watcher.expect('publish', { topic: 'will', payload: 'w', qos: 1, retain: false });
        watcher.expectNothing();
      }
    });

    test(`[MQTT-3.1.2-10] [MQTT-3.14.4-3] version ${version}: is taken back by DISCONNECT`, () => {
      const { rig, watcher } = watched();
      rig.connect('c', { version, will: WILL }).disconnect();
      watcher.expectNothing();
    });
  }

  test('is published after DISCONNECT with 0x04, and with any other reason but 0', () => {
    for (const reasonCode of [Reason.disconnectWithWill, Reason.unspecifiedError]) {
      const { rig, watcher } = watched();
      rig.connect('c', { will: WILL }).disconnect(reasonCode);
      watcher.expect('publish', { topic: 'will' });
    }
  });

  test('is that of the last CONNECT', () => {
    const { rig, watcher } = watched();
    const options = { cleanStart: false, expiry: 100 };
    rig.connect('c', { ...options, will: WILL }).disconnect();
    rig.connect('c', { ...options, will: { topic: 'other' } }).cut();
    watcher.expect('publish', { topic: 'other' });
    rig.connect('c', options).cut();
    watcher.expectNothing();
  });

  test('[MQTT-3.1.2-14] [MQTT-3.1.2-15] is retained if it says so', () => {
    const { rig, watcher } = watched();
    rig.connect('a', { will: { ...WILL, topic: 'kept', retain: true } }).cut();
    rig.connect('b', { will: { ...WILL, topic: 'not' } }).cut();
    assert.deepEqual(watcher.messages(), ['w', 'w']);
    assert.equal(rig.broker.retained.count, 1);
    const late = rig.connect('late');
    late.subscribe('#');
    late.expect('publish', { topic: 'kept', retain: true });
  });

  test('has its properties, but not its delay, and its expiry counts from its publication', () => {
    const { rig, watcher } = watched();
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 100,
      responseTopic: 'answer',
      userProperties: [['k', 'v']] as const,
    };
    rig
      .connect('c', { expiry: 1000, will: { ...WILL, properties: { willDelayInterval: 50, ...properties } } })
      .cut();
    rig.advance(50_000);
    watcher.expect('publish', { properties });
  });

  test('is under the mount point of its listener', () => {
    const { rig, watcher } = watched();
    rig.connect('c', { will: WILL }, rig.listen({ mountPoint: 'site/' })).cut();
    watcher.expect('publish', { topic: 'site/will' });
  });

  test('goes to the client itself, if its session stays and has subscribed', () => {
    const rig = new Rig();
    const options = { version: 4, cleanStart: false } as const;
    const client = rig.connect('c', { ...options, will: WILL });
    client.subscribe('will', 1);
    client.cut();
    rig.connect('c', options).expect('publish', { payload: 'w' });
  });
});

describe('the right to publish a will', () => {
  test('is asked about when it is published, in the name of the client', () => {
    const { rig, watcher } = watched();
    const client = rig.connect('c', { will: WILL });
    assert.ok(!rig.access.asked.includes('c publish will'));
    rig.access.deny('c publish will');
    client.cut();
    assert.ok(rig.access.asked.includes('c publish will'));
    watcher.expectNothing();
  });

  test('may take its time, or fail', async () => {
    const { rig, watcher } = watched();
    rig.access.hold('publish');
    rig.connect('a', { will: { ...WILL, payload: 'a' } }).cut();
    rig.connect('b', { will: { ...WILL, payload: 'b' } }).cut();
    rig.connect('c', { will: { ...WILL, payload: 'c' } }).cut();
    rig.access.deny('b publish will');
    watcher.expectNothing();
    rig.access.answer();
    rig.access.answer();
    rig.access.fail();
    await rig.settle();
    assert.deepEqual(watcher.messages(), ['a']);
    assert.match(rig.logged('serverError')[0]!.text, /backend down/);
  });

  test("is nobody's on the topics of the broker", () => {
    for (const topic of ['$SYS/broker/version', '$share/g/t', '$SYS', '$CONTROL']) {
      const { rig, watcher } = watched();
      watcher.subscribe(['$SYS/#', '$CONTROL/#', 'g/t'], 2);
      rig.connect('c', { will: { ...WILL, topic, retain: true } }).cut();
      watcher.expectNothing();
      assert.equal(rig.broker.retained.count, 0, topic);
    }
    const { rig, watcher } = watched();
    watcher.subscribe('$SYS/#');
    rig.connect('c', { will: { ...WILL, topic: '$SYS/broker/connection/b/state' } }).cut();
    watcher.expect('publish');
  });
});

describe('a will that CONNECT refuses', () => {
  for (const [what, will, options, v5, v3] of [
    ['a wildcard in its topic', { ...WILL, topic: 'a/+' }, {}, Reason.topicNameInvalid, undefined],
    ['no topic', { ...WILL, topic: '' }, {}, Reason.topicNameInvalid, undefined],
    ['a control topic', { ...WILL, topic: '$CONTROL/x' }, {}, Reason.topicNameInvalid, undefined],
    ['a topic too deep', { ...WILL, topic: '/'.repeat(201) }, {}, Reason.topicNameInvalid, undefined],
    [
      'RETAIN where nothing is [MQTT-3.2.2-13]',
      { ...WILL, retain: true },
      { settings: { retainAvailable: false } },
      Reason.retainNotSupported,
      undefined,
    ],
    ['a QoS too high [MQTT-3.2.2-12]', WILL, { listener: { maxQos: 0 } }, Reason.qosNotSupported, undefined],
    [
      'a payload too large',
      { ...WILL, payload: '1234' },
      { settings: { messageSizeLimit: 3 } },
      Reason.packetTooLarge,
      5,
    ],
  ] as const) {
    test(`has ${what}`, () => {
      for (const version of VERSIONS) {
        const { rig, watcher } = watched(options);
        const client = rig.open();
        client.connect('c', { version, will });
        const reasonCode = version === 5 ? v5 : v3;
        if (reasonCode !== undefined) client.expect('connack', { reasonCode });
        client.expectClosed();
        watcher.expectNothing();
        assert.equal(rig.broker.sessions.count, 1);
      }
    });
  }

  test('has a response topic that no message may have [MQTT-3.3.2-14]', () => {
    const { rig, watcher } = watched();
    for (const responseTopic of ['a/#', '+', '']) {
      const client = rig.open();
      client.connect('c', { will: { ...WILL, properties: { responseTopic } } });
      client.expect('connack', { reasonCode: Reason.protocolError });
      client.expectClosed();
    }
    watcher.expectNothing();
  });
});

describe('the delay of a will', () => {
  test('[MQTT-3.1.3-9] holds it back so long, and no longer', () => {
    const { rig, watcher } = watched();
    rig.connect('c', { expiry: 1000, will: delayed(10) }).cut();
    rig.advance(9000);
    watcher.expectNothing();
    rig.advance(1000);
    watcher.expect('publish', { topic: 'will', properties: NO_PROPERTIES });
    rig.advance(2_000_000);
    watcher.expectNothing();
  });

  test('[MQTT-3.1.3-9] ends when the client comes back, and the will is not published', () => {
    const { rig, watcher } = watched();
    rig.connect('c', { expiry: 1000, will: delayed(10) }).cut();
    rig.advance(9000);
    rig.connect('c', { cleanStart: false, expiry: 1000 });
    rig.advance(100_000);
    watcher.expectNothing();
  });

  test('ends with the session, whichever comes first [MQTT-3.1.2-8]', () => {
    for (const [delay, expiry, at] of [
      [100, 10, 10],
      [10, 100, 10],
      [10, 10, 10],
      [100, 0, 0],
    ] as const) {
      const { rig, watcher } = watched();
      rig.connect('c', { expiry, will: delayed(delay) }).cut();
      if (at > 0) {
        rig.advance(at * 1000 - 1000);
        watcher.expectNothing();
        rig.advance(1000);
      }
      watcher.expect('publish', { topic: 'will' });
      rig.advance(1_000_000);
      watcher.expectNothing();
      assert.equal(rig.broker.sessions.count, 1);
    }
  });

  test('ends with a clean start: the will is published then', () => {
    const { rig, watcher } = watched();
    rig.connect('c', { expiry: 1000, will: delayed(100) }).cut();
    const client = rig.connect('c', { will: { topic: 'new' } });
    watcher.expect('publish', { topic: 'will' });
    rig.advance(1_000_000);
    client.disconnect();
    watcher.expectNothing();
  });

  test('is cut short by an expiry that DISCONNECT shortens', () => {
    const { rig, watcher } = watched();
    const client = rig.connect('c', { expiry: 1000, will: delayed(100) });
    client.disconnect(Reason.disconnectWithWill, { sessionExpiryInterval: 0 });
    watcher.expect('publish', { topic: 'will' });
  });

  test('is cut short by persistent_client_expiration', () => {
    const { rig, watcher } = watched({ settings: { persistentClientExpiration: 5 } });
    rig.connect('c', { expiry: 1000, will: delayed(100) }).cut();
    rig.advance(5000);
    watcher.expect('publish', { topic: 'will' });
  });

  test('counts anew for each connection', () => {
    const { rig, watcher } = watched();
    const options = { cleanStart: false, expiry: 1000, will: delayed(10) };
    for (let i = 0; i < 5; i++) {
      rig.connect('c', options).cut();
      rig.advance(9000);
    }
    watcher.expectNothing();
    rig.advance(1000);
    watcher.expect('publish');
    watcher.expectNothing();
  });

  test('has passed in a long sleep of the process, before the session that expires in it', () => {
    const { rig, watcher } = watched();
    rig.connect('c', { expiry: 1000, will: { ...delayed(10), payload: 'delay' } }).cut();
    rig.connect('d', { expiry: 100, will: { ...delayed(5000), payload: 'expiry' } }).cut();
    rig.sleep(10_000_000);
    assert.deepEqual(watcher.messages(), ['delay', 'expiry']);
  });
});

describe('at a takeover', () => {
  test('[MQTT-3.1.4-3] the will without delay is published', () => {
    for (const version of VERSIONS) {
      const { rig, watcher } = watched();
      rig.connect('c', { version, will: WILL });
      rig.connect('c', { version });
      watcher.expect('publish', { topic: 'will' });
      watcher.expectNothing();
    }
  });

  test('the will with a delay is published only if the session does not go on', () => {
    for (const [expiry, cleanStart, published] of [
      [1000, false, false],
      [1000, true, true],
      [0, false, true],
      [0, true, true],
    ] as const) {
      const { rig, watcher } = watched();
      rig.connect('c', { expiry, will: delayed(10) });
      rig.connect('c', { cleanStart, expiry: 1000 });
      assert.equal(watcher.messages().length, published ? 1 : 0);
      rig.advance(1_000_000);
      watcher.expectNothing();
    }
  });
});
