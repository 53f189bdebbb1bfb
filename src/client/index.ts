/** `zanzara/client`: an MQTT client for Node. */
import { Client } from './client.ts';
import { openerOf } from './open.ts';
import type { TransportOptions } from './open.ts';
import type { ClientOptions } from './options.ts';

export type ConnectOptions = ClientOptions & TransportOptions;

/**
 * Connects to a server and resolves with the client: `mqtt://host`, `mqtts://`, `ws://`, `wss://`, or
 * `mqtt+unix:///path`. A user name and a password may stand in the URL. Rejects with an `MqttError` if the first
 * connection does not succeed; a connection that is lost later comes back by itself.
 *
 *     await using client = await connect('mqtt://localhost');
 *     await client.publish('greeting', 'hello', { qos: 1 });
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  const address = typeof url === 'string' ? new URL(url) : url;
  const open = options.open ?? (await openerOf(address, options));
  const client = new Client(open, { ...namesIn(address), ...options });
  await client.start();
  return client;
}

function namesIn({ username, password }: URL): Pick<ClientOptions, 'username' | 'password'> {
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

export type { BackoffOptions } from './backoff.ts';
export { Client } from './client.ts';
export { MqttError } from './error.ts';
export type { MqttErrorCode } from './error.ts';
export type { ClientEvent, ClientEvents } from './events.ts';
export type { Message, Published } from './message.ts';
export type {
  Authentication,
  ClientOptions,
  CloseOptions,
  PublishOptions,
  RequestOptions,
  WillOptions,
} from './options.ts';
export { openOutbox } from './file-outbox.ts';
export type { FileOutboxOptions } from './file-outbox.ts';
export type { Outbox, OutboxEntry, OutboxMessage, OutboxProgress } from './outbox.ts';
export type { SubscribeOptions, Subscription } from './subscription.ts';
