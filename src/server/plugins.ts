/** The plugins of a broker: those of the program around it, then those of its configuration, each with its listeners. */
import { cwd } from 'node:process';
import type { Backend } from '../access/backend.ts';
import type { FileProblem, Read } from '../access/file.ts';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import type { Listener } from '../broker/limits.ts';
import type { Config, PluginConfig } from '../config/config.ts';
import { pluginOptions } from '../config/options-plugin.ts';
import { chainHooks } from '../plugin/chain.ts';
import type { ScopedHooks } from '../plugin/chain.ts';
import type { HostedPlugin } from '../plugin/host.ts';
import { checkPlugins, loadPlugins } from '../plugin/load.ts';
import type { Plugin, PluginFactory } from '../plugin/plugin.ts';

export { containStrays } from '../plugin/strays.ts';

/** A plugin that the program around the broker brings. */
export type OwnPlugin = Plugin | PluginFactory;

/** Such a plugin as it would stand in a configuration. */
interface OwnConfig extends PluginConfig {
  readonly given: OwnPlugin;
}

function configOf(given: OwnPlugin, at: number): OwnConfig {
  const { auth_plugin_deny_special_chars, plugin_timeout } = pluginOptions;
  return {
    given,
    path: `plugins[${at}]`,
    name: undefined,
    global: true,
    options: [],
    auth_plugin_deny_special_chars: auth_plugin_deny_special_chars.default,
    plugin_timeout: plugin_timeout.default,
    setAt: new Map(),
  };
}

export class Plugins {
  readonly #own: readonly PluginConfig[];
  readonly #config: Config;
  readonly #hosted: ReadonlyMap<PluginConfig, HostedPlugin>;
  /** Of each place in the configuration, the listener that is open there; there may be none yet. */
  readonly #listeners: readonly Set<Listener>[];

  private constructor(
    own: readonly PluginConfig[],
    config: Config,
    hosted: ReadonlyMap<PluginConfig, HostedPlugin>,
  ) {
    this.#own = own;
    this.#config = config;
    this.#hosted = hosted;
    this.#listeners = config.listeners.map(() => new Set());
  }

  /** What is wrong with the plugins of a configuration, as far as it can be told without running them. */
  static check(config: Config): readonly FileProblem[] {
    return checkPlugins(config.plugins, { workingDirectory: cwd(), configFile: config.file });
  }

  /** Loads all. With an error in one of them there are none. */
  static async load(config: Config, given: readonly OwnPlugin[], log: Log): Promise<Read<Plugins>> {
    const own = given.map(configOf);
    const surroundings = { log, workingDirectory: cwd(), configFile: config.file };
    const read = await loadPlugins<PluginConfig>([...own, ...config.plugins], surroundings);
    return read.ok ? { ...read, value: new Plugins(own, config, read.value) } : read;
  }

  /** The configuration with the plugins of the program in front of its own. */
  complete(config: Config): Config {
    return { ...config, plugins: [...this.#own, ...config.plugins] };
  }

  /** The decisions of each. */
  get backends(): ReadonlyMap<PluginConfig, Backend> {
    return new Map([...this.#hosted].map(([config, { backend }]) => [config, backend]));
  }

  /** The broker is there: it has their hooks from now on. */
  start(broker: Broker): void {
    broker.hooks = chainHooks(this.#scoped());
    for (const plugin of this.#hosted.values()) plugin.start(broker);
  }

  /** A listener opens: the plugins at its place in the configuration see its clients. */
  attach(listener: Listener, at: number): void {
    this.#listeners[at]?.add(listener);
  }

  /** As decisions: those for all listeners first, then those of each listener in its order; some are of none. */
  #scoped(): ScopedHooks[] {
    const everywhere: ScopedHooks[] = [];
    const nowhere: ScopedHooks[] = [];
    for (const [plugin, { hooks }] of this.#hosted) {
      if (plugin.global) everywhere.push({ hooks, listeners: undefined });
      else if (!this.#config.listeners.some(({ plugins }) => plugins.includes(plugin)))
        nowhere.push({ hooks, listeners: new Set() });
    }
    const somewhere = this.#config.listeners.flatMap(({ plugins }, at) =>
      plugins.flatMap((plugin) => {
        const hosted = this.#hosted.get(plugin);
        return hosted === undefined
          ? []
          : [{ hooks: hosted.hooks, listeners: this.#listeners[at] ?? new Set() }];
      }),
    );
    return [...everywhere, ...somewhere, ...nowhere];
  }

  /** The configuration was read anew. */
  reload(): void {
    for (const plugin of this.#hosted.values()) plugin.reload();
  }

  /** The broker has stopped; resolves when all have put their things in order. */
  async close(): Promise<void> {
    await Promise.all([...this.#hosted.values()].map((plugin) => plugin.close()));
  }
}
