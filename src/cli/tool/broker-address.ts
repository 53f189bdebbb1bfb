/** The way to the broker that a tool's options name. What a kind of connection needs is loaded when it is used. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { OpenChannel } from '../../client/channel.ts';
import { openerOf } from '../../client/open.ts';
import type { Address, TransportOptions } from '../../client/open.ts';
import { LibraryError, NoWay } from './error-text.ts';
import type { ToolDraft } from './tool-option.ts';

const PORT = 1883;
const SECURE_PORT = 8883;
const LAST_PORT = 65_535;

/** What is asked of a broker by WebSocket. */
const WEBSOCKET_PATH = '/mqtt';

/** Throws a `NoWay` if the options cannot be used. */
export async function wayToBroker(draft: ToolDraft): Promise<OpenChannel> {
  const { unixPath, webSocket, host = 'localhost' } = draft;
  const isSecure = usesTls(draft);
  if (unixPath === undefined) await checkPlace(host, portOf(draft));
  const bindAddress = await lookUp(draft.bindAddress);
  // A wrong option is told of also where it does not count
  if (!isSecure && asksMore(draft)) (await import('./tls-files.ts')).checkTls(draft.tls);
  const options: TransportOptions = {
    ...(isSecure && (await import('./tls-files.ts')).secureTransport(draft)),
    ...(bindAddress !== undefined && { localAddress: bindAddress }),
    ...(draft.proxy !== undefined && { proxy: draft.proxy }),
  };
  const protocol = webSocket ? (isSecure ? 'wss:' : 'ws:') : isSecure ? 'mqtts:' : 'mqtt:';
  const address: Address =
    unixPath === undefined
      ? {
          protocol,
          hostname: encodeURIComponent(host),
          port: String(portOf(draft)),
          pathname: WEBSOCKET_PATH,
        }
      : { protocol: 'unix:', hostname: '', port: '', pathname: encodeURIComponent(unixPath) };
  return openerOf(address, options);
}

/** The broker's port: of TLS if the options name authorities or a key. */
function portOf({ port, tls }: ToolDraft): number {
  const isSecure = tls.off !== true && [tls.cafile, tls.capath, tls.psk].some((value) => value !== undefined);
  return port ?? (isSecure ? SECURE_PORT : PORT);
}

/** Whether the options ask for TLS; the port of TLS does too. */
export function usesTls({ tls, port, unixPath }: ToolDraft): boolean {
  if (tls.off === true || unixPath !== undefined) return false;
  const asked = tls.cafile ?? tls.capath ?? tls.psk;
  return asked !== undefined || tls.osCertificates === true || port === SECURE_PORT;
}

/** Whether options of TLS were given that Mosquitto's tools look at even without it. */
function asksMore({ tls }: ToolDraft): boolean {
  return tls.off !== true && [tls.engine, tls.keyform, tls.version].some((value) => value !== undefined);
}

/** Node takes no name for this machine, which is not what an empty variable of a script is meant to say. */
async function checkPlace(host: string, port: number): Promise<void> {
  const isHost = host !== '' && (!/[^\0-\x7f]/.test(host) || domainToASCII(host) !== '');
  const number = isHost ? LibraryError.invalid : LibraryError.lookup;
  if (isHost && port >= 0 && port <= LAST_PORT) return;
  const { unable } = await import('./unreachable.ts');
  throw new NoWay(unable(number));
}

/** Sockets are bound to addresses, not to names. */
async function lookUp(name: string | undefined): Promise<string | undefined> {
  if (name === undefined || isIP(name) !== 0) return name;
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(name)).address;
  } catch {
    const { unable } = await import('./unreachable.ts');
    throw new NoWay(unable(LibraryError.lookup));
  }
}
