/** Who a client says it is, by CONNECT and by what its transport has proved. */
import type { Connect } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Credentials, Principal } from './access.ts';
import type { Connection } from './connection.ts';
import type { ListenerSettings } from './limits.ts';

/** Who the client is called: by CONNECT, or by what its certificate or its key says of it. */
export function usernameOf({ identity, listener }: Connection, packet: Connect): string | undefined {
  switch (listener.settings.usernameFrom) {
    case 'connect':
      return packet.username;
    case 'identity':
      return identity?.certificate?.commonName ?? identity?.pskIdentity;
    case 'subject':
      return identity?.certificate?.subject || undefined;
  }
}

/** The packet with the user name and the client identifier that count on this listener. */
export function withNames(
  packet: Connect,
  username: string | undefined,
  { usernameFrom, useUsernameAsClientId }: ListenerSettings,
): Connect {
  if (usernameFrom === 'connect' && !useUsernameAsClientId) return packet;
  const { username: _, password, ...rest } = packet;
  return {
    ...rest,
    ...(username !== undefined && { username }),
    ...(password !== undefined && usernameFrom === 'connect' && { password }),
    ...(useUsernameAsClientId && { clientId: username ?? '' }),
  };
}

/**
 * What is asked of a CONNECT while its connection lasts. The rest is not kept, least of all views into the chunk in which
 * it came; the password only where the client may have to prove anew who it is.
 */
export function remembered(
  { will: _will, password, properties: { authenticationMethod }, ...packet }: Connect,
  clientId: string,
): Connect {
  if (authenticationMethod === undefined) return { ...packet, clientId, properties: NO_PROPERTIES };
  return {
    ...packet,
    clientId,
    properties: { authenticationMethod },
    ...(password !== undefined && { password }),
  };
}

/** The principal of a client whose transport has said who it is. */
export function principalOf(
  { listener, peer }: Connection,
  { clientId, username, version }: Connect,
): Principal {
  return { clientId, listener, peer, version, ...(username !== undefined && { username }) };
}

/** What a backend is shown of a client. */
export function credentialsOf(connection: Connection, packet: Connect): Credentials {
  return {
    clientId: packet.clientId,
    ...(packet.username !== undefined && { username: packet.username }),
    ...(packet.password !== undefined && { password: packet.password }),
    version: packet.version,
    peer: connection.peer,
    identity: connection.identity,
    listener: connection.listener,
  };
}
