/** Who may do what, as the configuration says: the backends of each listener, opened and put in order. */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { aclFile } from '../access/acl-file.ts';
import type { Backend } from '../access/backend.ts';
import { AccessChain } from '../access/chain.ts';
import type { FileProblem, Read } from '../access/file.ts';
import { HashQueue, hashesAtOnce } from '../access/hash-queue.ts';
import { passwordFile, PasswordFile } from '../access/password-file.ts';
import { pskFile } from '../access/psk-file.ts';
import type { Log } from '../base/log.ts';
import type { Access, Principal } from '../broker/access.ts';
import type { Listener } from '../broker/limits.ts';
import type { Config, ListenerConfig, PluginConfig } from '../config/config.ts';

/** What backends use of their surroundings. */
export interface AccessSurroundings {
  readonly log: Log;
  readonly allowSymlinks: boolean;
  /** The backends of plugins that are loaded; Mosquitto's own are built in and not among them. */
  readonly plugins: ReadonlyMap<PluginConfig, Backend>;
}

/** Where passwords are computed: one line for the whole process, because its cores are. */
const hashes = new HashQueue(hashesAtOnce(availableParallelism()));

/** Mosquitto's plugins that are built in, by the names of their files, and the options that they know. */
const BUILT_IN: Readonly<Record<string, 'password_file' | 'acl_file'>> = {
  'mosquitto_password_file.so': 'password_file',
  'mosquitto_acl_file.so': 'acl_file',
};

type FileOption = 'password_file' | 'acl_file' | 'psk_file';

/** Opens the backends of one configuration, each file once. */
class Opening {
  readonly problems: FileProblem[] = [];
  readonly opened: Map<string, Backend> = new Map();
  failed = false;
  readonly #surroundings: AccessSurroundings;
  readonly #previous: AccessRules | undefined;
  readonly #chains: { readonly backends: readonly Backend[]; readonly chain: AccessChain }[] = [];

  constructor(surroundings: AccessSurroundings, previous: AccessRules | undefined) {
    this.#surroundings = surroundings;
    this.#previous = previous;
  }

  /** As Mosquitto: what counts for all listeners before what counts for one, plugins before files. */
  chain(config: Config, listener: ListenerConfig): AccessChain {
    const plugins = [...config.plugins.filter((plugin) => plugin.global), ...listener.plugins];
    const files = (['psk_file', 'password_file', 'acl_file'] as const).map((option) => {
      const path = listener[option];
      return path === undefined ? undefined : this.#file(option, path);
    });
    const backends = [...plugins.map((plugin) => this.#plugin(plugin)), ...files];
    return this.#chainOf(backends.filter((backend) => backend !== undefined));
  }

  /** Listeners with the same rules share them. */
  #chainOf(backends: readonly Backend[]): AccessChain {
    const known = this.#chains.find(
      (one) =>
        one.backends.length === backends.length &&
        one.backends.every((backend, at) => backend === backends[at]),
    );
    if (known !== undefined) return known.chain;
    const chain = new AccessChain(backends);
    this.#chains.push({ backends, chain });
    return chain;
  }

  #plugin(plugin: PluginConfig): Backend | undefined {
    const option = BUILT_IN[basename(plugin.path)];
    if (option === undefined) return this.#surroundings.plugins.get(plugin);
    const at =
      plugin.setAt.get('plugin') ?? plugin.setAt.get('global_plugin') ?? plugin.setAt.get('plugin_load');
    const name = basename(plugin.path);
    for (const { key } of plugin.options) {
      if (key !== option)
        this.#refuse(`${name}: Error: Unknown option '${key}'.`, at, `It knows plugin_opt_${option}.`);
    }
    const path = plugin.options.findLast(({ key }) => key === option)?.value;
    if (path !== undefined) return this.#file(option, path);
    this.#refuse(
      `Error: Plugin '${plugin.path}' needs plugin_opt_${option}.`,
      at,
      `Add a line 'plugin_opt_${option} FILE'.`,
    );
    return undefined;
  }

  #file(option: FileOption, path: string): Backend | undefined {
    const key = `${option} ${path}`;
    const known = this.opened.get(key);
    if (known !== undefined) return known;
    const read = this.#read(option, path, key);
    this.problems.push(...read.problems);
    if (read.ok) this.opened.set(key, read.value);
    else this.failed = true;
    return read.ok ? read.value : undefined;
  }

  #read(option: FileOption, path: string, key: string): Read<Backend> {
    const { allowSymlinks, log } = this.#surroundings;
    switch (option) {
      case 'password_file':
        return passwordFile(path, { allowSymlinks, queue: hashes, previous: this.#previous?.passwords(key) });
      case 'acl_file':
        return aclFile(path, { allowSymlinks, log });
      case 'psk_file':
        return pskFile(path, { allowSymlinks });
    }
  }

  #refuse(
    text: string,
    at: { readonly file: string; readonly line: number } | undefined,
    hint: string,
  ): void {
    this.failed = true;
    this.problems.push({
      level: 'error',
      text,
      hint,
      file: at?.file ?? '',
      ...(at !== undefined && { line: at.line }),
    });
  }
}

/** The rules that are in force, for every listener. */
export class AccessRules {
  readonly #opened: ReadonlyMap<string, Backend>;
  readonly #chains: readonly AccessChain[];
  readonly #byListener = new Map<Listener, AccessChain>();
  /** For clients that no listener has: sessions that were stored. */
  readonly #general: AccessChain;

  private constructor(config: Config, opening: Opening, chains: readonly AccessChain[]) {
    this.#opened = opening.opened;
    this.#chains = chains;
    this.#general = config.global.per_listener_settings ? new AccessChain([NOBODY]) : chains[0]!;
  }

  /**
   * Reads all files of a configuration. With an error in one of them there are no rules, and whatever `previous`
   * are stay in force: all or nothing.
   */
  static open(config: Config, surroundings: AccessSurroundings, previous?: AccessRules): Read<AccessRules> {
    const opening = new Opening(surroundings, previous);
    const chains = config.listeners.map((listener) => opening.chain(config, listener));
    const { problems } = opening;
    if (opening.failed) return { ok: false, problems };
    return { ok: true, value: new AccessRules(config, opening, chains), problems };
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

  /** The password file that was read for a place. */
  passwords(key: string): PasswordFile | undefined {
    const backend =
      this.#opened.get(key) ?? [...this.#opened.values()].find((one) => one instanceof PasswordFile);
    return backend instanceof PasswordFile ? backend : undefined;
  }

  /** Other rules have come into force. */
  close(): void {
    for (const backend of this.#opened.values()) void backend.close?.();
  }

  #dispatch(): Access {
    const of = ({ listener }: Pick<Principal, 'listener'>): AccessChain =>
      (listener === undefined ? undefined : this.#byListener.get(listener)) ?? this.#general;
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
