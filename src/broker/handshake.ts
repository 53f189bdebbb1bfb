/** CONNECT to CONNACK, §3.1, §3.2, and enhanced authentication, §4.12. */
import { ReceivedAliases } from '../flow/topic-alias.ts';
import { ProtocolError } from '../protocol/error.ts';
import { UnsupportedVersion } from '../protocol/decode.ts';
import type { Auth, Connect, ProtocolVersion, Will } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { connectReturnCode, Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Exchange, Principal, Verdict } from './access.ts';
import { checkConnect, roomForClient } from './connect-rules.ts';
import { credentialsOf, principalOf, remembered, usernameOf, withNames } from './credentials.ts';
import type { Agreement } from './agreement.ts';
import type { Connection, ConnectionState } from './connection.ts';
import { leaveAt } from './leave.ts';
import { isHeldBack, noteVerdict } from './login-attempt.ts';
import type { Session } from './session.ts';
import { NEVER } from './session.ts';
import { PendingWill } from './will.ts';

/** Codes of CONNACK that a DISCONNECT may not carry. [MQTT-3.14.2-1] */
const CONNACK_ONLY: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  Reason.unsupportedProtocolVersion,
  Reason.clientIdentifierNotValid,
  Reason.badUserNameOrPassword,
  Reason.serverUnavailable,
  Reason.banned,
  Reason.badAuthenticationMethod,
]);

/** The return code of 3.x where a certificate or key has no name that could be the user name; as Mosquitto. */
const NO_IDENTITY = 4;

type Authenticating = Extract<ConnectionState, { name: 'authenticating' }>;

/** A CONNECT: checks it, finds out who it is, and opens or refuses the connection. */
export function connect(connection: Connection, packet: Connect): void {
  const { outlet, listener } = connection;
  outlet.version = packet.version;
  const username = usernameOf(connection, packet);
  const named = withNames(packet, username, listener.settings);
  if (named.clientId !== '') outlet.client = named.clientId;
  const refusal = checkConnect(named, connection.broker, listener.settings);
  if (refusal !== undefined) {
    reply(connection, refusal.reasonCode, refusal.reason);
    return;
  }
  if (listener.settings.usernameFrom !== 'connect') {
    if (username === undefined) reply(connection, Reason.badUserNameOrPassword, undefined, NO_IDENTITY);
    else accept(connection, named, principalOf(connection, named), undefined);
    return;
  }
  if (isHeldBack(connection, named)) {
    reply(connection, Reason.connectionRateExceeded);
    return;
  }
  const method = packet.properties.authenticationMethod;
  if (method === undefined) {
    settle(connection, connection.broker.access.authenticate(credentialsOf(connection, named)), (verdict) =>
      conclude(connection, named, verdict),
    );
    return;
  }
  const exchange = connection.broker.access.exchange(method, credentialsOf(connection, named));
  if (exchange === undefined) {
    reply(connection, Reason.badAuthenticationMethod); // [MQTT-4.12.0-1]
    return;
  }
  connection.state = { name: 'authenticating', connect: named, exchange };
  advance(connection, named, exchange, packet.properties.authenticationData);
}

/** An AUTH of an enhanced authentication that goes on. [MQTT-4.12.0-3] */
export function authenticate(connection: Connection, state: Authenticating, packet: Auth): void {
  logAuthReceived(connection, packet);
  checkMethod(state.connect, packet);
  if (packet.reasonCode !== Reason.continueAuthentication) {
    throw new ProtocolError(Reason.protocolError, 'AUTH that does not go on with the authentication');
  }
  advance(connection, state.connect, state.exchange, packet.properties.authenticationData);
}

function advance(
  connection: Connection,
  packet: Connect,
  exchange: Exchange,
  data: Uint8Array | undefined,
): void {
  settle(connection, exchange.step(data), (verdict) => {
    if (verdict.outcome === 'challenge') challenge(connection, packet, verdict.data);
    else conclude(connection, packet, verdict);
  });
}

/** An AUTH on an open connection: the client proves anew who it is. [MQTT-4.12.1-1] */
export function reauthenticate(connection: Connection, packet: Auth): void {
  const { state, broker } = connection;
  if (state.name !== 'open') return;
  const { agreement } = state;
  const method = agreement.connect.properties.authenticationMethod;
  logAuthReceived(connection, packet);
  checkMethod(agreement.connect, packet);
  const begins = packet.reasonCode === Reason.reAuthenticate;
  const exchange = begins
    ? broker.access.exchange(method ?? '', credentialsOf(connection, agreement.connect))
    : state.exchange;
  if (exchange === undefined || packet.reasonCode === Reason.success)
    throw new ProtocolError(Reason.protocolError, 'AUTH without an authentication under way');
  connection.state = { name: 'open', agreement, exchange };
  settle(connection, exchange.step(packet.properties.authenticationData), (verdict) =>
    concludeAgain(connection, agreement, verdict),
  );
}

function concludeAgain(connection: Connection, agreement: Agreement, verdict: Verdict): void {
  noteVerdict(connection, agreement.connect, verdict);
  switch (verdict.outcome) {
    case 'challenge':
      challenge(connection, agreement.connect, verdict.data);
      break;
    case 'refused':
      // [MQTT-4.12.1-2]
      connection.close(CONNACK_ONLY.has(verdict.reasonCode) ? Reason.notAuthorized : verdict.reasonCode);
      break;
    case 'accepted':
      agreement.leave?.cancel();
      connection.state = {
        name: 'open',
        agreement: { ...agreement, leave: leaveAt(connection, verdict.principal.expiresAt) },
      };
      agreement.session.principal = { ...verdict.principal, clientId: agreement.session.clientId };
      sendAuth(connection, agreement.connect, Reason.success, verdict.data);
      break;
  }
}

/** A CONNECT or what came instead of one could not be understood: answered as far as its version is known. */
export function refuse(connection: Connection, version: ProtocolVersion | 0, error: ProtocolError): void {
  const answered = error instanceof UnsupportedVersion ? answerTo(error.level) : version;
  const understood = error instanceof UnsupportedVersion || version === 5;
  if (answered !== 0 && understood) {
    connection.outlet.version = answered;
    const code = answered === 5 ? error.reasonCode : (connectReturnCode(error.reasonCode) ?? 0);
    sendConnack(connection, code, NO_PROPERTIES);
  }
  connection.refused(error.reasonCode);
}

/** The version in which a level that nobody knows is answered; as Mosquitto. */
function answerTo(level: number): ProtocolVersion {
  const version = level & 0x7f;
  return version === 3 || version === 4 ? version : 5;
}

function settle(
  connection: Connection,
  verdict: Verdict | Promise<Verdict>,
  then: (verdict: Verdict) => void,
): void {
  if (verdict instanceof Promise) connection.await(verdict, then);
  else then(verdict);
}

function conclude(connection: Connection, packet: Connect, verdict: Verdict): void {
  if (isHeldBack(connection, packet)) {
    reply(connection, Reason.connectionRateExceeded);
    return;
  }
  noteVerdict(connection, packet, verdict);
  if (verdict.outcome === 'accepted') accept(connection, packet, verdict.principal, verdict.data);
  else if (verdict.outcome === 'refused') reply(connection, verdict.reasonCode, verdict.reason);
  else reply(connection, Reason.notAuthorized);
}

/** The client is who it says: its session opens, CONNACK goes out, then what was under way. */
function accept(
  connection: Connection,
  packet: Connect,
  who: Principal,
  authData: Uint8Array | undefined,
): void {
  const { broker, listener, outlet } = connection;
  const { settings } = broker;
  const refusal = roomForClient(packet, broker); // others may have come while the backend thought
  if (refusal !== undefined) {
    reply(connection, refusal);
    return;
  }
  if (broker.journal?.isFailing === true && expiryOf(packet) > 0) {
    reply(connection, Reason.quotaExceeded, 'The session cannot be stored', 3);
    return;
  }
  const clientId = who.clientId === '' ? generateId(connection) : who.clientId; // a plugin may give another one
  const keepAliveSeconds = limitedKeepAlive(packet, settings.maxKeepAlive);
  const limits = {
    inflightMessages:
      packet.version === 5 ? (packet.properties.receiveMaximum ?? 65_535) : settings.maxInflightMessages,
    inflightBytes: settings.maxInflightBytes,
    queuedMessages: settings.maxQueuedMessages,
    queuedBytes: settings.maxQueuedBytes,
  };
  const opened = broker.sessions.open({ ...who, clientId }, packet.cleanStart, limits);
  const { session } = opened;
  session.expiryInterval = expiryOf(packet);
  if (session.expiryInterval > 0 || session.record !== undefined) broker.journal?.session(session);
  outlet.configure({
    version: packet.version,
    clientId,
    maximumPacketSize: packet.properties.maximumPacketSize ?? 0,
    topicAliasMaximum: Math.min(
      packet.properties.topicAliasMaximum ?? 0,
      listener.settings.maxTopicAliasBroker,
    ),
    mountPoint: listener.settings.mountPoint,
  });
  setWill(connection, session, packet.will);
  logConnected(connection, packet, who, keepAliveSeconds);
  const sessionPresent = opened.present && packet.version !== 3; // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
  sendConnack(
    connection,
    Reason.success,
    connackProperties(connection, packet, clientId, authData),
    sessionPresent,
  );
  connection.opened({
    connect: remembered(packet, clientId),
    session,
    aliases: new ReceivedAliases(packet.version === 5 ? listener.settings.maxTopicAlias : 0),
    receiveMaximum: settings.maxInflightMessages,
    keepAliveSeconds,
    leave: leaveAt(connection, who.expiresAt),
  });
  broker.hooks.connected?.(session.principal, packet, connection.identity);
  session.attach(outlet, limits); // [MQTT-4.4.0-1]
}

function setWill(connection: Connection, session: Session, will: Will | undefined): void {
  const { broker, listener } = connection;
  if (will === undefined) return;
  const topic = listener.settings.mountPoint + will.topic;
  session.will = new PendingWill(broker, session, { ...will, topic });
}

/** Seconds the session outlives the connection. 3.x: a clean session ends with it, another one never. */
function expiryOf(packet: Connect): number {
  if (packet.version === 5) return packet.properties.sessionExpiryInterval ?? 0; // [MQTT-3.1.2-11]
  return packet.cleanStart ? 0 : NEVER;
}

function limitedKeepAlive(packet: Connect, most: number): number {
  const asked = packet.keepAliveSeconds;
  return most > 0 && (asked === 0 || asked > most) ? most : asked;
}

/** An identifier for a client that has none: the prefix and 16 random bytes, as Mosquitto writes them. */
function generateId({ broker, listener }: Connection): string {
  const hex = Array.from(broker.random(16), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(
    '',
  );
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return listener.settings.autoIdPrefix + parts.join('-');
}

/** What the client is told of us, in Mosquitto's order; only what differs from the specification's defaults. */
function connackProperties(
  connection: Connection,
  packet: Connect,
  clientId: string,
  authenticationData: Uint8Array | undefined,
): Properties {
  if (packet.version !== 5) return NO_PROPERTIES;
  const { broker, listener } = connection;
  const { maxKeepAlive, retainAvailable, maxPacketSize, maxInflightMessages } = broker.settings;
  const { maxTopicAlias, maxQos } = listener.settings;
  const keepAlive = limitedKeepAlive(packet, maxKeepAlive);
  const { authenticationMethod } = packet.properties;
  return {
    ...(keepAlive !== packet.keepAliveSeconds && { serverKeepAlive: keepAlive }), // [MQTT-3.2.2-21]
    ...(maxTopicAlias > 0 && { topicAliasMaximum: maxTopicAlias }),
    ...(packet.clientId === '' && { assignedClientIdentifier: clientId }), // [MQTT-3.2.2-16]
    ...(authenticationMethod !== undefined && { authenticationMethod }),
    ...(authenticationData !== undefined && { authenticationData }),
    ...(!retainAvailable && { retainAvailable: 0 }),
    ...(maxPacketSize > 0 && { maximumPacketSize: maxPacketSize }),
    ...(maxInflightMessages > 0 && { receiveMaximum: maxInflightMessages }),
    ...(maxQos < 2 && { maximumQoS: maxQos }), // [MQTT-3.2.2-9]
  };
}

function challenge(connection: Connection, packet: Connect, data: Uint8Array | undefined): void {
  sendAuth(connection, packet, Reason.continueAuthentication, data);
}

function sendAuth(
  connection: Connection,
  packet: Connect,
  reasonCode: number,
  data: Uint8Array | undefined,
): void {
  const method = packet.properties.authenticationMethod ?? '';
  connection.broker.log.event('authSent', { client: connection.outlet.client, reasonCode, method });
  connection.outlet.send({
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod: method, ...(data !== undefined && { authenticationData: data }) }, // [MQTT-4.12.0-5]
  });
}

/** The method stays the one of CONNECT; without one there there is no AUTH. [MQTT-4.12.0-5] [MQTT-4.12.0-6] */
function checkMethod(packet: Connect, auth: Auth): void {
  const { authenticationMethod } = packet.properties;
  if (authenticationMethod === undefined || auth.properties.authenticationMethod !== authenticationMethod) {
    throw new ProtocolError(Reason.protocolError, 'AUTH with another method than CONNECT');
  }
}

/** Refuses a CONNECT that was understood, and closes. 3.x is answered where it has a code. [MQTT-3.2.2-7] */
function reply(
  connection: Connection,
  reasonCode: ReasonCode,
  reason?: string,
  returnCode: number | undefined = connectReturnCode(reasonCode),
): void {
  const { outlet, broker, listener } = connection;
  const code = outlet.version === 5 ? reasonCode : returnCode;
  if (code !== undefined) {
    const maximumQoS = listener.settings.maxQos;
    sendConnack(connection, code, {
      ...(reason !== undefined && { reasonString: reason }),
      ...(reasonCode === Reason.qosNotSupported && { maximumQoS }),
      ...(reasonCode === Reason.retainNotSupported &&
        !broker.settings.retainAvailable && { retainAvailable: 0 }),
    });
  }
  connection.refused(reasonCode);
}

/** `code` as it stands on the wire of the client's version. */
function sendConnack(connection: Connection, code: number, properties: Properties, present = false): void {
  const { broker, outlet } = connection;
  if (broker.log.debug) {
    broker.log.event('connackSent', { client: outlet.client, sessionPresent: present, reasonCode: code });
  }
  outlet.send({ type: 'connack', sessionPresent: present, reasonCode: code, properties }); // [MQTT-3.2.0-1]
}

function logConnected(
  connection: Connection,
  packet: Connect,
  who: Principal,
  keepAliveSeconds: number,
): void {
  const { broker, outlet, peer } = connection;
  const { client } = outlet;
  broker.log.event('clientConnected', {
    client,
    ...peer,
    bridge: packet.bridge,
    version: packet.version,
    cleanStart: packet.cleanStart,
    keepAliveSeconds,
    ...(who.username !== undefined && { username: who.username }),
  });
  if (broker.log.debug) logWill(connection, packet);
  const tls = connection.identity?.tls;
  if (tls !== undefined) broker.log.event('tlsNegotiated', { client, ...tls });
}

function logWill({ broker, outlet: { client } }: Connection, { will }: Connect): void {
  if (will === undefined) broker.log.event('noWillSpecified', { client });
  else {
    const { topic, qos, retain, payload } = will;
    broker.log.event('willSpecified', { client, topic, qos, retain, bytes: payload.length });
  }
}

function logAuthReceived(connection: Connection, packet: Auth): void {
  connection.broker.log.event('authReceived', {
    client: connection.outlet.client,
    reasonCode: packet.reasonCode,
    method: packet.properties.authenticationMethod ?? '',
  });
}
