/** The CONNECT that a client's options stand for. */
import { copyOf, utf8Bytes } from '../protocol/bytes.ts';
import type { Connect, Will } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import { isText } from '../protocol/text.ts';
import { checkAmounts, checkPayload, checkQoS, checkTopic, checkVersion } from './checks.ts';
import { propertiesFor } from './check-properties.ts';
import { MqttError } from './error.ts';
import { LIMITS } from './limits.ts';
import type { ClientOptions, WillOptions } from './options.ts';

/** Seconds. */
const KEEP_ALIVE = 60;
/** How long the server keeps the session of a client that comes back, seconds. */
const SESSION_EXPIRY = 300;
/** Of a password and of a will's payload, bytes: the length is written in two. */
const LONGEST_BINARY = 65_535;

/** The CONNECT of a client's first connection. Throws an `MqttError` if the options make none. */
export function connectPacket(options: ClientOptions): Connect {
  const { version = 5, cleanStart = true, clientId = '', keepAlive = KEEP_ALIVE } = options;
  const { username, password, will } = options;
  checkIdentity(options);
  const { connectTimeout, queue, queueBytes, inflight, maximumPacketSize } = options;
  checkAmounts({ connectTimeout, queue, queueBytes, inflight, maximumPacketSize });
  if (!Number.isInteger(keepAlive) || keepAlive < 0 || keepAlive > 65_535)
    throw new MqttError('INVALID', 'keepAlive is a whole number of seconds from 0 to 65,535');
  return {
    type: 'connect',
    version,
    bridge: false,
    // MQTT 3.1 has no servers that make up identifiers
    clientId: clientId === '' && version === 3 ? `zanzara-${crypto.randomUUID().slice(0, 8)}` : clientId,
    cleanStart,
    keepAliveSeconds: keepAlive,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: binary('password', password) }),
    ...(will !== undefined && { will: willOf(will, version) }),
    properties: propertiesOf(options),
  };
}

/** Whether the session is to end when the client is closed: nobody said how long the server should keep it. */
export function endsSession({ version = 5, reconnect, properties }: ClientOptions): boolean {
  return version === 5 && reconnect !== false && properties?.sessionExpiryInterval === undefined;
}

function checkIdentity({
  version = 5,
  cleanStart = true,
  clientId = '',
  username,
  password,
}: ClientOptions): void {
  if (version !== 3 && version !== 4 && version !== 5)
    throw new MqttError('INVALID', `Version ${String(version)} is none: it is 3, 4 or 5`);
  if (typeof clientId !== 'string' || !isText(clientId))
    throw new MqttError('INVALID', 'The client identifier is no text of MQTT');
  if (username !== undefined && (typeof username !== 'string' || !isText(username)))
    throw new MqttError('INVALID', 'The user name is no text of MQTT');
  // [MQTT-3.1.3-8] of 3.1.1
  if (version === 4 && clientId === '' && !cleanStart)
    throw new MqttError('INVALID', 'A session that is to last needs a client identifier');
  // [MQTT-3.1.2-22] of 3.1.1
  if (version !== 5 && password !== undefined && username === undefined)
    throw new MqttError('INVALID', 'Before MQTT 5.0 a password needs a user name');
}

function propertiesOf(options: ClientOptions): Properties {
  const { version = 5, authentication, reconnect } = options;
  const given = propertiesFor('connect', options.properties);
  if (version === 5)
    return propertiesFor('connect', {
      ...(reconnect !== false && { sessionExpiryInterval: SESSION_EXPIRY }),
      topicAliasMaximum: LIMITS.topicAliases,
      maximumPacketSize: largestPacketOf(options),
      ...(authentication !== undefined && { authenticationMethod: authentication.method }),
      ...(authentication?.data !== undefined && { authenticationData: authentication.data }),
      ...given,
    });
  if (authentication !== undefined) checkVersion('Enhanced authentications', version);
  if (Object.keys(given).length > 0) checkVersion('Properties', version);
  return given;
}

/** The largest packet that a client with these options accepts, bytes. */
export function largestPacketOf({ properties, maximumPacketSize }: ClientOptions): number {
  return properties?.maximumPacketSize ?? maximumPacketSize ?? LIMITS.packetBytes;
}

function willOf(will: WillOptions, version: number): Will {
  const { topic, payload = '', qos = 0, retain = false } = will;
  checkTopic(topic);
  checkQoS(qos);
  checkPayload(payload);
  const properties = propertiesFor('will', will.properties);
  if (Object.keys(properties).length > 0 && version !== 5) checkVersion('Properties', 4);
  return { topic, payload: binary('payload of the will', payload), qos, retain, properties };
}

function binary(what: string, value: string | Uint8Array): Uint8Array {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw new MqttError('INVALID', `The ${what} is no text and no bytes`);
  const bytes = typeof value === 'string' ? utf8Bytes(value) : copyOf(value);
  if (bytes.length > LONGEST_BINARY)
    throw new MqttError('INVALID', `The ${what} has more than ${LONGEST_BINARY} bytes`);
  return bytes;
}
