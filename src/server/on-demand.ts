/**
 * Code that only some configurations need, loaded before they come into force: a broker on plain TCP starts without
 * TLS, HTTP and tokens, which together take longer to load than all the rest.
 */
import type * as Http from '../access/http.ts';
import type * as Jwt from '../access/jwt.ts';
import type { Config, ListenerConfig } from '../config/config.ts';
import type * as Encryption from './encryption.ts';
import type * as TlsFiles from './tls-files.ts';
import type * as WebSockets from './websockets.ts';

/** What is loaded. It is never unloaded. */
export interface Loaded {
  jwt?: typeof Jwt;
  http?: typeof Http;
  encryption?: typeof Encryption;
  tlsFiles?: typeof TlsFiles;
  webSockets?: typeof WebSockets;
}

export const loaded: Loaded = {};

interface Need {
  readonly name: keyof Loaded;
  /** Whether a listener needs it. */
  readonly of: (listener: ListenerConfig) => boolean;
  readonly load: () => Promise<void>;
}

const NEEDS: readonly Need[] = [
  { name: 'jwt', of: usesJwt, load: async () => void (loaded.jwt = await import('../access/jwt.ts')) },
  { name: 'http', of: usesHttp, load: async () => void (loaded.http = await import('../access/http.ts')) },
  {
    name: 'encryption',
    of: usesTls,
    load: async () => void (loaded.encryption = await import('./encryption.ts')),
  },
  {
    name: 'tlsFiles',
    of: usesTls,
    load: async () => void (loaded.tlsFiles = await import('./tls-files.ts')),
  },
  {
    name: 'webSockets',
    of: usesWebSockets,
    load: async () => void (loaded.webSockets = await import('./websockets.ts')),
  },
];

/** Loads what a configuration needs and nothing before has needed; undefined if that is nothing. */
export function loadFor({ listeners }: Config): Promise<void> | undefined {
  const missing = NEEDS.filter(({ name, of }) => loaded[name] === undefined && listeners.some(of));
  return missing.length === 0
    ? undefined
    : Promise.all(missing.map(({ load }) => load())).then(() => undefined);
}

/** Whether the clients of a listener may bring tokens. */
export function usesJwt(listener: ListenerConfig): boolean {
  const { jwt_secret_file: secret, jwt_public_key_file: files, jwt_jwks_url: url } = listener;
  return secret !== undefined || files.length > 0 || url !== undefined;
}

/** Whether a web service is asked about the clients of a listener. */
export function usesHttp({ http_auth_url: logins, http_acl_url: acl }: ListenerConfig): boolean {
  return logins !== undefined || acl !== undefined;
}

/** Whether a listener speaks TLS. */
export function usesTls({ certfile, psk_hint }: ListenerConfig): boolean {
  return certfile !== undefined || psk_hint !== undefined;
}

/** Whether a listener speaks WebSocket, or has options that are about it and is to be told so. */
export function usesWebSockets({ protocol, setAt }: ListenerConfig): boolean {
  return protocol === 'websockets' || WEBSOCKET_OPTIONS.some((option) => setAt.has(option));
}

/** Options that say nothing to a listener of another protocol. */
export const WEBSOCKET_OPTIONS = ['http_dir', 'websockets_compression', 'websockets_origin'] as const;
