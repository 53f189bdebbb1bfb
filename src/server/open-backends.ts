/** The backends that a configuration asks for, opened: each file, key or service once, whoever names it. */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { aclFile } from '../access/acl-file.ts';
import type { Backend } from '../access/backend.ts';
import { AccessChain } from '../access/chain.ts';
import { problemAt } from '../access/file.ts';
import type { FileProblem, OptionPlaces, Read } from '../access/file.ts';
import { HashQueue, hashesAtOnce } from '../access/hash-queue.ts';
import { passwordFile, PasswordFile } from '../access/password-file.ts';
import { pskFile } from '../access/psk-file.ts';
import type { Log } from '../base/log.ts';
import type { Config, ListenerConfig, PluginConfig } from '../config/config.ts';
import { openHttp, openJwt } from './identity-backends.ts';
import { usesHttp, usesJwt } from './on-demand.ts';

/** What backends use of their surroundings. */
export interface AccessSurroundings {
  readonly log: Log;
  readonly allowSymlinks: boolean;
  /** The backends of plugins that are loaded; Mosquitto's own are built in and not among them. */
  readonly plugins: ReadonlyMap<PluginConfig, Backend>;
}

/** Backends by what they are and what they were opened with: `password_file /etc/passwords`. */
export type OpenedBackends = ReadonlyMap<string, Backend>;

/** Where passwords are computed: one line for the whole process, because its cores are. */
const hashes = new HashQueue(hashesAtOnce(availableParallelism()));

/** Options that name a file of rules, in the order in which the files are asked. */
const FILES = ['psk_file', 'password_file', 'acl_file'] as const;
type FileOption = (typeof FILES)[number];

/** Mosquitto's plugins that are built in, by the names of their files, and the one option that each knows. */
const BUILT_IN: Readonly<Record<string, FileOption>> = {
  'mosquitto_password_file.so': 'password_file',
  'mosquitto_acl_file.so': 'acl_file',
};

export class BackendOpening {
  readonly problems: FileProblem[] = [];
  readonly opened: Map<string, Backend> = new Map();
  /** `unreadable`: a file cannot be opened; `invalid`: what stands in it cannot be used. */
  failed: 'unreadable' | 'invalid' | undefined;
  /** What could not be opened is told once, however many listeners name it. */
  readonly #refused = new Set<string>();
  readonly #config: Config;
  readonly #surroundings: AccessSurroundings;
  readonly #previous: OpenedBackends;
  readonly #chains: { readonly backends: readonly Backend[]; readonly chain: AccessChain }[] = [];

  /** `previous` are those that are in force now, which hand on what they have learned. */
  constructor(config: Config, surroundings: AccessSurroundings, previous: OpenedBackends = new Map()) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#previous = previous;
  }

  /** As Mosquitto: what counts for all listeners before what counts for one, plugins before files. */
  chain(listener: ListenerConfig): AccessChain {
    const plugins = [...this.#config.plugins.filter((plugin) => plugin.global), ...listener.plugins];
    const places = new Map([...this.#config.setAt, ...listener.setAt]);
    const backends = [
      ...plugins.map((plugin) => this.#plugin(plugin)),
      this.#jwt(listener, places),
      this.#http(listener, places),
      ...FILES.map((option) => this.#file(option, listener[option], places)),
    ];
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
    const name = basename(plugin.path);
    const option = BUILT_IN[name];
    if (option === undefined) return this.#surroundings.plugins.get(plugin);
    const unknown = plugin.options.find(({ key }) => key !== option);
    const path = plugin.options.findLast(({ key }) => key === option)?.value;
    if (unknown !== undefined) {
      this.#refuse(
        plugin,
        `${name}: Error: Unknown option '${unknown.key}'.`,
        `It knows plugin_opt_${option}.`,
      );
    } else if (path === undefined) {
      this.#refuse(
        plugin,
        `Error: Plugin '${plugin.path}' has no file.`,
        `Add a line 'plugin_opt_${option} FILE'.`,
      );
    }
    return this.#file(option, path, plugin.setAt);
  }

  #file(option: FileOption, path: string | undefined, places: OptionPlaces): Backend | undefined {
    if (path === undefined) return undefined;
    const { allowSymlinks, log } = this.#surroundings;
    return this.#once(`${option} ${path}`, (previous) => {
      const read = {
        password_file: () =>
          passwordFile(path, { allowSymlinks, queue: hashes, previous: passwordsOf(previous) }),
        acl_file: () => aclFile(path, { allowSymlinks, log }),
        psk_file: () => pskFile(path, { allowSymlinks }),
      }[option]();
      if (!read.ok && read.problems.every(isAboutWhole)) this.failed ??= 'unreadable';
      return { ...read, problems: read.problems.map((problem) => located(problem, places.get(option))) };
    });
  }

  #jwt(listener: ListenerConfig, places: OptionPlaces): Backend | undefined {
    if (!usesJwt(listener)) return undefined;
    const { allowSymlinks, log } = this.#surroundings;
    return this.#once(`jwt ${keyOf(listener, 'jwt_')}`, (previous) =>
      openJwt(listener, places, allowSymlinks, log, previous),
    );
  }

  #http(listener: ListenerConfig, places: OptionPlaces): Backend | undefined {
    if (!usesHttp(listener)) return undefined;
    return this.#once(`http ${keyOf(listener, 'http_')}`, () =>
      openHttp(listener, places, this.#surroundings.log),
    );
  }

  #once(key: string, open: (previous: Backend | undefined) => Read<Backend>): Backend | undefined {
    const known = this.opened.get(key);
    if (known !== undefined || this.#refused.has(key)) return known;
    const read = open(this.#before(key));
    this.problems.push(...read.problems);
    if (read.ok) this.opened.set(key, read.value);
    else {
      this.#refused.add(key);
      this.failed ??= 'invalid';
    }
    return read.ok ? read.value : undefined;
  }

  /** The backend whose place a new one takes: of the same file, or else of the same kind. */
  #before(key: string): Backend | undefined {
    const kind = key.slice(0, key.indexOf(' ') + 1);
    return this.#previous.get(key) ?? [...this.#previous].find(([other]) => other.startsWith(kind))?.[1];
  }

  #refuse({ setAt }: PluginConfig, text: string, hint: string): void {
    this.failed ??= 'invalid';
    const option = ['plugin', 'global_plugin', 'plugin_load'].find((name) => setAt.has(name)) ?? 'plugin';
    this.problems.push(problemAt(setAt, option, { level: 'error', text, hint }));
  }
}

function passwordsOf(backend: Backend | undefined): PasswordFile | undefined {
  return backend instanceof PasswordFile ? backend : undefined;
}

/** The settings that make one backend differ from another. */
function keyOf(listener: ListenerConfig, prefix: string): string {
  return JSON.stringify(Object.entries(listener).filter(([name]) => name.startsWith(prefix)));
}

/** About no line of a file. */
function isAboutWhole({ line, level }: FileProblem): boolean {
  return line === undefined || level !== 'error';
}

/** What is wrong with a file as a whole is told where the configuration names the file. */
function located(
  problem: FileProblem,
  place: { readonly file: string; readonly line: number } | undefined,
): FileProblem {
  return problem.line === undefined && problem.level === 'error' ? { ...problem, ...place } : problem;
}
