/** `zanzara/client` in a browser: the same client, over WebSocket. */
import { connectBy } from './api.ts';
import type { Client, ClientOptions } from './api.ts';
import { openerOf } from './open.browser.ts';

export type ConnectOptions = ClientOptions;

/**
 * Connects to a server and resolves with the client: `ws://host/mqtt` or `wss://host/mqtt`. Rejects with an `MqttError`
 * if the first connection does not succeed; a connection that is lost later comes back by itself.
 *
 *     const client = await connect('wss://broker.example/mqtt');
 *     await client.publish('greeting', 'hello', { qos: 1 });
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  return connectBy(openerOf, url, options);
}

export * from './api.ts';
