/** Opening a channel to a URL, on Node. What a scheme needs is loaded when it is used. */
import { connect as connectTcp } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Channel, OpenChannel } from './channel.ts';
import { MqttError } from './error.ts';
import { SocketChannel } from './socket-channel.ts';

/** How to reach the server; each is for the schemes that need it. */
export interface TransportOptions {
  /** Certificates, keys and names, as `node:tls` takes them. */
  readonly tls?: TlsOptions;
  /** The address of this machine to connect from. */
  readonly localAddress?: string;
}

type Opener = (url: URL, options: TransportOptions) => Promise<OpenChannel>;

/** By scheme. `mqtt+unix:///run/mqtt.sock` is a Unix socket. */
const OPENERS: Readonly<Record<string, Opener>> = {
  'mqtt:': tcp,
  'tcp:': tcp,
  'mqtts:': tls,
  'ssl:': tls,
  'tls:': tls,
  'mqtt+unix:': unix,
  'unix:': unix,
};

/** The way to a server; rejects if the scheme is not known. */
export async function openerOf(url: URL, options: TransportOptions): Promise<OpenChannel> {
  const opener = OPENERS[url.protocol];
  if (opener !== undefined) return opener(url, options);
  const known = Object.keys(OPENERS).map((scheme) => `${scheme}//`);
  throw new MqttError('INVALID', `${url.protocol}// is no scheme of MQTT; known are ${known.join(', ')}`);
}

/** An address as sockets take it: IPv6 without brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost';
}

async function tcp(url: URL, { localAddress }: TransportOptions): Promise<OpenChannel> {
  const options = {
    host: hostOf(url),
    port: Number(url.port || 1883),
    noDelay: true,
    autoSelectFamily: true,
    ...(localAddress !== undefined && { localAddress }),
  };
  return (owner): Channel => new SocketChannel(connectTcp(options), owner, 'connect');
}

async function unix(url: URL): Promise<OpenChannel> {
  const path = decodeURIComponent(url.pathname);
  return (owner): Channel => new SocketChannel(connectTcp({ path }), owner, 'connect');
}

async function tls(url: URL, { tls: settings, localAddress }: TransportOptions): Promise<OpenChannel> {
  const { connect } = await import('node:tls');
  const host = hostOf(url);
  const options = {
    host,
    port: Number(url.port || 8883),
    ALPNProtocols: ['mqtt'],
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(localAddress !== undefined && { localAddress }),
    ...settings,
  };
  return (owner): Channel => {
    const socket = connect(options);
    socket.setNoDelay(true);
    return new SocketChannel(socket, owner, 'secureConnect');
  };
}
