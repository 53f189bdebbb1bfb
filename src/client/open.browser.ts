/** Opening a channel to a server, in a browser: WebSocket. Nothing here, nor below, needs Node. */
import { BrowserChannel } from './browser-channel.ts';
import type { OpenChannel } from './channel.ts';
import { MqttError } from './error.ts';

/** The way to a server; throws if a browser has none. */
export function openerOf(url: URL): OpenChannel {
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw new MqttError('INVALID', `${url.protocol}// is not for browsers, which have ws:// and wss://`);
  const address = new URL(url);
  address.username = '';
  address.password = ''; // they go into CONNECT: browsers refuse them here
  return (owner) => new BrowserChannel(address.href, owner);
}
