/** Opening a channel to a server, on Node. What a scheme needs is loaded when it is used. */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { domainToASCII } from 'node:url';
import type { Channel, ChannelOwner, OpenChannel } from './channel.ts';
import { MqttError } from './error.ts';
import { LIMITS } from './limits.ts';
import { keyOf, keyOptions } from './pre-shared-key.ts';
import type { ProxyAddress } from './proxied-channel.ts';
import { SocketChannel } from './socket-channel.ts';
import { decoded } from './url.ts';

/** Where the server is, its parts encoded as in a URL. A `URL` is one. */
export interface Address {
  /** The scheme and its colon: `mqtt:`. */
  readonly protocol: string;
  readonly hostname: string;
  /** Empty for the scheme's own. */
  readonly port: string;
  readonly pathname: string;
  readonly search?: string;
}

/** How to reach the server; each is for the schemes that need it. */
export interface TransportOptions {
  /** Certificates, keys and names, as `node:tls` takes them. */
  readonly tls?: TlsOptions;
  /** A pre-shared key in the place of certificates. */
  readonly psk?: PreSharedKey;
  /** Told the secrets of TLS connections, a line each, for tools that decrypt them. */
  readonly keyLog?: (line: Uint8Array) => void;
  /** The address of this machine to connect from. */
  readonly localAddress?: string;
  /** A SOCKS5 proxy to connect through; it looks up the server's name. */
  readonly proxy?: ProxyAddress;
  /** The largest packet that is accepted, bytes; without it any that MQTT has. It bounds a message of WebSocket. */
  readonly maximumPacketSize?: number;
}

/** Who we are to a server that knows our key, and the key: bytes, or their hexadecimal digits. */
export interface PreSharedKey {
  readonly identity: string;
  readonly key: Uint8Array | string;
}

/** A kind of connection: where it goes, and whether its first byte is one of TLS. */
interface Scheme {
  readonly defaultPort: number;
  readonly isSecure: boolean;
  readonly isWebSocket: boolean;
}

const TCP: Scheme = { defaultPort: 1883, isSecure: false, isWebSocket: false };
const TLS: Scheme = { defaultPort: 8883, isSecure: true, isWebSocket: false };
const WS: Scheme = { defaultPort: 80, isSecure: false, isWebSocket: true };
const WSS: Scheme = { defaultPort: 443, isSecure: true, isWebSocket: true };

/** By name; `mqtt+unix:///run/mqtt.sock` is a Unix socket. */
const SCHEMES: Readonly<Record<string, Scheme | 'unix'>> = {
  'mqtt:': TCP,
  'tcp:': TCP,
  'mqtts:': TLS,
  'ssl:': TLS,
  'tls:': TLS,
  'ws:': WS,
  'wss:': WSS,
  'mqtt+unix:': 'unix',
  'unix:': 'unix',
};

/** The way to a server; rejects if the scheme is not known, or has no place for keys and certificates that are given. */
export async function openerOf(address: Address, options: TransportOptions): Promise<OpenChannel> {
  const scheme = SCHEMES[address.protocol];
  if (scheme === 'unix' || scheme?.isSecure === false) checkPlain(address, scheme, options);
  if (scheme === 'unix') return unix(address);
  if (scheme !== undefined) return remote(address, scheme, options);
  const known = Object.keys(SCHEMES).map((name) => `${name}//`);
  throw new MqttError('INVALID', `${address.protocol}// is no scheme of MQTT; known are ${known.join(', ')}`);
}

/** Who gives keys or certificates does not want to talk in the clear. */
function checkPlain({ protocol }: Address, scheme: Scheme | 'unix', options: TransportOptions): void {
  if ((options.tls ?? options.psk ?? undefined) === undefined) return;
  const secure = scheme !== 'unix' && scheme.isWebSocket ? 'wss://' : 'mqtts://';
  throw new MqttError(
    'INVALID',
    `${protocol}// is not encrypted: with the options tls and psk the URL begins with ${secure}`,
  );
}

function unix({ protocol, hostname, pathname }: Address): OpenChannel {
  const path = decoded(pathname);
  if (hostname !== '' || path === '')
    throw new MqttError(
      'INVALID',
      `A Unix socket is ${protocol}// and its whole path: ${protocol}///run/mqtt.sock`,
    );
  return (owner) => new SocketChannel(connectTcp({ path }), owner, 'connect');
}

/** Starts what runs on a socket: on one that is connected already if there is a proxy, else on one of its own. */
type Start = (owner: ChannelOwner, socket: Socket | undefined) => Channel;

async function remote(address: Address, scheme: Scheme, options: TransportOptions): Promise<OpenChannel> {
  const host = hostOf(address);
  const port = Number(address.port || scheme.defaultPort);
  const place = { host, port };
  const start = scheme.isWebSocket
    ? await webSocket(address, place, scheme, options)
    : scheme.isSecure
      ? await tls(place, options)
      : tcp(place, options);
  const { proxy, localAddress } = options;
  if (proxy === undefined) return (owner) => start(owner, undefined);
  const { ProxiedChannel } = await import('./proxied-channel.ts');
  return (owner) => new ProxiedChannel(proxy, place, localAddress, owner, (socket) => start(owner, socket));
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** An address as sockets take it: IPv6 without brackets, names as DNS and certificates have them, in ASCII. */
function hostOf({ hostname }: Address): string {
  const host = decoded(hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost';
  if (isAscii(host)) return host;
  const name = domainToASCII(host);
  if (name === '') throw new MqttError('INVALID', `'${host}' is no name of a host`);
  return name;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function socketOptions(
  place: Place,
  { localAddress }: TransportOptions,
): Place & { readonly noDelay: true; readonly autoSelectFamily: true; readonly localAddress?: string } {
  return {
    ...place,
    noDelay: true,
    autoSelectFamily: true,
    ...(localAddress !== undefined && { localAddress }),
  };
}

function tcp(place: Place, options: TransportOptions): Start {
  const settings = socketOptions(place, options);
  return (owner, socket) => {
    if (socket === undefined) return new SocketChannel(connectTcp(settings), owner, 'connect');
    queueMicrotask(() => owner.opened());
    return new SocketChannel(socket, owner, 'connect');
  };
}

async function tls(place: Place, options: TransportOptions): Promise<Start> {
  const connect = await secureConnector(place, ['mqtt'], options);
  return (owner, socket) => new SocketChannel(connect(socket), owner, 'secureConnect');
}

async function secureConnector(
  place: Place,
  protocols: readonly string[],
  options: TransportOptions,
): Promise<(socket?: Socket) => Socket> {
  const { connect } = await import('node:tls');
  const { keyLog } = options;
  const settings = {
    ...socketOptions(place, options),
    ALPNProtocols: [...protocols],
    ...(/^[\d.]+$|:/.test(place.host) ? {} : { servername: place.host }),
    ...(options.psk !== undefined && optionsOf(options.psk)),
    ...options.tls,
  };
  return (socket) => {
    const secure = connect(socket === undefined ? settings : { ...settings, socket });
    secure.setNoDelay(true);
    if (keyLog !== undefined) secure.on('keylog', keyLog);
    return secure;
  };
}

function optionsOf({ identity, key }: PreSharedKey): TlsOptions {
  const psk = typeof key === 'string' ? keyOf(key) : key;
  if (psk === undefined) throw new MqttError('INVALID', 'The pre-shared key is not of hexadecimal digits');
  return keyOptions(identity, psk);
}

async function webSocket(
  { pathname, search = '' }: Address,
  place: Place,
  { isSecure }: Scheme,
  options: TransportOptions,
): Promise<Start> {
  const { WebSocketChannel } = await import('./websocket-channel.ts');
  const secure = isSecure ? await secureConnector(place, ['http/1.1'], options) : undefined;
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  const url = `${isSecure ? 'wss' : 'ws'}://${host}:${place.port}${pathname || '/'}${search}`;
  const settings = socketOptions(place, options);
  const { maximumPacketSize = LIMITS.largestPacketBytes } = options;
  return (owner, socket) => {
    const dial = (): Socket => secure?.(socket) ?? socket ?? connectTcp(settings);
    return new WebSocketChannel(url, dial, maximumPacketSize, owner);
  };
}
