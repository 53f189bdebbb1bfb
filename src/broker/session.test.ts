import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';

const VERSIONS = [3, 4, 5] as const;
const LEVELS = [0, 1, 2] as const;

/** Publishes one message for each letter. */
function publishAll(client: Client, topic: string, letters: string, qos: 0 | 1 | 2 = 1): void {
  for (const payload of letters) client.publish(topic, payload, { qos });
}

/** What has come: payload and packet identifier, with a plus for DUP. */
function sent(client: Client): string {
  return client.wire.packets
    .splice(0)
    .map((packet) => {
      if (packet.type !== 'publish') return packet.type;
      return `${packet.dup ? '+' : ''}${new TextDecoder().decode(packet.payload)}${packet.packetId || ''}`;
    })
    .join(' ');
}

describe('the one gate', () => {
  test('asks about every delivery: live, queued, retained, replayed, a will, shared, sent again', () => {
    const rig = new Rig();
    const publisher = rig.connect('p', { will: { topic: 'secret', payload: 'will' } });
    const options = { cleanStart: false, expiry: 1000, properties: { receiveMaximum: 2 } };
    const client = rig.connect('c', options);
    client.subscribe(['secret', '$share/g/secret'], 1);
    publishAll(publisher, 'secret', 'ab');
    assert.equal(sent(client), 'a1 a2', 'allowed so far');
    rig.access.deny('c receive secret');
    publisher.publish('secret', 'live', { qos: 1 });
    publisher.publish('secret', 'live at QoS 0');
    client.ack('puback', 1);
    client.ack('puback', 2);
    assert.equal(sent(client), '', 'what waited is asked about again');
    assert.equal(rig.stored, 0);
    rig.access.allow('c receive secret');
    publishAll(publisher, 'secret', 'c');
    assert.equal(sent(client), 'c5 c6', 'what was kept back has used an identifier each');
  });

  test('keeps back what was queued for a client whose rights were taken away meanwhile', () => {
    const rig = new Rig();
    const options = { cleanStart: false, expiry: 1000 };
    const client = rig.connect('c', options);
    client.subscribe(['secret', 'open'], 2);
    client.cut();
    const publisher = rig.connect('p');
    publishAll(publisher, 'secret', 'ab', 1);
    publishAll(publisher, 'open', 'c', 2);
    publishAll(publisher, 'secret', 'd', 2);
    rig.access.deny('c receive secret');
    const back = rig.connect('c', options);
    assert.deepEqual(back.messages(), ['c']);
    assert.equal(rig.stored, 0);
  });

  test('keeps back what would be sent again, but not a PUBREL', () => {
    const rig = new Rig();
    const options = { cleanStart: false, expiry: 1000 };
    const client = rig.connect('c', options);
    client.subscribe('secret', 2);
    const publisher = rig.connect('p');
    publishAll(publisher, 'secret', 'a', 1);
    publishAll(publisher, 'secret', 'bc', 2);
    assert.equal(sent(client), 'a1 b2 c3');
    client.ack('pubrec', 2);
    client.cut();
    rig.access.deny('c receive secret');
    const back = rig.connect('c', options);
    back.expect('pubrel', { packetId: 2 });
    back.expectNothing();
    back.ack('pubrec', 3);
    back.expect('pubrel', { packetId: 3, reasonCode: Reason.packetIdentifierNotFound });
    back.ack('pubcomp', 2);
    assert.equal(rig.stored, 0);
  });

  test('what waits for one user is not for another with the same client identifier', () => {
    const rig = new Rig();
    const options = { cleanStart: false, expiry: 1000 };
    const ada = rig.connect('c', { ...options, username: 'ada' });
    ada.subscribe('t', 1);
    ada.cut();
    rig.connect('p').publish('t', 'x', { qos: 1 });
    const eve = rig.connect('c', { ...options, username: 'eve' });
    assert.equal(eve.connack?.sessionPresent, false);
    eve.expectNothing();
    assert.deepEqual([rig.broker.subscriptionCount, rig.stored], [0, 0]);
  });
});

describe('the QoS of a delivery', () => {
  test('[MQTT-3.8.4-8] is the smaller of the message and the subscription', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    for (const granted of LEVELS) client.subscribe(`t/${granted}`, granted);
    for (const granted of LEVELS) {
      for (const qos of LEVELS) {
        client.publish(`t/${granted}`, 'x', { qos });
        client.expect('publish', { qos: Math.min(qos, granted) as 0 | 1 | 2 });
        if (qos > 0 && granted > 0) client.wire.packets.length = 0;
      }
    }
  });

  test('upgrade_outgoing_qos: is that of the subscription', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { upgradeOutgoingQos: true } });
      const publisher = rig.connect('p');
      publisher.publish('t/kept', 'r', { retain: true });
      const clients = LEVELS.map((granted) => {
        const client = rig.connect(`c${granted}`, { version });
        client.subscribe('t/#', granted);
        client.expect('publish', { qos: granted, retain: true });
        return client;
      });
      for (const qos of LEVELS) {
        publisher.publish('t/x', 'x', { qos });
        for (const [granted, client] of clients.entries()) {
          client.expect('publish', { qos: granted as 0 | 1 | 2, payload: 'x' });
        }
      }
    }
  });

  test('upgrade_outgoing_qos: a message at QoS 0 waits for a client that is away', () => {
    const rig = new Rig({ settings: { upgradeOutgoingQos: true } });
    const options = { cleanStart: false, expiry: 100 };
    const client = rig.connect('c', options);
    client.subscribe('t', 1);
    client.cut();
    rig.connect('p').publish('t', 'x');
    rig.connect('c', options).expect('publish', { payload: 'x', qos: 1 });
  });
});

describe('the window', () => {
  test('[MQTT-3.3.4-9] is the Receive Maximum of the client in 5.0', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { receiveMaximum: 2 } });
    client.subscribe('t', 2);
    publishAll(rig.connect('p'), 't', 'abcde', 2);
    assert.equal(sent(client), 'a1 b2');
    client.ack('pubrec', 2);
    assert.equal(sent(client), 'pubrel');
    client.ack('pubcomp', 2);
    assert.equal(sent(client), 'c3');
    client.ack('pubrec', 1, Reason.unspecifiedError);
    assert.equal(sent(client), 'd4');
  });

  test('is max_inflight_messages before 5.0, and 65535 in 5.0 if the client says nothing', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { maxInflightMessages: 3 } });
      const client = rig.connect('c', { version });
      client.subscribe('t', 1);
      publishAll(rig.connect('p'), 't', 'abcde');
      assert.equal(sent(client), version === 5 ? 'a1 b2 c3 d4 e5' : 'a1 b2 c3');
    }
  });

  test('is max_inflight_bytes too, also for a client that comes back with all of it in flight', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { maxInflightBytes: 2 } });
      const options = { version, cleanStart: false, ...(version === 5 && { expiry: 100 }) };
      const client = rig.connect('c', options);
      client.subscribe('t', 1);
      publishAll(rig.connect('p'), 't', 'abc');
      assert.equal(sent(client), 'a1 b2');
      client.cut();
      const back = rig.connect('c', options);
      assert.equal(sent(back), '+a1 +b2');
      back.ack('puback', 1);
      assert.equal(sent(back), 'c3');
    }
  });

  test('lets QoS 0 pass while it is closed', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { receiveMaximum: 1 } });
    client.subscribe('t', 1);
    const publisher = rig.connect('p');
    publishAll(publisher, 't', 'ab');
    publishAll(publisher, 't', 'c', 0);
    assert.equal(sent(client), 'a1 c');
  });

  test('[MQTT-4.4.0-1] of a client that comes back with a smaller one is kept', () => {
    const rig = new Rig();
    const client = rig.connect('c', { expiry: 100 });
    client.subscribe('t', 1);
    const publisher = rig.connect('p');
    publishAll(publisher, 't', 'abc');
    client.cut();
    publishAll(publisher, 't', 'd');
    const back = rig.connect('c', { cleanStart: false, expiry: 100, properties: { receiveMaximum: 1 } });
    for (const [packetId, expected] of [
      [0, '+a1'],
      [1, '+b2'],
      [2, '+c3'],
      [3, 'd4'],
    ] as const) {
      if (packetId > 0) back.ack('puback', packetId);
      assert.equal(sent(back), expected);
    }
  });
});

describe('the queue', () => {
  const away = { cleanStart: false, expiry: 1000 };

  test('max_queued_messages: the newest are dropped, counted, and told once', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { maxQueuedMessages: 2 } });
      const options = { version, cleanStart: false, ...(version === 5 && { expiry: 1000 }) };
      const client = rig.connect('c', options);
      client.subscribe('t', 1);
      client.cut();
      publishAll(rig.connect('p'), 't', 'abcd');
      assert.equal(rig.broker.counters.publishDropped, 2);
      assert.equal(rig.logged('messagesDropped').length, 1);
      assert.equal(rig.stored, 2);
      assert.deepEqual(rig.connect('c', options).messages(), ['a', 'b']);
      assert.equal(rig.stored, 0);
    }
  });

  test('max_queued_bytes', () => {
    const rig = new Rig({ settings: { maxQueuedBytes: 5 } });
    const client = rig.connect('c', away);
    client.subscribe('t', 1);
    client.cut();
    const publisher = rig.connect('p');
    for (const payload of ['1234', '5678', '9']) publisher.publish('t', payload, { qos: 1 });
    assert.deepEqual(rig.connect('c', away).messages(), ['1234', '5678']);
    assert.equal(rig.broker.counters.publishDropped, 1);
  });

  test('0 is no limit', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 0 }, log: false });
    const client = rig.connect('c', away);
    client.subscribe('t', 1);
    client.cut();
    const publisher = rig.connect('p');
    for (let i = 0; i < 5000; i++) publisher.publish('t', `${i}`, { qos: 1 });
    const back = rig.connect('c', away).messages();
    assert.deepEqual(
      back,
      Array.from({ length: 5000 }, (_, i) => `${i}`),
    );
  });

  test('a connected client: so many beyond its window', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 2 } });
    const client = rig.connect('c', { properties: { receiveMaximum: 2 } });
    client.subscribe('t', 1);
    for (const payload of 'abcdef') rig.publish('t', payload, { qos: 1 });
    assert.deepEqual(client.messages(), ['a', 'b', 'c', 'd']);
    assert.equal(rig.broker.counters.publishDropped, 2);
  });

  test('the notice comes once per connection', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 1 } });
    for (const expected of [1, 2]) {
      const client = rig.connect('c', { ...away, properties: { receiveMaximum: 1 } });
      client.subscribe('t', 1);
      for (const payload of 'abcd') rig.publish('t', payload, { qos: 1 });
      client.cut();
      for (const payload of 'ef') rig.publish('t', payload, { qos: 1 });
      assert.equal(rig.logged('messagesDropped').length, expected);
    }
  });

  test('[MQTT-4.5.0-1] QoS 0 is not kept for a client that is away, and not counted', () => {
    const rig = new Rig();
    const client = rig.connect('c', away);
    client.subscribe('t', 2);
    client.cut();
    publishAll(rig.connect('p'), 't', 'ab', 0);
    assert.deepEqual([rig.stored, rig.broker.counters.publishDropped], [0, 0]);
    rig.connect('c', away).expectNothing();
  });

  test('queue_qos0_messages keeps QoS 0, in order with the others', () => {
    const rig = new Rig({ settings: { queueQos0Messages: true, maxQueuedMessages: 4 } });
    const client = rig.connect('c', away);
    client.subscribe('t', 1);
    client.cut();
    const publisher = rig.connect('p');
    publishAll(publisher, 't', 'a', 0);
    publishAll(publisher, 't', 'b', 1);
    publishAll(publisher, 't', 'cde', 0);
    assert.equal(rig.broker.counters.publishDropped, 1);
    assert.equal(sent(rig.connect('c', away)), 'a b1 c d');
  });

  test('queue_qos0_messages: what comes live does not overtake what waits [MQTT-4.6.0-5]', () => {
    const rig = new Rig({ settings: { queueQos0Messages: true } });
    const client = rig.connect('c', away);
    client.subscribe('t', 1);
    client.cut();
    const publisher = rig.connect('p');
    publishAll(publisher, 't', 'ab', 1);
    publishAll(publisher, 't', 'cd', 0);
    const back = rig.connect('c', { ...away, properties: { receiveMaximum: 1 } });
    publishAll(publisher, 't', 'e', 0);
    assert.deepEqual(back.messages(), ['a', 'b', 'c', 'd', 'e']);
    publishAll(publisher, 't', 'f', 0);
    assert.deepEqual(back.messages(), ['f']);
  });

  test('drops what has expired when its turn comes, and counts down the rest [MQTT-3.3.2-5] [MQTT-3.3.2-6]', () => {
    const rig = new Rig();
    const client = rig.connect('c', away);
    client.subscribe('t', 1);
    client.cut();
    const publisher = rig.connect('p');
    for (const messageExpiryInterval of [1, 10, 100]) {
      publisher.publish('t', `${messageExpiryInterval}`, { qos: 1, properties: { messageExpiryInterval } });
    }
    rig.advance(10_000);
    const back = rig.connect('c', away);
    back.expect('publish', { payload: '100', properties: { messageExpiryInterval: 90 } });
    back.expectNothing();
    back.ack('puback', 3);
    assert.equal(rig.stored, 0);
  });

  test('what was sent before it expired is sent again all the same', () => {
    const rig = new Rig();
    const client = rig.connect('c', away);
    client.subscribe('t', 2);
    const properties = { messageExpiryInterval: 5 };
    rig.connect('p').publish('t', 'x', { qos: 2, properties });
    client.expect('publish');
    client.cut();
    rig.advance(60_000);
    const back = rig.connect('c', away);
    back.expect('publish', { dup: true, packetId: 1, properties: { messageExpiryInterval: 0 } });
  });

  test('[MQTT-4.6.0-6] keeps its order through a wire that fills and drains', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t', 1);
    client.wire.room = 2;
    client.wire.drain();
    for (const payload of 'abcdefg') rig.publish('t', payload, { qos: 1 });
    assert.equal(sent(client), 'a1 b2');
    client.wire.drain();
    assert.equal(sent(client), 'c3 d4');
    client.ack('puback', 1);
    assert.equal(sent(client), '');
    client.wire.room = Infinity;
    client.wire.drain();
    assert.equal(sent(client), 'e5 f6 g7');
  });
});

describe('a wire that is full', () => {
  test('drops QoS 0 and counts it, keeps QoS 1 and 2, and lets acknowledgements pass', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe(['plain'], 0);
    client.subscribe(['kept', 'with/identifier'], 2, { identifier: 1 });
    client.wire.full = true;
    rig.publish('plain', 'lost');
    rig.publish('with/identifier', 'lost too');
    rig.publish('kept', 'one', { qos: 1 });
    rig.publish('kept', 'two', { qos: 2 });
    assert.equal(rig.broker.counters.publishDropped, 2);
    client.expectNothing();
    client.ping();
    client.publish('nobody', 'x', { qos: 1 });
    client.wire.drain();
    assert.deepEqual(client.messages(), ['one', 'two']);
    rig.publish('plain', 'again');
    assert.deepEqual(client.messages(), ['again']);
  });

  test('at reconnect gets PUBREL at once and the messages when it drains', () => {
    const rig = new Rig();
    const client = rig.connect('c', { expiry: 100 });
    client.subscribe('t', 2);
    publishAll(rig.connect('p'), 't', 'ab', 2);
    client.ack('pubrec', 1);
    client.cut();
    const back = rig.open();
    back.wire.full = true;
    back.connect('c', { cleanStart: false, expiry: 100 });
    assert.equal(sent(back), 'connack pubrel');
    back.wire.drain();
    assert.equal(sent(back), '+b2');
  });
});

describe('the Maximum Packet Size of a client', () => {
  // topic 1, payload n: 2 fixed, 2 + 1 topic, 1 properties, 2 packet identifier
  test('[MQTT-3.1.2-24] [MQTT-3.1.2-25] what is larger is not sent, and is done', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { maximumPacketSize: 20, receiveMaximum: 1 } });
    for (const qos of LEVELS) {
      client.subscribe('t', qos);
      const most = 20 - 6 - (qos > 0 ? 2 : 0);
      const publisher = rig.connect('p');
      publisher.publish('t', 'x'.repeat(most + 1), { qos });
      publisher.publish('t', 'y'.repeat(most), { qos });
      assert.deepEqual(client.messages(), ['y'.repeat(most)]);
      assert.equal(rig.stored, 0);
    }
    assert.equal(rig.logged('deliveryTooLarge').length, 3);
    assert.equal(rig.broker.counters.publishSent, 3);
    client.ping();
  });

  test('counts what this client alone gets: its identifiers', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { maximumPacketSize: 20 } });
    client.subscribe('t', 0, { identifier: 300 });
    const publisher = rig.connect('p');
    publisher.publish('t', 'x'.repeat(20 - 6 - 2));
    client.expectNothing();
    publisher.publish('t', 'x'.repeat(20 - 6 - 3));
    client.expect('publish');
  });
});

describe('topic aliases for a client', () => {
  const aliases = { properties: { topicAliasMaximum: 2 } };

  test('[MQTT-3.1.2-26] [MQTT-3.1.2-27] go to the first topics, at every QoS', () => {
    const rig = new Rig();
    const client = rig.connect('c', aliases);
    client.subscribe('#', 1);
    const publisher = rig.connect('p');
    for (const [topic, qos, shown, alias] of [
      ['a', 0, 'a', 1],
      ['a', 1, '', 1],
      ['b', 1, 'b', 2],
      ['c', 0, 'c', undefined],
      ['b', 0, '', 2],
      ['a', 0, '', 1],
    ] as const) {
      publisher.publish(topic, 'x', { qos });
      client.expect('publish', {
        topic: shown,
        properties: alias === undefined ? NO_PROPERTIES : { topicAlias: alias },
      });
    }
  });

  test('are at most as many as the operator allows', () => {
    for (const maxTopicAliasBroker of [0, 1]) {
      const rig = new Rig({ listener: { maxTopicAliasBroker } });
      const client = rig.connect('c', aliases);
      client.subscribe('#');
      for (const topic of ['a', 'b']) client.publish(topic, 'x');
      const given = client.packets.map((packet) => packet.type === 'publish' && packet.properties.topicAlias);
      assert.deepEqual(given, maxTopicAliasBroker === 1 ? [1, undefined] : [undefined, undefined]);
    }
  });

  test('are not announced by a packet that was not sent', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { topicAliasMaximum: 1, maximumPacketSize: 20 } });
    client.subscribe('#', 1);
    const publisher = rig.connect('p');
    for (const qos of [0, 1] as const) publisher.publish('a', 'x'.repeat(100), { qos });
    client.expectNothing();
    client.wire.full = true;
    publisher.publish('a', 'dropped');
    client.wire.drain();
    publisher.publish('b', 'x');
    client.expect('publish', { topic: 'b', properties: { topicAlias: 1 } });
    publisher.publish('a', 'x');
    client.expect('publish', { topic: 'a', properties: NO_PROPERTIES });
  });

  test('do not keep a message back that is too large only with its alias', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { topicAliasMaximum: 1, maximumPacketSize: 20 } });
    client.subscribe('#');
    const publisher = rig.connect('p');
    const payload = 'x'.repeat(20 - 6);
    publisher.publish('a', payload);
    client.expect('publish', { topic: 'a', payload, properties: NO_PROPERTIES });
    publisher.publish('a', 'x');
    client.expect('publish', { topic: 'a', properties: { topicAlias: 1 } });
  });

  test('do not outlive the connection, also for what is sent again', () => {
    const rig = new Rig();
    const options = { cleanStart: false, expiry: 100, ...aliases };
    const client = rig.connect('c', options);
    client.subscribe('#', 1);
    const publisher = rig.connect('p');
    publisher.publish('a', '1', { qos: 1 });
    publisher.publish('a', '2', { qos: 1 });
    client.expect('publish', { topic: 'a' });
    client.expect('publish', { topic: '' });
    client.cut();
    const back = rig.connect('c', options);
    back.expect('publish', { topic: 'a', payload: '1', dup: true, properties: { topicAlias: 1 } });
    back.expect('publish', { topic: '', payload: '2', dup: true, properties: { topicAlias: 1 } });
  });
});

describe('sent again', () => {
  test('[MQTT-4.4.0-1] [MQTT-2.2.1-3] in order, with DUP and the same identifiers; PUBREL where PUBREC came', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const options = { version, cleanStart: false, ...(version === 5 && { expiry: 100 }) };
      const client = rig.connect('c', options);
      client.subscribe('t', 2);
      const publisher = rig.connect('p');
      publishAll(publisher, 't', 'ab', 2);
      publishAll(publisher, 't', 'cd', 1);
      assert.equal(sent(client), 'a1 b2 c3 d4');
      client.ack('pubrec', 1);
      client.ack('puback', 3);
      client.wire.packets.length = 0;
      client.cut();
      publishAll(publisher, 't', 'e', 1);
      const back = rig.connect('c', options);
      back.expect('pubrel', { packetId: 1 });
      assert.equal(sent(back), '+b2 +d4 e5');
      back.ack('pubcomp', 1);
      back.ack('pubrec', 2);
      back.expect('pubrel', { packetId: 2 });
      back.ack('pubcomp', 2);
      back.ack('puback', 4);
      back.ack('puback', 5);
      assert.equal(rig.stored, 0);
    }
  });

  test('to a client that comes back in another version', () => {
    const rig = new Rig();
    const client = rig.connect('c', { version: 5, expiry: 0xffff_ffff });
    client.subscribe('t', 2, { identifier: 5 });
    const publisher = rig.connect('p');
    const properties = { userProperties: [['k', 'v']] as const, messageExpiryInterval: 60 };
    publisher.publish('t', 'x', { qos: 2, properties });
    client.cut();
    rig.advance(10_000);
    const old = rig.connect('c', { version: 4, cleanStart: false });
    old.expect('publish', { topic: 't', payload: 'x', dup: true, packetId: 1, properties: NO_PROPERTIES });
    old.cut();
    const back = rig.connect('c', { version: 5, cleanStart: false });
    back.expect('publish', {
      dup: true,
      properties: { ...properties, messageExpiryInterval: 50, subscriptionIdentifiers: [5] },
    });
  });

  test('not, if the client never left: the broker sends nothing twice on one connection [MQTT-4.4.0-1]', () => {
    const rig = new Rig();
    const client = rig.connect('c', { keepAliveSeconds: 100 });
    client.subscribe('t', 1);
    publishAll(rig.connect('p'), 't', 'a');
    assert.equal(sent(client), 'a1');
    rig.advance(100_000);
    client.expectNothing();
  });
});

test('a payload is kept when its message is: nothing points into the received chunk', () => {
  // The rig overwrites each chunk once the broker is done with it
  const rig = new Rig();
  const client = rig.connect('c', { cleanStart: false, expiry: 100 });
  client.subscribe('#', 2);
  client.cut();
  const publisher = rig.connect('p', { will: { topic: 'w', payload: 'will', qos: 1 } });
  const properties = { correlationData: Uint8Array.of(1, 2, 3), userProperties: [['k', 'v']] as const };
  for (const qos of LEVELS) publisher.publish(`t${qos}`, `payload ${qos}`, { qos, retain: true, properties });
  publisher.publish('large', 'x'.repeat(5000), { qos: 1 });
  publisher.sendPublish('held', 'until PUBREL', { qos: 2, packetId: 77 });
  publisher.ack('pubrel', 77);
  publisher.cut();
  const back = rig.connect('c', { cleanStart: false });
  for (const qos of [1, 2] as const) back.expect('publish', { payload: `payload ${qos}`, properties });
  back.expect('publish', { payload: 'x'.repeat(5000) });
  back.expect('publish', { payload: 'until PUBREL' });
  back.expect('publish', { topic: 'w', payload: 'will' });
  back.subscribe('t0');
  back.expect('publish', { payload: 'payload 0', retain: true, properties });
});

test('a message counts once, however many hold it, and no longer than one does', () => {
  const rig = new Rig();
  const publisher = rig.connect('p');
  const clients = ['a', 'b', 'c'].map((id) => {
    const client = rig.connect(id, { expiry: 100 });
    client.subscribe(['t', '+'], 1);
    return client;
  });
  publisher.publish('t', '12345', { qos: 1, retain: true });
  assert.deepEqual([rig.stored, rig.broker.stored.bytes], [1, 5]);
  clients[0]!.messages();
  clients[1]!.cut();
  clients[2]!.disconnect(0, { sessionExpiryInterval: 0 });
  assert.equal(rig.stored, 1);
  publisher.publish('t', '', { retain: true });
  assert.equal(rig.stored, 1, 'b holds it still');
  rig.advance(100_000);
  assert.deepEqual([rig.stored, rig.broker.stored.bytes], [0, 0]);
});
