/** What plugins see of clients and messages: plain values, so that nothing of the broker is in their hands. */
import type { Credentials, Identity, MessageView, Principal } from '../broker/access.ts';
import { Message } from '../broker/message.ts';
import type { Connect } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { PluginClient, PluginConnect, PluginIdentity, PluginLogin, PluginMessage } from './plugin.ts';

const clients = new WeakMap<Principal, PluginClient>();

/** A client that is in. The same object for the same principal. */
export function clientOf(principal: Principal): PluginClient {
  const known = clients.get(principal);
  if (known !== undefined) return known;
  const client = Object.freeze(namesOf(principal));
  clients.set(principal, client);
  return client;
}

/** A client that wants to come in. */
export function loginOf(credentials: Credentials): PluginLogin {
  return Object.freeze({
    ...namesOf(credentials),
    ...identityOf(credentials.identity),
    password: credentials.password,
  });
}

export function connectOf(connect: Connect, identity: Identity | undefined): PluginConnect {
  const { cleanStart, keepAliveSeconds, bridge, will, properties } = connect;
  return Object.freeze({
    ...identityOf(identity),
    cleanStart,
    keepAliveSeconds,
    bridge,
    will: will && Object.freeze({ ...will, properties: frozen(will.properties) }),
    properties: frozen(properties),
  });
}

/** A message that is asked about: by whom it was published is known of a `Message` only. */
export function messageOf(topic: string, message: MessageView, publisher = ''): PluginMessage {
  const { payload, qos, retain, properties } = message;
  const from = message instanceof Message ? message.publisher : publisher;
  return { topic, payload, qos, retain, properties: frozen(properties), publisher: from };
}

/** Properties that nobody can change: they are those of the message itself. */
function frozen(properties: Properties): Properties {
  if (Object.isFrozen(properties)) return properties;
  for (const pair of properties.userProperties ?? []) Object.freeze(pair);
  Object.freeze(properties.userProperties);
  return Object.freeze(properties);
}

function namesOf({ clientId, username, peer, listener, version }: Principal): PluginClient {
  return {
    clientId,
    username,
    address: peer?.address,
    port: peer?.port,
    listenerPort: listener?.settings.port,
    protocol: listener?.settings.protocol,
    version,
  };
}

function identityOf(identity: Identity | undefined): PluginIdentity {
  const { tls, certificate, pskIdentity } = identity ?? {};
  return { tls, certificate, pskIdentity };
}
