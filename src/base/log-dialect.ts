/**
 * What the log says: one row per event, with its level and how Mosquitto prints it. `mosquitto` is the 2.1 series,
 * `mosquitto-1.4` the 1.4 and 1.5 series; the `json` dialect prints the fields themselves and needs no form.
 */
import type {
  AckFields,
  DisconnectCause,
  LogEvents,
  PeerAddress,
  ProxyRefusal,
  PluginText,
  PublishFields,
} from './log-events.ts';

/** The levels, by the names that `log_type` gives them. */
export const LOG_TYPES = [
  'information',
  'notice',
  'warning',
  'error',
  'debug',
  'subscribe',
  'unsubscribe',
  'websockets',
  'internal',
] as const;

/** A level of the log. */
export type LogType = (typeof LOG_TYPES)[number];

/** An event as text: one line, several, or none in this dialect. A line that is a detail starts with a tab. */
export type LogForm<in Fields> = (fields: Fields) => string | readonly string[] | null;

/** One event of the log. */
export interface LogRow<in Fields> {
  readonly level: LogType;
  readonly mosquitto: LogForm<Fields>;
  /** Without it, 1.4 prints what 2.1 prints. */
  readonly 'mosquitto-1.4'?: LogForm<Fields>;
  /** The level in the 1.4 series, where that is another one. */
  readonly oldLevel?: (fields: Fields) => LogType;
  /** Whether `connection_messages false` silences it; without it, never. */
  readonly aboutConnection?: (fields: Fields) => boolean;
}

const NOTHING: LogForm<unknown> = () => null;
const ALWAYS = (): boolean => true;

const peer = ({ address, port }: PeerAddress): string => `${address}:${port}`;

/** While a client has no identifier its events carry its address in that place. */
const isUnknown = (fields: { client: string; address: string }): boolean => fields.client === fields.address;
const oldName = (fields: { client: string; address: string }): string =>
  isUnknown(fields) ? '<unknown>' : fields.client;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const flag = (value: boolean): number => (value ? 1 : 0);

const publish = (start: string) => {
  return ({ client, dup, qos, retain, packetId, topic, bytes }: PublishFields): string =>
    `${start} ${client} (d${flag(dup)}, q${qos}, r${flag(retain)}, m${packetId}, '${topic}', ... (${bytes} bytes))`;
};

function ackSent({ client, packet, packetId, reasonCode }: AckFields): string {
  const hasReason = packet === 'PUBACK' || packet === 'PUBREC';
  return `Sending ${packet} to ${client} (m${packetId}${hasReason ? `, rc${reasonCode}` : ''})`;
}

function ackReceived({ client, packet, packetId, reasonCode }: AckFields): string {
  const hasReason = packet === 'PUBACK' || packet === 'PUBCOMP';
  return `Received ${packet} from ${client} (Mid: ${packetId}${hasReason ? `, RC:${reasonCode}` : ''})`;
}

const pluginText = ({ plugin, text }: PluginText): string => `${plugin}: ${text}`;

type Connected = LogEvents['clientConnected'];

function connected(fields: Connected, from: string, version: string): string {
  const { client, bridge, cleanStart, keepAliveSeconds, username } = fields;
  const user = username === undefined ? '' : `, u'${username}'`;
  const kind = bridge ? 'bridge' : 'client';
  return `New ${kind} connected from ${from} as ${client} (${version}c${flag(cleanStart)}, k${keepAliveSeconds}${user}).`;
}

const DISALLOWED = ': used disallowed feature (QoS too high, retain not supported, or bad AUTH method).';

/** How a disconnect line of 2.1 ends. Causes that are missing here end in their own name. */
const ENDINGS: Readonly<Partial<Record<DisconnectCause, string>>> = {
  normal: '.',
  'server shutting down': '.',
  'used disallowed feature': DISALLOWED,
  // as Mosquitto: a version that the listener does not take is "not supported", like a QoS that it does not take
  'unsupported protocol version': DISALLOWED,
  'invalid input': ': bad socket read/write: Invalid input',
};

type Disconnected = LogEvents['clientDisconnected'];

function disconnected(fields: Disconnected): string {
  const { client, address, port, cause, detail } = fields;
  // as Mosquitto: a stored session that is taken over while offline has no address
  const from = `${address === '' ? '(null)' : address}:${port}`;
  const ending = cause === 'socket error' ? socketError(detail) : (ENDINGS[cause] ?? `: ${cause}.`);
  return `Client ${client} [${from}] disconnected${ending}`;
}

const socketError = (detail: string | undefined): string =>
  detail === undefined ? ': bad socket read/write: Unknown error' : `: ${detail}.`;

/** How a disconnect line of 1.4 ends. Every other cause is a socket error there. */
const OLD_ENDINGS: Readonly<Partial<Record<DisconnectCause, string>>> = {
  normal: 'disconnected.',
  'server shutting down': 'disconnected.',
  'administrative action': 'disconnected.',
  'session taken over': 'already connected, closing old connection.',
  'exceeded timeout': 'has exceeded timeout, disconnecting.',
};

function oldDisconnected(fields: Disconnected): string | null {
  if (fields.cause === 'session taken over' && fields.address === '') return null;
  const ending = OLD_ENDINGS[fields.cause];
  return ending === undefined
    ? `Socket error on client ${oldName(fields)}, disconnecting.`
    : `Client ${oldName(fields)} ${ending}`;
}

type Problem = LogEvents['protocolError'];

const protocolError = (fields: Problem): string =>
  `Protocol error from ${isUnknown(fields) ? peer(fields) : fields.client}: ${fields.problem}.`;

/** The problems of a CONNECT that 1.4 had a line for, as 2.1 words them, and that line. */
const OLD_CONNECT_PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/^CONNECT with invalid protocol version \((\d+)\)$/, 'Invalid protocol version $1 in CONNECT from '],
  [/^CONNECT with invalid protocol "(.*)"$/, 'Invalid protocol "$1" in CONNECT from '],
  [/^CONNECT with invalid Will QoS \(3\)$/, 'Invalid Will QoS in CONNECT from '],
];

function oldProtocolError({ address, problem }: Problem): string | null {
  const row = OLD_CONNECT_PROBLEMS.find(([pattern]) => pattern.test(problem));
  return row === undefined ? null : `${problem.replace(...row)}${address}.`;
}

const openingLine = (kind: string, port: number, path: string | undefined): string =>
  `Opening ${kind} listen socket on ${path === undefined ? `port ${port}` : `path ${path}`}.`;

const LOCAL_ONLY = [
  'Starting in local only mode. Connections will only be possible from clients running on this machine.',
  'Create a configuration file which defines a listener to allow remote access.',
  'For more details see https://mosquitto.org/documentation/authentication-methods/',
] as const;

const PROXY_REFUSALS: Readonly<Record<ProxyRefusal, string>> = {
  'corrupt header': 'corrupt PROXY header',
  'no header in time': 'no PROXY header in time',
  'too many wait': 'too many connections wait for their PROXY header',
  'client without TLS': 'client did not connect using TLS',
  'client without certificate': 'client did not provide a certificate',
};

/** As Mosquitto, whose line for a bad header of version 1 does not say where it came from; the next one does. */
function proxyRefused(fields: LogEvents['proxyRefused']): readonly string[] {
  const { version, why, detail } = fields;
  const from = why === 'corrupt header' && version === 1 ? '' : ` from ${peer(fields)}`;
  const line = `Connection${from} rejected, ${PROXY_REFUSALS[why]}.`;
  return detail === undefined ? [line] : [line, `\t${peer(fields)}: ${detail}`];
}

/** Every event's row. */
export const LOG_TABLE: { readonly [Event in keyof LogEvents]: LogRow<LogEvents[Event]> } = {
  // The process
  starting: { level: 'information', mosquitto: ({ version }) => `mosquitto version ${version} starting` },
  running: {
    level: 'information',
    mosquitto: ({ version }) => `mosquitto version ${version} running`,
    'mosquitto-1.4': NOTHING,
  },
  terminating: {
    level: 'information',
    mosquitto: ({ version }) => `mosquitto version ${version} terminating`,
  },
  configLoaded: { level: 'information', mosquitto: ({ file }) => `Config loaded from ${file}.` },
  defaultConfigUsed: { level: 'information', mosquitto: () => 'Using default config.' },
  // 1.4 had no such mode, but whoever chooses its lines must not be left to wonder why nobody can connect
  localOnlyMode: { level: 'warning', mosquitto: () => LOCAL_ONLY },
  listenerOpening: {
    level: 'information',
    mosquitto: ({ family, port, path }) => openingLine(family, port, path),
    'mosquitto-1.4': ({ family, port, path, protocol }) => openingLine(protocol ?? family, port, path),
  },
  configError: { level: 'error', mosquitto: ({ text }) => text },
  configWarning: { level: 'warning', mosquitto: ({ text }) => text },
  configNotice: { level: 'notice', mosquitto: ({ text }) => text },
  configInformation: { level: 'information', mosquitto: ({ text }) => text },
  reloading: { level: 'information', mosquitto: () => 'Reloading config.' },
  // Mosquitto is silent about how a reload went, but for the errors themselves
  reloaded: { level: 'information', mosquitto: NOTHING },
  reloadFailed: { level: 'error', mosquitto: NOTHING },
  runningAsUser: {
    level: 'information',
    mosquitto: ({ user }) => `Info: running mosquitto as user: ${user}.`,
    'mosquitto-1.4': NOTHING,
  },
  runningAsRoot: {
    level: 'warning',
    mosquitto: () => 'Warning: Mosquitto should not be run as root/administrator.',
  },
  serverError: { level: 'error', mosquitto: ({ text }) => text },
  serverWarning: { level: 'warning', mosquitto: ({ text }) => text },

  // What survives a restart
  storeRestored: {
    level: 'information',
    mosquitto: ({ messages, retained, sessions, subscriptions, deliveries }) => [
      `Restored ${messages} base messages`,
      `Restored ${retained} retained messages`,
      `Restored ${sessions} clients`,
      `Restored ${subscriptions} subscriptions`,
      `Restored ${deliveries} client messages`,
    ],
    'mosquitto-1.4': NOTHING,
  },
  storeSaving: {
    level: 'information',
    mosquitto: ({ file }) => `Saving in-memory database to ${file}.`,
  },
  // Mosquitto has one way to keep things and acknowledges before it does: from here on the lines are ours in all dialects
  storeReady: {
    level: 'information',
    mosquitto: ({ durability, file, sessions, retained }) =>
      `Persistence: ${durability}, ${file} (${counted(sessions, 'session')}, ${counted(retained, 'retained message')})`,
  },
  storeImported: {
    level: 'information',
    mosquitto: ({ file, into }) => `Imported ${file} into ${into}; it stays as it is.`,
  },
  storeTakenOver: {
    level: 'information',
    mosquitto: ({ file, into, kept }) => `Took over ${file} into ${into}; it is ${kept} from now on.`,
  },
  storeUpToDate: {
    level: 'information',
    mosquitto: ({ file }) => `Nothing to save: ${file} has every change that was acknowledged.`,
  },
  storeFailed: {
    level: 'error',
    mosquitto: ({ why }) =>
      `Error: Changes cannot be stored: ${why}. QoS 1 and 2, subscriptions and sessions that are stored are refused until they can be; it is tried again every second.`,
  },
  storeRecovered: {
    level: 'notice',
    mosquitto: ({ heldMs }) =>
      `Changes are stored again, after ${(heldMs / 1000).toFixed(1)} s; nothing acknowledged was lost.`,
  },

  // Plugins
  pluginLoading: { level: 'information', mosquitto: ({ path }) => `Loading plugin: ${path}` },
  pluginRegistered: {
    level: 'information',
    mosquitto: ({ plugin, on, topic }) =>
      `Plugin ${plugin} has registered to receive '${on}' events${topic === undefined ? '' : ` on topic ${topic}`}.`,
    'mosquitto-1.4': NOTHING,
  },
  pluginLoaded: {
    level: 'information',
    mosquitto: ({ plugin, version }) =>
      `Plugin ${plugin}${version === undefined ? '' : ` version ${version}`} loaded.`,
    'mosquitto-1.4': NOTHING,
  },
  pluginFailed: {
    level: 'error',
    mosquitto: ({ plugin, member, problem, untold }) =>
      `Error: Plugin ${plugin}: ${member} ${problem}${untold === 0 ? '' : ` (${untold} more since the last line)`}.`,
  },
  pluginError: { level: 'error', mosquitto: pluginText },
  pluginWarning: { level: 'warning', mosquitto: pluginText },
  pluginNotice: { level: 'notice', mosquitto: pluginText },
  pluginInformation: { level: 'information', mosquitto: pluginText },
  pluginDebug: { level: 'debug', mosquitto: pluginText },

  // Connections
  connectionOpened: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: (fields) => `New connection from ${peer(fields)} on port ${fields.listenerPort}.`,
    'mosquitto-1.4': ({ address, listenerPort }) => `New connection from ${address} on port ${listenerPort}.`,
  },
  connectionDenied: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: ({ address, why }) => `Client connection from ${address} denied: ${why}.`,
  },
  loginHeldBack: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: ({ address, failures, seconds, username }) =>
      `Client connection from ${address} denied: logins ${username === undefined ? 'from there' : `as ${username}`} wait ${seconds} s after ${failures} failure${failures === 1 ? '' : 's'}.`,
  },
  tlsOnPlainListener: {
    level: 'notice',
    mosquitto: (fields) =>
      `Client from ${peer(fields)} appears to be using TLS to connect to a non-TLS listener.`,
    'mosquitto-1.4': NOTHING,
  },
  tlsFailed: {
    level: 'error',
    mosquitto: ({ index, error, detail, ...from }) => [
      `OpenSSL Error[${index}]: ${error}`,
      ...(detail === undefined ? [] : [`\t${peer(from)}: ${detail}`]),
    ],
    'mosquitto-1.4': ({ address, error }) => `Client connection from ${address} failed: ${error}.`,
    oldLevel: () => 'notice',
  },
  proxyRefused: { level: 'notice', mosquitto: proxyRefused },
  clientConnected: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: (fields) => connected(fields, peer(fields), `p${fields.version}, `),
    'mosquitto-1.4': (fields) => connected(fields, fields.address, ''),
  },
  willSpecified: {
    level: 'debug',
    aboutConnection: ALWAYS,
    mosquitto: ({ topic, bytes, retain, qos }) => [
      `Will message specified (${bytes} bytes) (r${flag(retain)}, q${qos}).`,
      `\t${topic}`,
    ],
    'mosquitto-1.4': NOTHING,
  },
  tlsNegotiated: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: ({ client, version, cipher }) => `Client ${client} negotiated ${version} cipher ${cipher}`,
    'mosquitto-1.4': NOTHING,
  },
  noWillSpecified: {
    level: 'debug',
    aboutConnection: ALWAYS,
    mosquitto: () => 'No will message specified.',
    'mosquitto-1.4': NOTHING,
  },
  connackSent: {
    level: 'debug',
    mosquitto: ({ client, sessionPresent, reasonCode }) =>
      `Sending CONNACK to ${client} (${flag(sessionPresent)}, ${reasonCode})`,
    'mosquitto-1.4': ({ client, reasonCode }) => `Sending CONNACK to ${client} (${reasonCode})`,
  },
  clientDisconnected: {
    level: 'notice',
    oldLevel: ({ cause }) => (cause === 'session taken over' ? 'error' : 'notice'),
    aboutConnection: ALWAYS,
    mosquitto: disconnected,
    'mosquitto-1.4': oldDisconnected,
  },
  disconnectReceived: { level: 'debug', mosquitto: ({ client }) => `Received DISCONNECT from ${client}` },
  // as Mosquitto: a build with bridge support has no line for a DISCONNECT that it sends to a client
  disconnectSent: { level: 'debug', mosquitto: NOTHING },
  authReceived: {
    level: 'debug',
    mosquitto: ({ client, reasonCode, method }) =>
      `Received AUTH from ${client} (rc${reasonCode}, ${method})`,
    'mosquitto-1.4': NOTHING,
  },
  authSent: {
    level: 'debug',
    mosquitto: ({ client, reasonCode, method }) => `Sending AUTH to ${client} (rc${reasonCode}, ${method})`,
    'mosquitto-1.4': NOTHING,
  },
  protocolError: {
    level: 'information',
    aboutConnection: ({ problem }) => problem.startsWith('CONNECT with invalid protocol'),
    mosquitto: protocolError,
    'mosquitto-1.4': oldProtocolError,
  },
  secondConnect: {
    level: 'notice',
    mosquitto: (fields) => `Bad client ${peer(fields)} sending multiple CONNECT messages.`,
    'mosquitto-1.4': NOTHING,
  },
  sessionExpired: {
    level: 'notice',
    mosquitto: ({ client }) => `Expiring client ${client} due to timeout.`,
    'mosquitto-1.4': ({ client }) => `Expiring persistent client ${client} due to timeout.`,
  },
  dangerousNameDenied: {
    level: 'notice',
    mosquitto: ({ field, name }) => `ACL denying access to client with dangerous ${field} "${name}"`,
  },

  // Access: Mosquitto has no such backends, so these lines are ours in all dialects
  loginRefused: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: (fields) =>
      `Login of client ${fields.client} from ${peer(fields)} refused by ${fields.by}: ${fields.reason}.`,
  },
  credentialsExpired: {
    level: 'notice',
    aboutConnection: ALWAYS,
    mosquitto: ({ client }) => `The credentials of client ${client} have expired.`,
  },
  webServiceFailed: {
    level: 'warning',
    mosquitto: ({ url, reason }) => `Warning: ${url} gave no answer of use: ${reason}.`,
  },
  webServiceSuspended: {
    level: 'warning',
    mosquitto: ({ url, failures, retrySeconds, reason }) =>
      `Warning: ${url} has failed ${failures} times in a row, last with: ${reason}. It is left alone for ${retrySeconds} seconds; what it would decide is refused.`,
  },
  webServiceResumed: { level: 'notice', mosquitto: ({ url }) => `${url} answers again.` },
  keySetFailed: {
    level: 'warning',
    mosquitto: ({ url, reason }) =>
      `Warning: The keys at ${url} cannot be fetched: ${reason}. Those known so far stay in use.`,
  },
  keySetFetched: {
    level: 'information',
    mosquitto: ({ url, keys }) => `Keys for tokens fetched from ${url}: ${keys}.`,
  },

  // Packets
  publishReceived: { level: 'debug', mosquitto: publish('Received PUBLISH from') },
  publishDenied: { level: 'debug', mosquitto: publish('Denied PUBLISH from') },
  publishTooLarge: { level: 'debug', mosquitto: publish('Dropped too large PUBLISH from') },
  publishQuotaExceeded: {
    level: 'debug',
    mosquitto: ({ client }) => `Rejected PUBLISH from ${client}, quota exceeded.`,
    'mosquitto-1.4': NOTHING,
  },
  publishSent: { level: 'debug', mosquitto: publish('Sending PUBLISH to') },
  deliveryDenied: {
    level: 'debug',
    mosquitto: ({ client, qos, retain, topic, bytes }) =>
      `Denied PUBLISH to ${client} (q${qos}, r${flag(retain)}, '${topic}', ... (${bytes} bytes))`,
    'mosquitto-1.4': NOTHING,
  },
  deliveryTooLarge: {
    level: 'notice',
    mosquitto: ({ client, bytes }) => `Dropping too large outgoing PUBLISH for ${client} (${bytes} bytes)`,
    'mosquitto-1.4': NOTHING,
  },
  messagesDropped: {
    level: 'notice',
    mosquitto: ({ client }) => `Outgoing messages are being dropped for client ${client}.`,
  },
  receiveMaximumExceeded: {
    level: 'warning',
    mosquitto: ({ client }) =>
      `Client ${client} has exceeded its receive-maximum quota. This behaviour must be fixed on the client.`,
    'mosquitto-1.4': NOTHING,
  },
  packetIdReused: {
    level: 'warning',
    mosquitto: ({ client, packetId }) =>
      `Reused message ID ${packetId} from ${client} detected. Clearing from storage.`,
  },
  ackSent: {
    level: 'debug',
    mosquitto: ackSent,
    'mosquitto-1.4': ({ client, packet, packetId }) => `Sending ${packet} to ${client} (Mid: ${packetId})`,
  },
  ackReceived: {
    level: 'debug',
    mosquitto: ackReceived,
    'mosquitto-1.4': ({ client, packet, packetId }) => `Received ${packet} from ${client} (Mid: ${packetId})`,
  },
  subscribeReceived: { level: 'debug', mosquitto: ({ client }) => `Received SUBSCRIBE from ${client}` },
  subscriptionRequested: {
    level: 'debug',
    mosquitto: ({ filter, qos, denied }) => `\t${filter} (${denied ? 'denied' : `QoS ${qos}`})`,
    'mosquitto-1.4': ({ filter, qos }) => `\t${filter} (QoS ${qos})`,
  },
  subscribed: { level: 'subscribe', mosquitto: ({ client, filter, qos }) => `${client} ${qos} ${filter}` },
  subackSent: { level: 'debug', mosquitto: ({ client }) => `Sending SUBACK to ${client}` },
  unsubscribeReceived: { level: 'debug', mosquitto: ({ client }) => `Received UNSUBSCRIBE from ${client}` },
  unsubscriptionRequested: { level: 'debug', mosquitto: ({ filter }) => `\t${filter}` },
  unsubscribed: { level: 'unsubscribe', mosquitto: ({ client, filter }) => `${client} ${filter}` },
  unsubackSent: { level: 'debug', mosquitto: ({ client }) => `Sending UNSUBACK to ${client}` },
  pingreqReceived: { level: 'debug', mosquitto: ({ client }) => `Received PINGREQ from ${client}` },
  pingrespSent: { level: 'debug', mosquitto: ({ client }) => `Sending PINGRESP to ${client}` },
};
