/** `--proxy socks5h://[USER[:PASSWORD]@]HOST[:PORT]`. */
import type { ToolDraft } from './tool-option.ts';

/** A SOCKS5 proxy. It resolves the broker's name. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

const SCHEME = 'socks5h://';
const DEFAULT_PORT = 1080;
const INVALID = 'Error: Invalid proxy.';

/** Reads the option; a text is what is wrong with it. */
export function takeProxy(draft: ToolDraft, url: string): string | undefined {
  if (!url.startsWith(SCHEME)) return `Error: Unsupported proxy protocol: ${url}`;
  const rest = url.slice(SCHEME.length);
  const at = rest.lastIndexOf('@');
  const place = placeOf(rest.slice(at + 1));
  if (typeof place === 'string') return place;
  const user = at < 0 ? {} : userOf(rest.slice(0, at));
  if (typeof user === 'string') return user;
  draft.proxy = { ...place, ...user };
  return undefined;
}

function placeOf(text: string): Pick<Proxy, 'host' | 'port'> | string {
  const [, ipv6, name, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  const host = ipv6 ?? name ?? '';
  if (host === '') return INVALID;
  const number = port === undefined ? DEFAULT_PORT : Number.parseInt(port, 10) || 0;
  return number < 1 || number > 65_535 ? `Error: Invalid proxy port ${number}` : { host, port: number };
}

function userOf(text: string): Pick<Proxy, 'username' | 'password'> | string {
  const colon = text.indexOf(':');
  const username = decoded(colon < 0 ? text : text.slice(0, colon));
  const password = decoded(colon < 0 ? '' : text.slice(colon + 1));
  if (!username || password === undefined) return INVALID;
  return colon < 0 ? { username } : { username, password };
}

/** Undefined if a percent sign begins no escape. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
