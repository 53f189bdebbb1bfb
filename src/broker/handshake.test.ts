import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client, ConnectOptions } from '../../test/broker/client.ts';
import { utf8Bytes } from '../protocol/bytes.ts';
import type { ProtocolVersion } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';

const VERSIONS = [3, 4, 5] as const;

/** Connects and is refused with a reason code: as 5.0 has it, and the return codes of 3.x; undefined is silence. */
function refused(client: Client, version: ProtocolVersion, codes: readonly [v5: number, v3?: number]): void {
  const [v5, v3] = codes;
  const reasonCode = version === 5 ? v5 : v3;
  if (reasonCode !== undefined) client.expect('connack', { reasonCode, sessionPresent: false });
  client.expectClosed();
}

function attempt(rig: Rig, clientId: string, options: ConnectOptions = {}): Client {
  const client = rig.open();
  client.connect(clientId, options);
  return client;
}

/** Options for a CONNECT with a method of enhanced authentication. */
function method(name: string, data?: string): ConnectOptions {
  return {
    properties: {
      authenticationMethod: name,
      ...(data !== undefined && { authenticationData: utf8Bytes(data) }),
    },
  };
}

function testProperties(data: string): object {
  return { authenticationMethod: 'TEST', authenticationData: Uint8Array.from(utf8Bytes(data)) };
}

/** A client that has shown that it knows the word. */
function authenticated(rig: Rig, clientId: string, options: ConnectOptions = {}): Client {
  const client = attempt(rig, clientId, {
    ...options,
    properties: { ...options.properties, ...method('TEST', 'hello').properties },
  });
  client.expect('auth', { reasonCode: 0x18 });
  client.auth(0x18, 'ada');
  client.expect('auth', { reasonCode: 0x18 });
  client.auth(0x18, 'sesame');
  client.connack = client.expect('connack', { reasonCode: 0 });
  return client;
}

describe('CONNACK', () => {
  test('[MQTT-3.2.2-2] [MQTT-3.2.2-3] tells of the session that was there, but not to 3.1', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const options = { version, cleanStart: false, ...(version === 5 && { expiry: 100 }) };
      assert.equal(rig.connect('c', options).connack?.sessionPresent, false);
      assert.equal(rig.connect('c', options).connack?.sessionPresent, version !== 3);
      assert.equal(rig.connect('c', { version }).connack?.sessionPresent, false);
    }
  });

  test('has the properties of Mosquitto by default', () => {
    const { connack } = new Rig().connect('c');
    assert.deepEqual(connack?.properties, {
      topicAliasMaximum: 10,
      maximumPacketSize: 2_000_000,
      receiveMaximum: 20,
    });
  });

  test('tells what the operator has limited', () => {
    const rig = new Rig({
      settings: { retainAvailable: false, maxKeepAlive: 100, maxInflightMessages: 0, maxPacketSize: 5000 },
      listener: { maxQos: 1, maxTopicAlias: 0 },
    });
    const { connack } = rig.connect('', { keepAliveSeconds: 200 });
    const id = connack?.properties.assignedClientIdentifier;
    assert.deepEqual(connack?.properties, {
      serverKeepAlive: 100,
      assignedClientIdentifier: id,
      retainAvailable: 0,
      maximumPacketSize: 5000,
      maximumQoS: 1,
    });
  });
});

describe('client identifiers', () => {
  test('[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty one is replaced, by prefix and 36 characters', () => {
    const rig = new Rig();
    const ids = [1, 2].map(() => rig.connect('').connack?.properties.assignedClientIdentifier);
    for (const id of ids) assert.match(id!, /^auto-[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    assert.notEqual(ids[0], ids[1]);
    assert.equal(rig.broker.sessions.count, 2);
  });

  test('auto_id_prefix stands in front, or nothing', () => {
    for (const autoIdPrefix of ['', 'käse/']) {
      const rig = new Rig({ listener: { autoIdPrefix } });
      rig.connect('', { version: 4 });
      const [session] = rig.broker.sessions.values();
      assert.match(session!.clientId, new RegExp(`^${autoIdPrefix}[0-9A-F]{8}-`));
    }
  });

  test('[MQTT-3.1.3-8] an empty one: 3.1 never, 3.1.1 with a clean session, 5.0 always', () => {
    for (const [version, cleanStart, allowed] of [
      [3, true, false],
      [3, false, false],
      [4, true, true],
      [4, false, false],
      [5, true, true],
      [5, false, true],
    ] as const) {
      const rig = new Rig();
      const client = attempt(rig, '', { version, cleanStart });
      if (allowed) client.expect('connack', { reasonCode: 0 });
      else refused(client, version, [Reason.clientIdentifierNotValid, 2]);
    }
  });

  test('an empty one is refused where allow_zero_length_clientid is false', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ listener: { allowZeroLengthClientId: false } });
      refused(attempt(rig, '', { version }), version, [Reason.clientIdentifierNotValid, 2]);
    }
  });

  test('clientid_prefixes', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { clientIdPrefix: 'dev-' } });
      attempt(rig, 'dev-1', { version }).expect('connack', { reasonCode: 0 });
      for (const id of ['Dev-1', 'xdev-1', 'dev']) {
        refused(attempt(rig, id, { version }), version, [Reason.notAuthorized, 5]);
      }
    }
  });

  test('clientid_prefixes hold for one that is given too', () => {
    const rig = new Rig({ settings: { clientIdPrefix: 'auto-' } });
    rig.connect('');
    const other = new Rig({ settings: { clientIdPrefix: 'dev-' } });
    refused(attempt(other, ''), 5, [Reason.notAuthorized]);
  });

  test('use_username_as_clientid: the user name, whatever the client says', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ listener: { useUsernameAsClientId: true } });
      const first = attempt(rig, 'mine', { version, username: 'ada' });
      first.expect('connack', { reasonCode: 0 });
      assert.ok(rig.broker.sessions.get('ada'));
      const second = attempt(rig, 'other', { version, username: 'ada' });
      second.expect('connack', { reasonCode: 0 });
      assert.ok(first.closed, 'it is the same client');
      assert.equal(rig.broker.sessions.count, 1);
      for (const username of [undefined, '']) {
        const nobody = attempt(rig, 'mine', { version, ...(username !== undefined && { username }) });
        refused(nobody, version, [Reason.notAuthorized, 5]);
      }
    }
  });
});

describe('limits at CONNECT', () => {
  test('[MQTT-3.2.2-21] [MQTT-3.2.2-22] max_keepalive is told in 5.0 and held to', () => {
    const rig = new Rig({ settings: { maxKeepAlive: 10 } });
    for (const [asked, told] of [
      [0, 10],
      [11, 10],
      [10, undefined],
      [5, undefined],
    ] as const) {
      const { connack } = rig.connect('c', { keepAliveSeconds: asked });
      assert.equal(connack?.properties.serverKeepAlive, told);
    }
    const client = rig.connect('c', { keepAliveSeconds: 0 });
    rig.advance(14_000);
    assert.equal(client.closed, false);
    rig.advance(1000);
    assert.equal(client.closed, true);
  });

  test('max_keepalive refuses 3.x, as Mosquitto', () => {
    for (const version of [3, 4] as const) {
      const rig = new Rig({ settings: { maxKeepAlive: 10 } });
      refused(attempt(rig, 'c', { version, keepAliveSeconds: 0 }), version, [0, 2]);
      refused(attempt(rig, 'c', { version, keepAliveSeconds: 11 }), version, [0, 2]);
      attempt(rig, 'c', { version, keepAliveSeconds: 10 }).expect('connack', { reasonCode: 0 });
    }
  });

  test('global_max_clients counts sessions, connected or not; who is known may come back', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { globalMaxClients: 2 } });
      rig.connect('stays', { version: 4, cleanStart: false }).disconnect();
      const second = rig.connect('second');
      refused(attempt(rig, 'third', { version }), version, [Reason.serverBusy, 3]);
      rig.connect('stays', { version: 4, cleanStart: false });
      rig.connect('second');
      second.expectClosed(Reason.sessionTakenOver);
      second.cut();
      rig.connect('stays').disconnect();
      rig.connect('third');
    }
  });

  test('global_max_clients holds for those whose authentication takes time', async () => {
    const rig = new Rig({ settings: { globalMaxClients: 2 } });
    rig.access.hold('connect');
    const clients = ['a', 'b', 'c'].map((id) => attempt(rig, id));
    for (const _ of clients) rig.access.answer();
    await rig.settle();
    const [first, second, third] = clients;
    first!.expect('connack', { reasonCode: 0 });
    second!.expect('connack', { reasonCode: 0 });
    refused(third!, 5, [Reason.serverBusy]);
    assert.equal(rig.broker.sessions.count, 2);
  });

  test('memory_limit refuses new clients while the heap is over it', () => {
    const rig = new Rig({ settings: { memoryLimit: 1000 } });
    rig.heapBytes = 1001;
    rig.connect('c');
    rig.advance(1000);
    refused(attempt(rig, 'd'), 5, [Reason.serverBusy]);
    rig.heapBytes = 1000;
    rig.advance(1000);
    rig.connect('d');
  });

  test('accept_protocol_versions [MQTT-3.1.2-2]', () => {
    for (const only of VERSIONS) {
      const rig = new Rig({ listener: { protocolVersions: new Set([only]) } });
      for (const version of VERSIONS) {
        const client = attempt(rig, 'c', { version });
        if (version === only) client.expect('connack', { reasonCode: 0 });
        else refused(client, version, [Reason.unsupportedProtocolVersion, 1]);
      }
    }
  });
});

describe('basic authentication', () => {
  test('is asked once, with all there is to know', () => {
    const rig = new Rig({ listener: { port: 1234 } });
    let asked: unknown;
    rig.access.verdict = (credentials) => {
      asked = credentials;
      return { outcome: 'accepted', principal: { clientId: credentials.clientId, username: 'other' } };
    };
    rig.connect('c', { version: 4, username: 'ada' });
    assert.partialDeepStrictEqual(asked, {
      clientId: 'c',
      username: 'ada',
      version: 4,
      listener: rig.listener,
      identity: undefined,
    });
    assert.deepEqual(rig.access.asked, ['c connect ada']);
    assert.equal(
      rig.broker.sessions.get('c')?.principal.username,
      'other',
      'the backend names the principal',
    );
  });

  test('no means 0x87 in 5.0 and 5 in 3.x, and nothing is left of it', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      rig.access.deny('c connect');
      refused(attempt(rig, 'c', { version, will: { topic: 'will' } }), version, [Reason.notAuthorized, 5]);
      assert.deepEqual(
        [rig.broker.sessions.count, rig.broker.connections.size, rig.listener.connections],
        [0, 0, 0],
      );
      assert.ok(!rig.access.asked.includes('c publish will'));
    }
  });

  test('no does not touch the session of the client that is connected under this identifier', () => {
    const rig = new Rig();
    const rightful = rig.connect('c', { username: 'ada' });
    rig.access.deny('c connect eve');
    refused(attempt(rig, 'c', { username: 'eve' }), 5, [Reason.notAuthorized]);
    rightful.ping();
  });

  test('the reason of the backend is told in 5.0; a code 3.x has no word for closes', () => {
    for (const [reasonCode, v3] of [
      [Reason.banned, 5],
      [Reason.badUserNameOrPassword, 5],
      [Reason.serverUnavailable, 3],
      [Reason.quotaExceeded, undefined],
      [Reason.useAnotherServer, undefined],
    ] as const) {
      for (const version of VERSIONS) {
        const rig = new Rig();
        rig.access.verdict = () => ({ outcome: 'refused', reasonCode, reason: 'because' });
        const client = attempt(rig, 'c', { version });
        if (version === 5) {
          client.expect('connack', { reasonCode, properties: { reasonString: 'because' } });
          client.expectClosed();
        } else refused(client, version, v3 === undefined ? [0] : [0, v3]);
      }
    }
  });

  test('a challenge where there is no method is a no', () => {
    const rig = new Rig();
    rig.access.verdict = () => ({ outcome: 'challenge' });
    refused(attempt(rig, 'c'), 5, [Reason.notAuthorized]);
  });

  test('takes its time: nobody is let in, or taken over, before the answer', async () => {
    const rig = new Rig();
    const old = rig.connect('c', { expiry: 100 });
    rig.access.hold('connect');
    const client = attempt(rig, 'c', { cleanStart: false });
    await rig.settle();
    old.ping();
    rig.access.answer();
    await rig.settle();
    old.expectClosed(Reason.sessionTakenOver);
    client.expect('connack', { reasonCode: 0, sessionPresent: true });
  });
});

describe('enhanced authentication', () => {
  test('[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] goes from CONNECT by AUTH and AUTH to CONNACK', () => {
    const rig = new Rig();
    const client = attempt(rig, 'c', method('TEST', 'hello'));
    client.expect('auth', { reasonCode: 0x18, properties: testProperties('who?') });
    client.expectNothing();
    client.auth(0x18, 'ada');
    client.expect('auth', { reasonCode: 0x18, properties: testProperties('secret?') });
    client.auth(0x18, 'sesame');
    const { properties } = client.expect('connack', { reasonCode: 0 });
    assert.partialDeepStrictEqual(properties, testProperties('welcome'));
    assert.deepEqual(rig.access.asked, ['c exchange TEST', 'c step hello', 'c step ada', 'c step sesame']);
    assert.deepEqual(rig.broker.sessions.get('c')?.principal, { clientId: 'c', username: 'ada' });
    client.ping();
  });

  test('is answered the same when the answers take time', async () => {
    const rig = new Rig();
    rig.access.hold('step');
    const client = attempt(rig, 'c', method('TEST'));
    client.expectNothing();
    assert.ok(client.wire.paused);
    rig.access.answer();
    await rig.settle();
    client.expect('auth', { properties: testProperties('who?') });
    client.auth(0x18, 'ada');
    client.auth(0x18, 'sesame');
    rig.access.answer();
    await rig.settle();
    client.expect('auth', { properties: testProperties('secret?') });
    rig.access.answer();
    await rig.settle();
    client.expect('connack', { reasonCode: 0 });
  });

  test('[MQTT-4.12.0-4] that fails ends with a CONNACK that says so', () => {
    const rig = new Rig();
    const client = attempt(rig, 'c', method('TEST', 'hello'));
    client.expect('auth');
    client.auth(0x18, 'ada');
    client.expect('auth');
    client.auth(0x18, 'open!');
    refused(client, 5, [Reason.notAuthorized]);
    assert.equal(rig.broker.sessions.count, 0);
  });

  test('[MQTT-4.12.0-1] by a method that nobody knows is refused with 0x8C', () => {
    refused(attempt(new Rig(), 'c', method('GUESS')), 5, [Reason.badAuthenticationMethod]);
  });

  test('data without a method is a protocol error', () => {
    const rig = new Rig();
    const data = { properties: { authenticationData: utf8Bytes('hello') } };
    refused(attempt(rig, 'c', data), 5, [Reason.protocolError]);
    assert.deepEqual(rig.access.asked, []);
  });

  for (const [name, act] of [
    ['[MQTT-4.12.0-5] another method', (client: Client) => client.auth(0x18, 'ada', 'OTHER')],
    ['no method', (client: Client) => client.send({ type: 'auth', reasonCode: 0x18, properties: {} })],
    ['an AUTH that re-authenticates', (client: Client) => client.auth(0x19, 'ada')],
    ['an AUTH of success, which is for servers', (client: Client) => client.auth(0, 'ada')],
    ['[MQTT-3.1.2-30] a PUBLISH', (client: Client) => client.sendPublish('t')],
    ['[MQTT-3.1.2-30] a PINGREQ', (client: Client) => client.send({ type: 'pingreq' })],
    ['a second CONNECT', (client: Client) => client.connect('c')],
  ] as const) {
    test(`${name} before the CONNACK is a protocol error`, () => {
      const rig = new Rig();
      const client = attempt(rig, 'c', method('TEST', 'hello'));
      client.expect('auth');
      act(client);
      refused(client, 5, [Reason.protocolError]);
      assert.deepEqual(rig.access.asked, ['c exchange TEST', 'c step hello']);
    });
  }

  test('a client may leave in the middle, and has 20 seconds for all of it', () => {
    const rig = new Rig();
    const leaving = attempt(rig, 'c', method('TEST', 'hello'));
    leaving.expect('auth');
    leaving.disconnect();
    leaving.expectClosed();
    const slow = attempt(rig, 'c', method('TEST', 'hello'));
    slow.expect('auth');
    rig.advance(19_000);
    slow.auth(0x18, 'ada');
    slow.expect('auth');
    rig.advance(1000);
    slow.expectClosed();
    assert.equal(rig.broker.sessions.count, 0);
  });

  test('a will given in the middle is not sent', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher');
    watcher.subscribe('#');
    const client = attempt(rig, 'c', { ...method('TEST', 'hello'), will: { topic: 'will' } });
    client.expect('auth');
    client.cut();
    watcher.expectNothing();
  });

  test('AUTH on a connection without a method is a protocol error [MQTT-4.12.0-6]', () => {
    const client = new Rig().connect('c');
    client.auth(0x19, 'hello');
    client.expectClosed(Reason.protocolError);
  });

  test('AUTH is no packet of 3.1.1', () => {
    const rig = new Rig();
    const client = rig.connect('c', { version: 4 });
    client.wire.receive(Uint8Array.of(0xf0, 0));
    client.expectClosed();
  });
});

describe('re-authentication', () => {
  test('[MQTT-4.12.1-1] is challenged and accepted on the open connection, and changes who the client is', () => {
    const rig = new Rig();
    const client = authenticated(rig, 'c');
    client.auth(0x19, 'again');
    client.expect('auth', { reasonCode: 0x18, properties: testProperties('who?') });
    client.auth(0x18, 'bob');
    client.expect('auth', { reasonCode: 0x18, properties: testProperties('secret?') });
    client.auth(0x18, 'sesame');
    client.expect('auth', { reasonCode: 0, properties: testProperties('welcome') });
    assert.deepEqual(rig.broker.sessions.get('c')?.principal, { clientId: 'c', username: 'bob' });
    client.ping();
  });

  test('lets other packets pass meanwhile, under the old name', () => {
    const rig = new Rig();
    const client = authenticated(rig, 'c');
    client.auth(0x19, 'again');
    client.expect('auth');
    client.subscribe('t');
    client.publish('t', 'x');
    client.expect('publish', { payload: 'x' });
    assert.equal(rig.broker.sessions.get('c')?.principal.username, 'ada');
  });

  test('keeps the order of packets when the answer takes time', async () => {
    const rig = new Rig();
    const client = authenticated(rig, 'c');
    rig.access.hold('step');
    client.auth(0x19, 'again');
    client.send({ type: 'pingreq' });
    client.expectNothing();
    rig.access.answer();
    await rig.settle();
    client.expect('auth', { reasonCode: 0x18 });
    client.expect('pingresp');
  });

  test('[MQTT-4.12.1-2] refused closes with DISCONNECT and its reason, and the will is sent', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher');
    watcher.subscribe('will');
    const client = authenticated(rig, 'c', { will: { topic: 'will' } });
    client.auth(0x19, 'again');
    client.expect('auth');
    client.auth(0x18, 'bob');
    client.expect('auth');
    client.auth(0x18, 'wrong');
    client.expectClosed(Reason.notAuthorized);
    watcher.expect('publish', { topic: 'will' });
  });

  test('[MQTT-3.14.2-1] refused with a reason that only a CONNACK may give closes with 0x87', () => {
    const rig = new Rig();
    for (const [reasonCode, told] of [
      [Reason.badUserNameOrPassword, Reason.notAuthorized],
      [Reason.banned, Reason.notAuthorized],
      [Reason.serverBusy, Reason.serverBusy],
    ] as const) {
      const client = authenticated(rig, 'c');
      rig.access.reasonCode = reasonCode;
      rig.access.deny('c step again');
      client.auth(0x19, 'again');
      client.expectClosed(told);
    }
  });

  test('[MQTT-4.12.1-1] by another method is a protocol error', () => {
    const client = authenticated(new Rig(), 'c');
    client.auth(0x19, 'again', 'OTHER');
    client.expectClosed(Reason.protocolError);
  });

  test('that goes on without having begun, or that the client calls a success, is a protocol error', () => {
    const rig = new Rig();
    for (const reasonCode of [0x18, 0]) {
      const client = authenticated(rig, 'c');
      client.auth(reasonCode, 'sesame');
      client.expectClosed(Reason.protocolError);
    }
    const begun = authenticated(rig, 'c');
    begun.auth(0x19, 'again');
    begun.expect('auth');
    begun.auth(0, 'bob');
    begun.expectClosed(Reason.protocolError);
  });

  test('once over, does not go on', () => {
    const client = authenticated(new Rig(), 'c');
    for (const [code, data] of [
      [0x19, 'again'],
      [0x18, 'bob'],
      [0x18, 'sesame'],
    ] as const) {
      client.auth(code, data);
      client.expect('auth');
    }
    client.auth(0x18, 'sesame');
    client.expectClosed(Reason.protocolError);
  });

  test('may begin anew in the middle', () => {
    const client = authenticated(new Rig(), 'c');
    client.auth(0x19, 'again');
    client.expect('auth', { properties: testProperties('who?') });
    client.auth(0x18, 'bob');
    client.expect('auth', { properties: testProperties('secret?') });
    client.auth(0x19, 'anew');
    client.expect('auth', { properties: testProperties('who?') });
  });

  test('tells the backend the identifier the client was given', () => {
    const rig = new Rig();
    const client = authenticated(rig, '');
    const id = client.connack?.properties.assignedClientIdentifier;
    rig.access.asked.length = 0;
    client.auth(0x19, 'again');
    assert.deepEqual(rig.access.asked, [`${id} exchange TEST`, `${id} step again`]);
  });

  test('that comes too late for a connection taken over changes nothing', async () => {
    const rig = new Rig();
    const old = authenticated(rig, 'c', { expiry: 100 });
    rig.access.hold('step');
    old.auth(0x19, 'again');
    const client = rig.connect('c', { cleanStart: false, username: 'eve' });
    rig.access.answer();
    await rig.settle();
    assert.equal(rig.broker.sessions.get('c')?.principal.username, 'eve');
    client.expectNothing();
  });
});
