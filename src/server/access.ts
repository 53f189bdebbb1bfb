/** Who may do what: the rules of every listener, as the configuration says. */
import type { Backend } from '../access/backend.ts';
import { AccessChain } from '../access/chain.ts';
import type { FileProblem } from '../access/file.ts';
import type { Access, Principal } from '../broker/access.ts';
import type { Listener } from '../broker/limits.ts';
import type { Config } from '../config/config.ts';
import { BackendOpening } from './open-backends.ts';
import type { AccessSurroundings, OpenedBackends } from './open-backends.ts';

/** What opening comes to: rules, or why there are none. */
export type OpenedRules = { readonly problems: readonly FileProblem[] } & (
  | { readonly rules: AccessRules; readonly failed?: never }
  | { readonly rules?: never; readonly failed: 'unreadable' | 'invalid' }
);

/** The rules that are in force, for every listener. */
export class AccessRules {
  readonly #opened: OpenedBackends;
  readonly #chains: readonly AccessChain[];
  readonly #byListener = new Map<Listener, AccessChain>();
  /** Of the first listener on each port: as Mosquitto, sessions that were stored know no more of theirs. */
  readonly #byPort = new Map<number, AccessChain>();
  /** For clients whose listener is not known, or not there any more. */
  readonly #general: AccessChain;

  private constructor(config: Config, opening: BackendOpening, chains: readonly AccessChain[]) {
    this.#opened = opening.opened;
    this.#chains = chains;
    for (const [at, { port }] of config.listeners.entries())
      if (port > 0 && !this.#byPort.has(port)) this.#byPort.set(port, chains[at]!);
    this.#general = config.global.per_listener_settings ? new AccessChain([NOBODY]) : chains[0]!;
  }

  /**
   * Reads all files of a configuration. With an error in one of them there are no rules, and whatever `previous`
   * are stay in force: all or nothing.
   */
  static open(config: Config, surroundings: AccessSurroundings, previous?: AccessRules): OpenedRules {
    const opening = new BackendOpening(
      config,
      surroundings,
      previous === undefined ? undefined : previous.#opened,
    );
    const chains = config.listeners.map((listener) => opening.chain(listener));
    const { problems } = opening;
    if (opening.failed === undefined) return { rules: new AccessRules(config, opening, chains), problems };
    for (const backend of opening.opened.values()) void backend.close?.();
    return { failed: opening.failed, problems };
  }

  /** A listener is open: the rules that stand at its place in the configuration are its rules. */
  attach(listener: Listener, at: number): void {
    this.#byListener.set(listener, this.#chains[at] ?? this.#general);
  }

  /** What the broker asks: the one chain there is, or that of the client's listener. */
  get access(): Access {
    const [only, ...others] = new Set(this.#chains);
    return only !== undefined && others.length === 0 ? only : this.#dispatch();
  }

  /** The key of an identity of TLS-PSK on a listener. */
  pskKey(listener: Listener, identity: string): Uint8Array | undefined {
    return this.#byListener.get(listener)?.pskKey(identity);
  }

  /** Other rules have come into force. */
  close(): void {
    for (const backend of this.#opened.values()) void backend.close?.();
  }

  #dispatch(): Access {
    const of = ({ listener, port = 0 }: Pick<Principal, 'listener' | 'port'>): AccessChain =>
      (listener === undefined ? this.#byPort.get(port) : this.#byListener.get(listener)) ?? this.#general;
    return {
      authenticate: (credentials) => of(credentials).authenticate(credentials),
      exchange: (method, credentials) => of(credentials).exchange(method, credentials),
      mayPublish: (principal, topic, message) => of(principal).mayPublish(principal, topic, message),
      maySubscribe: (principal, filter, qos) => of(principal).maySubscribe(principal, filter, qos),
      mayUnsubscribe: (principal, filter) => of(principal).mayUnsubscribe(principal, filter),
      mayReceive: (principal, topic, message) => of(principal).mayReceive(principal, topic, message),
      mayStay: (principal) => of(principal).mayStay(principal),
    };
  }
}

/** As Mosquitto with `per_listener_settings true`: who has no listener has no rights. */
const NOBODY: Backend = {
  name: 'no listener',
  authenticate: () => 'defer',
  mayPublish: () => 'deny',
  maySubscribe: () => 'deny',
  mayUnsubscribe: () => 'deny',
  mayReceive: () => 'deny',
};
