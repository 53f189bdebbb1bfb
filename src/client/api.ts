/** What `zanzara/client` is everywhere: on Node and in browsers. */
import type { OpenChannel } from './channel.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './options.ts';
import { addressOf, namesIn } from './url.ts';

/** Makes a client of a URL and connects it, by a way that `openerOf` knows. */
export async function connectBy(
  openerOf: (url: URL) => OpenChannel | Promise<OpenChannel>,
  url: string | URL,
  options: ClientOptions,
): Promise<Client> {
  const client = await clientOf(openerOf, url, options);
  await client.start();
  return client;
}

/** A client, or an error: then nobody will close its outbox but we. */
async function clientOf(
  openerOf: (url: URL) => OpenChannel | Promise<OpenChannel>,
  url: string | URL,
  options: ClientOptions,
): Promise<Client> {
  try {
    const address = addressOf(url);
    const open = options.open ?? (await openerOf(address));
    const names = namesIn(address);
    const { username = names.username, password = names.password } = options;
    return new Client(open, {
      ...options,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
  } catch (error) {
    options.outbox?.close();
    throw error;
  }
}

export type { Connack, ProtocolVersion, QoS, RetainHandling } from '../protocol/packet.ts';
export type { Properties } from '../protocol/properties.ts';
export { Reason, reasonText } from '../protocol/reason.ts';
export type { ReasonCode } from '../protocol/reason.ts';
export type { BackoffOptions } from './backoff.ts';
export type { Channel, ChannelOwner, OpenChannel } from './channel.ts';
export { Client } from './client.ts';
export { MqttError } from './error.ts';
export type { MqttErrorCode } from './error.ts';
export type { ClientEvent, ClientEvents } from './events.ts';
export type { Message, Published } from './message.ts';
export type { Authentication, ClientOptions, CloseOptions } from './options.ts';
export type { PublishOptions, RequestOptions, WaitOptions, WillOptions } from './options.ts';
export type { Outbox, OutboxEntry, OutboxMessage, OutboxProgress } from './outbox.ts';
export type { Trace } from './output.ts';
export type { MessageHandler, SubscribeOptions, Subscription } from './subscription.ts';
