/** The plugins of a broker: those of the program around it, then those of its configuration, each with its listeners. */
import { cwd } from 'node:process';
import type { Backend } from '../access/backend.ts';
import type { Read } from '../access/file.ts';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import type { Listener } from '../broker/limits.ts';
import type { Config, PluginConfig } from '../config/config.ts';
import { pluginOptions } from '../config/options-plugin.ts';
import { chainHooks } from '../plugin/chain.ts';
import type { HostedPlugin } from '../plugin/host.ts';
import { loadPlugins } from '../plugin/load.ts';
import type { Plugin, PluginFactory } from '../plugin/plugin.ts';

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
  /** Of the plugins that are not for all listeners. */
  readonly #listeners = new Map<PluginConfig, Set<Listener>>();

  private constructor(
    own: readonly PluginConfig[],
    config: Config,
    hosted: ReadonlyMap<PluginConfig, HostedPlugin>,
  ) {
    this.#own = own;
    this.#config = config;
    this.#hosted = hosted;
    for (const plugin of hosted.keys()) if (!plugin.global) this.#listeners.set(plugin, new Set());
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
    const scoped = [...this.#hosted].map(([config, { hooks }]) => ({
      hooks,
      listeners: this.#listeners.get(config),
    }));
    broker.hooks = chainHooks(scoped);
    for (const plugin of this.#hosted.values()) plugin.start(broker);
  }

  /** A listener opens: the plugins at its place in the configuration are about its clients. */
  attach(listener: Listener, at: number): void {
    for (const plugin of this.#config.listeners[at]?.plugins ?? [])
      this.#listeners.get(plugin)?.add(listener);
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
