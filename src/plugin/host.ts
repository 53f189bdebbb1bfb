/** A plugin that runs: what it decides, what it watches, and its end. */
import type { Backend } from '../access/backend.ts';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import type { Hooks } from '../broker/hooks.ts';
import { backendOf } from './backend.ts';
import { Complaints } from './complaints.ts';
import { contextOf } from './context.ts';
import { Fence } from './fence.ts';
import { hooksOf } from './hooks.ts';
import { eventsOf, problemOf } from './members.ts';
import type { Plugin, PluginContext, PluginFactory, PluginOption } from './plugin.ts';
import { wayInto } from './strays.ts';
import type { Enter } from './strays.ts';
import { Wishes } from './wishes.ts';

/** How a plugin is run. */
export interface HostSettings {
  readonly log: Log;
  /** What it is called until it says its name. */
  readonly label: string;
  readonly options: readonly PluginOption[];
  /** How long an answer may take, milliseconds. */
  readonly patienceMs: number;
  /** Whether clients with `+`, `#` or `/` in their names have no rights. */
  readonly denySpecial: boolean;
}

/** How long a plugin may take to be made, milliseconds. */
const START_MS = 30_000;

/** A plugin that cannot be used. The message is for the operator: what is wrong, without a final dot. */
export class UnfitPlugin extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'UnfitPlugin';
  }
}

/** What a plugin is given before it is there, and what becomes known of it later. */
class Stage {
  /** Its label until it says its name. */
  name: string;
  broker: Broker | undefined;
  readonly wishes: Wishes = new Wishes();
  readonly complaints: Complaints;
  readonly enter: Enter;
  readonly context: PluginContext;

  constructor({ log, label, options }: HostSettings) {
    const name = (): string => this.name;
    const { wishes } = this;
    this.name = label;
    this.complaints = new Complaints(name, log);
    this.enter = wayInto(this.complaints);
    this.context = contextOf({
      name,
      options,
      log,
      wishes,
      complaints: this.complaints,
      broker: () => this.broker,
    });
  }
}

export class HostedPlugin {
  readonly name: string;
  /** Its decisions. */
  readonly backend: Backend;
  /** Its changes and the events it watches. */
  readonly hooks: Hooks;
  /** Where it answers requests. */
  readonly controlTopics: readonly string[];
  readonly #plugin: Plugin;
  readonly #fence: Fence;
  readonly #stage: Stage;

  private constructor(plugin: Plugin, stage: Stage, { patienceMs, denySpecial }: HostSettings) {
    const fence = new Fence(stage.complaints, stage.enter, patienceMs);
    this.#plugin = plugin;
    this.#fence = fence;
    this.#stage = stage;
    this.name = plugin.name;
    this.controlTopics = Object.keys(plugin.control ?? {});
    this.backend = backendOf(plugin, fence, denySpecial);
    this.hooks = hooksOf(plugin, { fence, context: stage.context, broker: () => stage.broker! });
  }

  /** Makes a plugin of what a module exports. Rejects with `UnfitPlugin`, or with what its factory has thrown. */
  static async make(source: unknown, settings: HostSettings): Promise<HostedPlugin> {
    const stage = new Stage(settings);
    const made =
      typeof source === 'function'
        ? await inTime(stage.enter(() => (source as PluginFactory)(stage.context)))
        : source;
    const problem = problemOf(made);
    if (problem !== undefined) throw new UnfitPlugin(problem);
    const plugin = made as Plugin;
    stage.name = plugin.name;
    announce(plugin, settings.log);
    return new HostedPlugin(plugin, stage, settings);
  }

  /** The broker is there; what the plugin wanted of it until now is done. */
  start(broker: Broker): void {
    this.#stage.broker = broker;
    this.#stage.wishes.start(broker);
  }

  /** The configuration was read anew. */
  reload(): void {
    if (this.#plugin.reloaded !== undefined) this.#fence.tell('reloaded', () => this.#plugin.reloaded!());
  }

  /** The broker has stopped; resolves when the plugin has put its things in order, or has taken too long for it. */
  async close(): Promise<void> {
    this.#stage.wishes.close();
    if (this.#plugin.close !== undefined) await this.#fence.tellAndWait('close', () => this.#plugin.close!());
  }
}

/** As Mosquitto: the events that it takes part in, then that it is loaded. */
function announce(plugin: Plugin, log: Log): void {
  const { name, version } = plugin;
  for (const on of eventsOf(plugin)) log.event('pluginRegistered', { plugin: name, on });
  for (const topic of Object.keys(plugin.control ?? {}))
    log.event('pluginRegistered', { plugin: name, on: 'control', topic });
  log.event('pluginLoaded', { plugin: name, ...(version !== undefined && { version }) });
}

/** What a promise comes to; rejects if that takes too long. */
export async function inTime<T>(promise: T | Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new UnfitPlugin(`it was not ready after ${START_MS / 1000} s`)),
    START_MS,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
