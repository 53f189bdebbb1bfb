/** `zanzara/client`: an MQTT client for Node. */
import { connectBy } from './api.ts';
import type { Client, ClientOptions, OpenChannel } from './api.ts';
import { largestPacketOf } from './connect-packet.ts';
import { openerOf } from './open.ts';
import type { TransportOptions } from './open.ts';

export type ConnectOptions = ClientOptions & TransportOptions;

/**
 * Connects to a server and resolves with the client: `mqtt://host`, `mqtts://`, `ws://`, `wss://`, or
 * `mqtt+unix:///path`. A user name and a password may stand in the URL. Rejects with an `MqttError` if the first
 * connection does not succeed; a connection that is lost later comes back by itself.
 *
 *     await using client = await connect('mqtt://localhost');
 *     await client.publish('greeting', 'hello', { qos: 1 });
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  const openerFor = (address: URL): Promise<OpenChannel> =>
    openerOf(address, { ...options, maximumPacketSize: largestPacketOf(options) });
  return connectBy(openerFor, url, options);
}

export * from './api.ts';
export { openOutbox } from './file-outbox.ts';
export type { FileOutboxOptions } from './file-outbox.ts';
export type { PreSharedKey, TransportOptions } from './open.ts';
