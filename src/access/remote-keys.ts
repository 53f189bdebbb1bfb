/** A set of keys on a web server, as an identity provider publishes them: fetched now and then, and kept. */
import { candidates, parseKeySet } from './jwt-keys.ts';
import type { TokenKey } from './jwt-keys.ts';
import type { AccessPorts } from './ports.ts';
import { shownUrl, WebClient, WebFailure } from './web-client.ts';
import type { WebTarget } from './web-client.ts';

/** After a fetch, good or bad, none follows before this: whoever sends tokens with invented key names causes none. */
const PAUSE_MS = 30_000;

/**
 * Fetched at once, then every so often, and when a token names a key that is not there. One fetch at a time. The keys
 * stay in use while the server cannot be reached.
 */
export class RemoteKeys {
  readonly #url: URL;
  readonly #client: WebClient;
  readonly #refreshMs: number;
  readonly #ports: AccessPorts;
  #keys: readonly TokenKey[] = [];
  #fetching: Promise<void> | undefined;
  #triedAt = -Infinity;
  /** What the last fetch came to. */
  #state: 'new' | 'working' | 'failing' = 'new';
  #cancel: () => void = () => {};
  #users = 1;

  constructor(target: WebTarget, refreshSeconds: number, ports: AccessPorts) {
    this.#url = target.url;
    this.#client = new WebClient(target);
    this.#refreshMs = refreshSeconds * 1000;
    this.#ports = ports;
    void this.#fetch();
  }

  /** Keys that may have signed a token; undefined if there are none and the set cannot be fetched. */
  async candidates(algorithm: string, kid: string | undefined): Promise<readonly TokenKey[] | undefined> {
    const known = candidates(this.#keys, algorithm, kid);
    if (known.length > 0) return known;
    if (this.#fetching !== undefined || this.#ports.now() - this.#triedAt >= PAUSE_MS) await this.#fetch();
    const found = candidates(this.#keys, algorithm, kid);
    return found.length === 0 && this.#state === 'failing' ? undefined : found;
  }

  /** Another backend uses it too, so that a reload does not forget the keys. */
  share(): this {
    this.#users++;
    return this;
  }

  /** The last user has gone: no more is fetched. */
  close(): void {
    if (--this.#users > 0) return;
    this.#cancel();
    this.#client.close();
  }

  /** Never rejects. Joins a fetch that is under way. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
      if (this.#users === 0) return;
      const ms = this.#state === 'failing' ? Math.min(PAUSE_MS, this.#refreshMs) : this.#refreshMs;
      this.#cancel();
      this.#cancel = this.#ports.after(ms, () => void this.#fetch());
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    this.#triedAt = this.#ports.now();
    try {
      const { status, body } = await this.#client.get();
      if (status !== 200) throw new WebFailure(`HTTP status ${status}`);
      this.#keys = keysOf(body);
      this.#succeeded();
    } catch (error) {
      this.#failed(error instanceof WebFailure ? error.message : String(error));
    }
  }

  #succeeded(): void {
    const url = shownUrl(this.#url);
    if (this.#state !== 'working') this.#ports.log.event('keySetFetched', { url, keys: this.#keys.length });
    this.#state = 'working';
  }

  #failed(reason: string): void {
    const url = shownUrl(this.#url);
    if (this.#state !== 'failing' && this.#users > 0) this.#ports.log.event('keySetFailed', { url, reason });
    this.#state = 'failing';
  }
}

function keysOf(body: string): readonly TokenKey[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new WebFailure('an answer that is not JSON');
  }
  const parsed = parseKeySet(json);
  if (!parsed.ok) throw new WebFailure(`an answer without keys of use. ${parsed.fault}`);
  return parsed.keys;
}
