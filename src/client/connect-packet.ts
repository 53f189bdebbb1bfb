/** The CONNECT that a client's options stand for. */
import { utf8Bytes } from '../protocol/bytes.ts';
import type { Connect, Will } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import type { ClientOptions, WillOptions } from './options.ts';

/** Seconds. */
const KEEP_ALIVE = 60;
/** Aliases that the server may use toward us: they cost little and save it bytes. */
const TOPIC_ALIAS_MAXIMUM = 64;

/** `first`: of this client's connections. Later ones resume the session, if there can be one. */
export function connectPacket(options: ClientOptions, clientId: string, first: boolean): Connect {
  const { version = 5, cleanStart = true, username, password, will, keepAlive = KEEP_ALIVE } = options;
  return {
    type: 'connect',
    version,
    bridge: false,
    clientId,
    // before MQTT 5.0 it also says that the session ends with the connection
    cleanStart: version === 5 ? cleanStart && first : cleanStart,
    keepAliveSeconds: keepAlive,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: bytesOf(password) }),
    ...(will !== undefined && { will: willOf(will) }),
    properties: version === 5 ? propertiesOf(options) : NO_PROPERTIES,
  };
}

function propertiesOf({ properties, authentication, maximumPacketSize }: ClientOptions): Properties {
  return {
    topicAliasMaximum: TOPIC_ALIAS_MAXIMUM,
    ...(maximumPacketSize !== undefined && { maximumPacketSize }),
    ...(authentication !== undefined && { authenticationMethod: authentication.method }),
    ...(authentication?.data !== undefined && { authenticationData: authentication.data }),
    ...properties,
  };
}

function willOf({
  topic,
  payload = '',
  qos = 0,
  retain = false,
  properties = NO_PROPERTIES,
}: WillOptions): Will {
  return { topic, payload: bytesOf(payload), qos, retain, properties };
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? utf8Bytes(text) : text;
}
