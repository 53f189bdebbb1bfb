/** One morning at a broker, as the 1.4 series, the 2.1 series and JSON tell it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOG_TYPES } from './log-dialect.ts';
import { DEFAULT_LOG_SETTINGS, Log, type LogDialect } from './log.ts';

const zhoujing = { client: 'zhoujing' };
const publisher = { client: 'JY_API_PUSH_CLIENT' };
const subscription = { filter: 'jiji/chat/9', qos: 2 };
const phone = { address: '121.201.8.163', port: 40_000 };
const server = { address: '121.201.8.164', port: 40_001 };
const message = { dup: false, qos: 2, retain: false, packetId: 1, topic: 'jiji/chat/9', bytes: 396 };
const ack = { packetId: 1, reasonCode: 0 };

function subscribing(log: Log): void {
  log.event('connectionOpened', { ...phone, listenerPort: 1883 });
  log.event('clientConnected', {
    ...zhoujing,
    ...phone,
    bridge: false,
    version: 4,
    cleanStart: false,
    keepAliveSeconds: 60,
    username: 'joyo',
  });
  log.event('noWillSpecified', zhoujing);
  log.event('connackSent', { ...zhoujing, sessionPresent: false, reasonCode: 0 });
  log.event('subscribeReceived', zhoujing);
  log.event('subscriptionRequested', { ...zhoujing, ...subscription, denied: false });
  log.event('subscribed', { ...zhoujing, ...subscription });
  log.event('subackSent', zhoujing);
}

function publishing(log: Log): void {
  log.event('publishReceived', { ...publisher, ...message });
  log.event('ackSent', { ...publisher, ...ack, packet: 'PUBREC' });
  log.event('ackReceived', { ...publisher, ...ack, packet: 'PUBREL' });
  log.event('ackSent', { ...publisher, ...ack, packet: 'PUBCOMP' });
  log.event('publishSent', { ...zhoujing, ...message });
  log.event('ackReceived', { ...zhoujing, ...ack, packet: 'PUBREC' });
  log.event('ackSent', { ...zhoujing, ...ack, packet: 'PUBREL' });
  log.event('ackReceived', { ...zhoujing, ...ack, packet: 'PUBCOMP' });
}

function leaving(log: Log): void {
  log.event('disconnectReceived', { ...publisher, reasonCode: 0 });
  log.event('clientDisconnected', { ...publisher, ...server, cause: 'session taken over' });
  log.event('pingreqReceived', { client: '36383A64663A6464003V0' });
  log.event('pingrespSent', { client: '36383A64663A6464003V0' });
  log.event('clientDisconnected', { client: '33303A33393A3236003V0', ...phone, cause: 'exceeded timeout' });
  log.event('clientDisconnected', {
    client: '351BBJKFX62C1',
    ...phone,
    cause: 'connection closed by client',
  });
}

function walk(dialect: LogDialect): string {
  const lines: string[] = [];
  const settings = { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES), dialect };
  const log = new Log(
    settings,
    () => 1_403_334_375_000,
    ({ text }) => lines.push(text),
  );
  for (const part of [subscribing, publishing, leaving]) part(log);
  return lines.join('\n');
}

const OLD = `
1403334375: New connection from 121.201.8.163 on port 1883.
1403334375: New client connected from 121.201.8.163 as zhoujing (c0, k60, u'joyo').
1403334375: Sending CONNACK to zhoujing (0)
1403334375: Received SUBSCRIBE from zhoujing
1403334375: \tjiji/chat/9 (QoS 2)
1403334375: zhoujing 2 jiji/chat/9
1403334375: Sending SUBACK to zhoujing
1403334375: Received PUBLISH from JY_API_PUSH_CLIENT (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334375: Sending PUBREC to JY_API_PUSH_CLIENT (Mid: 1)
1403334375: Received PUBREL from JY_API_PUSH_CLIENT (Mid: 1)
1403334375: Sending PUBCOMP to JY_API_PUSH_CLIENT (Mid: 1)
1403334375: Sending PUBLISH to zhoujing (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334375: Received PUBREC from zhoujing (Mid: 1)
1403334375: Sending PUBREL to zhoujing (Mid: 1)
1403334375: Received PUBCOMP from zhoujing (Mid: 1)
1403334375: Received DISCONNECT from JY_API_PUSH_CLIENT
1403334375: Client JY_API_PUSH_CLIENT already connected, closing old connection.
1403334375: Received PINGREQ from 36383A64663A6464003V0
1403334375: Sending PINGRESP to 36383A64663A6464003V0
1403334375: Client 33303A33393A3236003V0 has exceeded timeout, disconnecting.
1403334375: Socket error on client 351BBJKFX62C1, disconnecting.`;

const NEW = `
1403334375: New connection from 121.201.8.163:40000 on port 1883.
1403334375: New client connected from 121.201.8.163:40000 as zhoujing (p4, c0, k60, u'joyo').
1403334375: No will message specified.
1403334375: Sending CONNACK to zhoujing (0, 0)
1403334375: Received SUBSCRIBE from zhoujing
1403334375: \tjiji/chat/9 (QoS 2)
1403334375: zhoujing 2 jiji/chat/9
1403334375: Sending SUBACK to zhoujing
1403334375: Received PUBLISH from JY_API_PUSH_CLIENT (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334375: Sending PUBREC to JY_API_PUSH_CLIENT (m1, rc0)
1403334375: Received PUBREL from JY_API_PUSH_CLIENT (Mid: 1)
1403334375: Sending PUBCOMP to JY_API_PUSH_CLIENT (m1)
1403334375: Sending PUBLISH to zhoujing (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334375: Received PUBREC from zhoujing (Mid: 1)
1403334375: Sending PUBREL to zhoujing (m1)
1403334375: Received PUBCOMP from zhoujing (Mid: 1, RC:0)
1403334375: Received DISCONNECT from JY_API_PUSH_CLIENT
1403334375: Client JY_API_PUSH_CLIENT [121.201.8.164:40001] disconnected: session taken over.
1403334375: Received PINGREQ from 36383A64663A6464003V0
1403334375: Sending PINGRESP to 36383A64663A6464003V0
1403334375: Client 33303A33393A3236003V0 [121.201.8.163:40000] disconnected: exceeded timeout.
1403334375: Client 351BBJKFX62C1 [121.201.8.163:40000] disconnected: connection closed by client.`;

test('the acceptance walk in the lines of 1.4', () => {
  assert.equal(`\n${walk('mosquitto-1.4')}`, OLD);
});

test('the acceptance walk in the lines of 2.1', () => {
  assert.equal(`\n${walk('mosquitto')}`, NEW);
});

test('the acceptance walk in JSON, one event a line', () => {
  const events = walk('json').split('\n');
  assert.equal(events.length, NEW.trim().split('\n').length);
  const connected: unknown = JSON.parse(events[1] ?? '');
  assert.deepEqual(connected, {
    time: '2014-06-21T07:06:15.000Z',
    level: 'notice',
    event: 'clientConnected',
    client: 'zhoujing',
    ...phone,
    bridge: false,
    version: 4,
    cleanStart: false,
    keepAliveSeconds: 60,
    username: 'joyo',
  });
});
