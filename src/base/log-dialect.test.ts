import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOG_TABLE, LOG_TYPES, type LogType } from './log-dialect.ts';
import type { AckName, DisconnectCause, LogEventName, LogEvents } from './log-events.ts';
import { DEFAULT_LOG_SETTINGS, Log, type LogDialect, type LogLine } from './log.ts';

/** One event, and how it reads: its level, its lines in 2.1, and those of 1.4 where they differ. */
interface Row {
  readonly name: LogEventName;
  readonly fields: object;
  readonly level: LogType;
  readonly oldLevel: LogType;
  readonly lines: readonly string[];
  readonly oldLines: readonly string[];
  readonly log: (log: Log) => void;
}

const rows: Row[] = [];

function row<E extends LogEventName>(
  name: E,
  fields: LogEvents[E],
  [level, oldLevel = level]: readonly [LogType, LogType?],
  lines: string | readonly string[],
  oldLines: string | readonly string[] = lines,
): void {
  const log = (to: Log): void => to.event(name, fields);
  rows.push({ name, fields, level, oldLevel, lines: [lines].flat(), oldLines: [oldLines].flat(), log });
}

const NONE: readonly string[] = [];
const INFORMATION = ['information'] as const;
const NOTICE = ['notice'] as const;
const WARNING = ['warning'] as const;
const ERROR = ['error'] as const;
const DEBUG = ['debug'] as const;

const from = { address: '127.0.0.1', port: 51_686 };
const client = 'pubber';
const unknown = { client: from.address, ...from };

// The process
row('starting', { version: '2.1.2' }, INFORMATION, 'mosquitto version 2.1.2 starting');
row('running', { version: '2.1.2' }, INFORMATION, 'mosquitto version 2.1.2 running', NONE);
row('terminating', { version: '2.1.2' }, INFORMATION, 'mosquitto version 2.1.2 terminating');
row('configLoaded', { file: 'm.conf' }, INFORMATION, 'Config loaded from m.conf.');
row('defaultConfigUsed', {}, INFORMATION, 'Using default config.');
row('localOnlyMode', {}, WARNING, [
  'Starting in local only mode. Connections will only be possible from clients running on this machine.',
  'Create a configuration file which defines a listener to allow remote access.',
  'For more details see https://mosquitto.org/documentation/authentication-methods/',
]);
for (const family of ['ipv4', 'ipv6'] as const) {
  const opening = `Opening ${family} listen socket on port 1883.`;
  row('listenerOpening', { family, port: 1883 }, INFORMATION, opening);
  row(
    'listenerOpening',
    { family, port: 1883, protocol: 'websockets' },
    INFORMATION,
    opening,
    'Opening websockets listen socket on port 1883.',
  );
}
row(
  'listenerOpening',
  { family: 'unix', port: 0, path: '/run/m.sock' },
  INFORMATION,
  'Opening unix listen socket on path /run/m.sock.',
);
const wrong = { text: 'm.conf:1: no' };
row('configError', wrong, ERROR, wrong.text);
row('configWarning', wrong, WARNING, wrong.text);
row('configNotice', wrong, NOTICE, wrong.text);
row('configInformation', wrong, INFORMATION, wrong.text);
row('serverError', wrong, ERROR, wrong.text);
row('serverWarning', wrong, WARNING, wrong.text);

// What survives a restart
row(
  'storeRestored',
  { messages: 5, retained: 4, sessions: 3, subscriptions: 2, deliveries: 1 },
  INFORMATION,
  [
    'Restored 5 base messages',
    'Restored 4 retained messages',
    'Restored 3 clients',
    'Restored 2 subscriptions',
    'Restored 1 client messages',
  ],
  NONE,
);
row(
  'storeSaving',
  { file: '/var/lib/mosquitto/mosquitto.db' },
  INFORMATION,
  'Saving in-memory database to /var/lib/mosquitto/mosquitto.db.',
);
row(
  'storeReady',
  { durability: 'sync', file: '/s/mosquitto.sqlite3', sessions: 12, retained: 1 },
  INFORMATION,
  'Persistence: sync, /s/mosquitto.sqlite3 (12 sessions, 1 retained message)',
);
row(
  'storeImported',
  { file: 'mosquitto.db', into: 'mosquitto.sqlite3' },
  INFORMATION,
  'Imported mosquitto.db into mosquitto.sqlite3; it stays as it is.',
);
row(
  'storeTakenOver',
  { file: 'mosquitto.sqlite3', into: 'mosquitto.db', kept: 'mosquitto.sqlite3.old' },
  INFORMATION,
  'Took over mosquitto.sqlite3 into mosquitto.db; it is mosquitto.sqlite3.old from now on.',
);
row(
  'storeUpToDate',
  { file: 'mosquitto.sqlite3' },
  INFORMATION,
  'Nothing to save: mosquitto.sqlite3 has every change that was acknowledged.',
);
row(
  'storeFailed',
  { why: 'database or disk is full' },
  ERROR,
  'Error: Changes cannot be stored: database or disk is full. QoS 1 and 2, subscriptions and sessions that are stored are refused until they can be; it is tried again every second.',
);
row(
  'storeRecovered',
  { heldMs: 2345 },
  NOTICE,
  'Changes are stored again, after 2.3 s; nothing acknowledged was lost.',
);
const plugin = 'ban';
row('pluginLoading', { path: './ban.ts' }, INFORMATION, 'Loading plugin: ./ban.ts');
row(
  'pluginRegistered',
  { plugin, on: 'message-in' },
  INFORMATION,
  "Plugin ban has registered to receive 'message-in' events.",
  NONE,
);
row(
  'pluginRegistered',
  { plugin, on: 'control', topic: '$CONTROL/ban/v1' },
  INFORMATION,
  "Plugin ban has registered to receive 'control' events on topic $CONTROL/ban/v1.",
  NONE,
);
row('pluginLoaded', { plugin, version: '1.2' }, INFORMATION, 'Plugin ban version 1.2 loaded.', NONE);
row('pluginLoaded', { plugin }, INFORMATION, 'Plugin ban loaded.', NONE);
const failed = { plugin, member: 'tick', problem: 'threw Error: no' };
row('pluginFailed', { ...failed, untold: 0 }, ERROR, 'Error: Plugin ban: tick threw Error: no.');
row(
  'pluginFailed',
  { ...failed, untold: 3 },
  ERROR,
  'Error: Plugin ban: tick threw Error: no (3 more since the last line).',
);
row('pluginError', { plugin, text: 'hear' }, ERROR, 'ban: hear');
row('pluginWarning', { plugin, text: 'hear' }, WARNING, 'ban: hear');
row('pluginNotice', { plugin, text: 'hear' }, NOTICE, 'ban: hear');
row('pluginInformation', { plugin, text: 'hear' }, INFORMATION, 'ban: hear');
row('pluginDebug', { plugin, text: 'hear' }, DEBUG, 'ban: hear');
row('reloading', {}, INFORMATION, 'Reloading config.');
row('reloaded', { file: 'm.conf' }, INFORMATION, NONE);
row('reloadFailed', { file: 'm.conf' }, ERROR, NONE);
row('runningAsUser', { user: 'mosquitto' }, INFORMATION, 'Info: running mosquitto as user: mosquitto.', NONE);
row('runningAsRoot', {}, WARNING, 'Warning: Mosquitto should not be run as root/administrator.');

// Connections
row(
  'connectionOpened',
  { ...from, listenerPort: 1883 },
  NOTICE,
  'New connection from 127.0.0.1:51686 on port 1883.',
  'New connection from 127.0.0.1 on port 1883.',
);
row(
  'connectionOpened',
  { address: '/run/m.sock', port: 0, listenerPort: 0 },
  NOTICE,
  'New connection from /run/m.sock:0 on port 0.',
  'New connection from /run/m.sock on port 0.',
);
row(
  'connectionDenied',
  { ...from, why: 'max_connections exceeded' },
  NOTICE,
  'Client connection from 127.0.0.1 denied: max_connections exceeded.',
);
row(
  'connectionDenied',
  { ...from, why: 'connection rate exceeded' },
  NOTICE,
  'Client connection from 127.0.0.1 denied: connection rate exceeded.',
);
row(
  'loginHeldBack',
  { ...from, failures: 3, seconds: 4 },
  NOTICE,
  'Client connection from 127.0.0.1 denied: logins from there wait 4 s after 3 failures.',
);
row(
  'loginHeldBack',
  { ...from, failures: 1, seconds: 60, username: 'joyo' },
  NOTICE,
  'Client connection from 127.0.0.1 denied: logins as joyo wait 60 s after 1 failure.',
);
row(
  'tlsOnPlainListener',
  from,
  NOTICE,
  'Client from 127.0.0.1:51686 appears to be using TLS to connect to a non-TLS listener.',
  NONE,
);
const verifyFailed = 'error:0A000086:SSL routines::certificate verify failed';
row(
  'tlsNegotiated',
  { client, version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  NOTICE,
  'Client pubber negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
  NONE,
);
row(
  'tlsFailed',
  { ...from, index: 0, error: verifyFailed, detail: 'certificate has expired (CN=sensor)' },
  ['error', 'notice'],
  [`OpenSSL Error[0]: ${verifyFailed}`, '\t127.0.0.1:51686: certificate has expired (CN=sensor)'],
  `Client connection from 127.0.0.1 failed: ${verifyFailed}.`,
);
row('proxyRefused', { ...from, version: 1, why: 'corrupt header', detail: 'no port' }, NOTICE, [
  'Connection rejected, corrupt PROXY header.',
  '\t127.0.0.1:51686: no port',
]);
row('proxyRefused', { ...from, version: 2, why: 'corrupt header', detail: 'no port' }, NOTICE, [
  'Connection from 127.0.0.1:51686 rejected, corrupt PROXY header.',
  '\t127.0.0.1:51686: no port',
]);
row('proxyRefused', { ...from, version: 1, why: 'no header in time' }, NOTICE, [
  'Connection from 127.0.0.1:51686 rejected, no PROXY header in time.',
]);
row('proxyRefused', { ...from, version: 2, why: 'too many wait' }, NOTICE, [
  'Connection from 127.0.0.1:51686 rejected, too many connections wait for their PROXY header.',
]);
row('proxyRefused', { ...from, version: 2, why: 'client without TLS' }, NOTICE, [
  'Connection from 127.0.0.1:51686 rejected, client did not connect using TLS.',
]);
row('proxyRefused', { ...from, version: 2, why: 'client without certificate' }, NOTICE, [
  'Connection from 127.0.0.1:51686 rejected, client did not provide a certificate.',
]);
const connect = { client, ...from, bridge: false, version: 4, cleanStart: true, keepAliveSeconds: 60 };
row(
  'clientConnected',
  connect,
  NOTICE,
  'New client connected from 127.0.0.1:51686 as pubber (p4, c1, k60).',
  'New client connected from 127.0.0.1 as pubber (c1, k60).',
);
row(
  'clientConnected',
  { ...connect, version: 3, cleanStart: false, keepAliveSeconds: 0, username: 'joyo' },
  NOTICE,
  "New client connected from 127.0.0.1:51686 as pubber (p3, c0, k0, u'joyo').",
  "New client connected from 127.0.0.1 as pubber (c0, k0, u'joyo').",
);
row(
  'clientConnected',
  { ...connect, version: 5, bridge: true, username: '' },
  NOTICE,
  "New bridge connected from 127.0.0.1:51686 as pubber (p5, c1, k60, u'').",
  "New bridge connected from 127.0.0.1 as pubber (c1, k60, u'').",
);
row(
  'willSpecified',
  { client, topic: 'w/t', bytes: 2, retain: true, qos: 1 },
  DEBUG,
  ['Will message specified (2 bytes) (r1, q1).', '\tw/t'],
  NONE,
);
row('noWillSpecified', { client }, DEBUG, 'No will message specified.', NONE);
row(
  'connackSent',
  { client, sessionPresent: true, reasonCode: 0 },
  DEBUG,
  'Sending CONNACK to pubber (1, 0)',
  'Sending CONNACK to pubber (0)',
);
row(
  'connackSent',
  { client: from.address, sessionPresent: false, reasonCode: 135 },
  DEBUG,
  'Sending CONNACK to 127.0.0.1 (0, 135)',
  'Sending CONNACK to 127.0.0.1 (135)',
);
row('disconnectReceived', { client, reasonCode: 4 }, DEBUG, 'Received DISCONNECT from pubber');
row('disconnectSent', { client, reasonCode: 142 }, DEBUG, NONE);
row(
  'authReceived',
  { client, reasonCode: 24, method: 'test' },
  DEBUG,
  'Received AUTH from pubber (rc24, test)',
  NONE,
);
row(
  'authSent',
  { client, reasonCode: 24, method: 'test' },
  DEBUG,
  'Sending AUTH to pubber (rc24, test)',
  NONE,
);
row(
  'protocolError',
  { client, ...from, problem: 'PUBLISH with dup = 2' },
  INFORMATION,
  'Protocol error from pubber: PUBLISH with dup = 2.',
  NONE,
);
row(
  'protocolError',
  { ...unknown, problem: 'CONNECT with missing connect flags' },
  INFORMATION,
  'Protocol error from 127.0.0.1:51686: CONNECT with missing connect flags.',
  NONE,
);
row(
  'protocolError',
  { ...unknown, problem: 'CONNECT with invalid protocol version (9)' },
  INFORMATION,
  'Protocol error from 127.0.0.1:51686: CONNECT with invalid protocol version (9).',
  'Invalid protocol version 9 in CONNECT from 127.0.0.1.',
);
row(
  'protocolError',
  { ...unknown, problem: 'CONNECT with invalid protocol "MQTs"' },
  INFORMATION,
  'Protocol error from 127.0.0.1:51686: CONNECT with invalid protocol "MQTs".',
  'Invalid protocol "MQTs" in CONNECT from 127.0.0.1.',
);
row(
  'protocolError',
  { ...unknown, problem: 'CONNECT with invalid Will QoS (3)' },
  INFORMATION,
  'Protocol error from 127.0.0.1:51686: CONNECT with invalid Will QoS (3).',
  'Invalid Will QoS in CONNECT from 127.0.0.1.',
);
row(
  'secondConnect',
  { client, ...from },
  NOTICE,
  'Bad client 127.0.0.1:51686 sending multiple CONNECT messages.',
  NONE,
);
row(
  'sessionExpired',
  { client },
  NOTICE,
  'Expiring client pubber due to timeout.',
  'Expiring persistent client pubber due to timeout.',
);
for (const field of ['username', 'client id'] as const)
  row(
    'dangerousNameDenied',
    { field, name: 'a+' },
    NOTICE,
    `ACL denying access to client with dangerous ${field} "a+"`,
  );

// Access
row(
  'loginRefused',
  { client, ...from, by: 'jwt', reason: 'the token has expired' },
  NOTICE,
  'Login of client pubber from 127.0.0.1:51686 refused by jwt: the token has expired.',
);
row('credentialsExpired', { client }, NOTICE, 'The credentials of client pubber have expired.');
const service = { url: 'https://example.com/auth' };
row(
  'webServiceFailed',
  { ...service, reason: 'HTTP status 500' },
  WARNING,
  'Warning: https://example.com/auth gave no answer of use: HTTP status 500.',
);
row(
  'webServiceSuspended',
  { ...service, failures: 5, retrySeconds: 30, reason: 'HTTP status 500' },
  WARNING,
  'Warning: https://example.com/auth has failed 5 times in a row, last with: HTTP status 500. It is left alone for 30 seconds; what it would decide is refused.',
);
row('webServiceResumed', service, NOTICE, 'https://example.com/auth answers again.');
row(
  'keySetFailed',
  { ...service, reason: 'HTTP status 500' },
  WARNING,
  'Warning: The keys at https://example.com/auth cannot be fetched: HTTP status 500. Those known so far stay in use.',
);
row(
  'keySetFetched',
  { ...service, keys: 2 },
  INFORMATION,
  'Keys for tokens fetched from https://example.com/auth: 2.',
);

// Disconnections
const DISALLOWED = ': used disallowed feature (QoS too high, retain not supported, or bad AUTH method).';
const ENDINGS: Readonly<Record<DisconnectCause, string>> = {
  normal: '.',
  'administrative action': ': administrative action.',
  'connection closed by client': ': connection closed by client.',
  'exceeded timeout': ': exceeded timeout.',
  'session taken over': ': session taken over.',
  'server shutting down': '.',
  'malformed packet': ': malformed packet.',
  'protocol error': ': protocol error.',
  'oversize packet': ': oversize packet.',
  'oversize payload': ': oversize payload.',
  'out of memory': ': out of memory.',
  'not authorised': ': not authorised.',
  'receive maximum exceeded': ': receive maximum exceeded.',
  'implementation specific error': ': implementation specific error.',
  'client identifier not valid': ': client identifier not valid.',
  'bad username or password': ': bad username or password.',
  'server unavailable': ': server unavailable.',
  'server busy': ': server busy.',
  'client banned': ': client banned.',
  'bad authentication method': ': bad authentication method.',
  'quota exceeded': ': quota exceeded.',
  'connection rate exceeded': ': connection rate exceeded.',
  'message rate too high': ': message rate too high.',
  'topic alias invalid': ': topic alias invalid.',
  'non-matching http origin': ': non-matching http origin.',
  'used disallowed feature': DISALLOWED,
  'unsupported protocol version': DISALLOWED,
  'invalid input': ': bad socket read/write: Invalid input',
  'socket error': ': bad socket read/write: Unknown error',
};
const OLD_LINES: Readonly<Partial<Record<DisconnectCause, string>>> = {
  normal: 'Client pubber disconnected.',
  'administrative action': 'Client pubber disconnected.',
  'exceeded timeout': 'Client pubber has exceeded timeout, disconnecting.',
  'session taken over': 'Client pubber already connected, closing old connection.',
  'server shutting down': 'Client pubber disconnected.',
};
for (const [cause, ending] of Object.entries(ENDINGS) as [DisconnectCause, string][]) {
  row(
    'clientDisconnected',
    { client, ...from, cause },
    ['notice', cause === 'session taken over' ? 'error' : 'notice'],
    `Client pubber [127.0.0.1:51686] disconnected${ending}`,
    OLD_LINES[cause] ?? 'Socket error on client pubber, disconnecting.',
  );
}
row(
  'clientDisconnected',
  { client, ...from, cause: 'socket error', detail: 'Connection timed out' },
  NOTICE,
  'Client pubber [127.0.0.1:51686] disconnected: Connection timed out.',
  'Socket error on client pubber, disconnecting.',
);
row(
  'clientDisconnected',
  { ...unknown, cause: 'malformed packet', detail: 'reserved flags' },
  NOTICE,
  'Client 127.0.0.1 [127.0.0.1:51686] disconnected: malformed packet.',
  'Socket error on client <unknown>, disconnecting.',
);
row(
  'clientDisconnected',
  { client, address: '', port: 0, cause: 'session taken over' },
  ['notice', 'error'],
  'Client pubber [(null):0] disconnected: session taken over.',
  NONE,
);

// Packets
const publish = { client, dup: false, qos: 2, retain: true, packetId: 1, topic: 'a/b', bytes: 5 };
row('publishReceived', publish, DEBUG, "Received PUBLISH from pubber (d0, q2, r1, m1, 'a/b', ... (5 bytes))");
row(
  'publishReceived',
  { ...publish, dup: true, qos: 0, retain: false, packetId: 0, bytes: 0 },
  DEBUG,
  "Received PUBLISH from pubber (d1, q0, r0, m0, 'a/b', ... (0 bytes))",
);
row('publishDenied', publish, DEBUG, "Denied PUBLISH from pubber (d0, q2, r1, m1, 'a/b', ... (5 bytes))");
row(
  'publishTooLarge',
  publish,
  DEBUG,
  "Dropped too large PUBLISH from pubber (d0, q2, r1, m1, 'a/b', ... (5 bytes))",
);
row('publishQuotaExceeded', { client }, DEBUG, 'Rejected PUBLISH from pubber, quota exceeded.', NONE);
row('publishSent', publish, DEBUG, "Sending PUBLISH to pubber (d0, q2, r1, m1, 'a/b', ... (5 bytes))");
row(
  'deliveryDenied',
  { client, qos: 2, retain: true, topic: 'a/b', bytes: 5 },
  DEBUG,
  "Denied PUBLISH to pubber (q2, r1, 'a/b', ... (5 bytes))",
  NONE,
);
row(
  'deliveryTooLarge',
  { client, bytes: 300 },
  NOTICE,
  'Dropping too large outgoing PUBLISH for pubber (300 bytes)',
  NONE,
);
row('messagesDropped', { client }, NOTICE, 'Outgoing messages are being dropped for client pubber.');
row(
  'receiveMaximumExceeded',
  { client },
  WARNING,
  'Client pubber has exceeded its receive-maximum quota. This behaviour must be fixed on the client.',
  NONE,
);
row(
  'packetIdReused',
  { client, packetId: 7 },
  WARNING,
  'Reused message ID 7 from pubber detected. Clearing from storage.',
);
const ACKS: Readonly<Record<AckName, readonly [sent: string, received: string]>> = {
  PUBACK: ['(m1, rc16)', '(Mid: 1, RC:16)'],
  PUBREC: ['(m1, rc16)', '(Mid: 1)'],
  PUBREL: ['(m1)', '(Mid: 1)'],
  PUBCOMP: ['(m1)', '(Mid: 1, RC:16)'],
};
for (const [packet, [sent, received]] of Object.entries(ACKS) as [AckName, [string, string]][]) {
  const ack = { client, packet, packetId: 1, reasonCode: 16 };
  row('ackSent', ack, DEBUG, `Sending ${packet} to pubber ${sent}`, `Sending ${packet} to pubber (Mid: 1)`);
  row(
    'ackReceived',
    ack,
    DEBUG,
    `Received ${packet} from pubber ${received}`,
    `Received ${packet} from pubber (Mid: 1)`,
  );
}
row('subscribeReceived', { client }, DEBUG, 'Received SUBSCRIBE from pubber');
row('subscriptionRequested', { client, filter: 'a/#', qos: 2, denied: false }, DEBUG, '\ta/# (QoS 2)');
row(
  'subscriptionRequested',
  { client, filter: 'a/#', qos: 2, denied: true },
  DEBUG,
  '\ta/# (denied)',
  '\ta/# (QoS 2)',
);
row('subscribed', { client, filter: 'a/#', qos: 2 }, ['subscribe'], 'pubber 2 a/#');
row('subackSent', { client }, DEBUG, 'Sending SUBACK to pubber');
row('unsubscribeReceived', { client }, DEBUG, 'Received UNSUBSCRIBE from pubber');
row('unsubscriptionRequested', { client, filter: 'a/#' }, DEBUG, '\ta/#');
row('unsubscribed', { client, filter: 'a/#' }, ['unsubscribe'], 'pubber a/#');
row('unsubackSent', { client }, DEBUG, 'Sending UNSUBACK to pubber');
row('pingreqReceived', { client }, DEBUG, 'Received PINGREQ from pubber');
row('pingrespSent', { client }, DEBUG, 'Sending PINGRESP to pubber');

const clock = (): number => 1_403_334_375_678;

/** What the event prints, every level being on. */
function printed(dialect: LogDialect, event: (log: Log) => void): LogLine[] {
  const lines: LogLine[] = [];
  const settings = { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES), dialect };
  event(new Log(settings, clock, (one) => lines.push(one)));
  return lines;
}

for (const { name, fields, level, oldLevel, lines, oldLines, log } of rows) {
  const about = `${name} ${JSON.stringify(fields)}`;

  test(`mosquitto: ${about}`, () => {
    const expected = lines.map((text) => ({ level, event: name, text: `1403334375: ${text}` }));
    assert.deepEqual(printed('mosquitto', log), expected);
  });

  test(`mosquitto-1.4: ${about}`, () => {
    const expected = oldLines.map((text) => ({ level: oldLevel, event: name, text: `1403334375: ${text}` }));
    assert.deepEqual(printed('mosquitto-1.4', log), expected);
  });

  test(`json: ${about}`, () => {
    const [line, ...others] = printed('json', log);
    assert.deepEqual(others, []);
    assert.equal(line?.level, level);
    assert.equal(line?.event, name);
    const time = '2014-06-21T07:06:15.678Z';
    assert.deepEqual(JSON.parse(line?.text ?? ''), { time, level, event: name, ...fields });
    assert.ok(line?.text.startsWith(`{"time":"${time}","level":"${level}","event":"${name}"`));
  });
}

test('every event of the log has a row in this test', () => {
  const named = new Set<string>(rows.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(LOG_TABLE).filter((name) => !named.has(name)),
    [],
  );
});
