/** A broker in memory with plugins. */
import { AccessChain } from '../../src/access/chain.ts';
import type { LogEvents } from '../../src/base/log-events.ts';
import type { Listener } from '../../src/broker/limits.ts';
import { chainHooks } from '../../src/plugin/chain.ts';
import { HostedPlugin } from '../../src/plugin/host.ts';
import type { Plugin, PluginFactory, PluginOption } from '../../src/plugin/plugin.ts';
import { Rig } from '../broker/rig.ts';
import type { RigOptions } from '../broker/rig.ts';

export interface StageOptions extends RigOptions {
  readonly options?: readonly PluginOption[];
  readonly denySpecial?: boolean;
  /** Milliseconds. */
  readonly patienceMs?: number;
}

export class Stage {
  readonly rig: Rig;
  readonly plugins: readonly HostedPlugin[];

  private constructor(rig: Rig, plugins: readonly HostedPlugin[]) {
    this.rig = rig;
    this.plugins = plugins;
  }

  /** The plugins are for all listeners, in this order. */
  static async with(plugins: readonly (Plugin | PluginFactory)[], how: StageOptions = {}): Promise<Stage> {
    const rig = new Rig(how);
    const { options = [], denySpecial = false, patienceMs = 5000 } = how;
    const { log } = rig.broker;
    const hosted = await Promise.all(
      plugins.map((plugin, at) =>
        HostedPlugin.make(plugin, { log, label: `plugins[${at}]`, options, denySpecial, patienceMs }),
      ),
    );
    const stage = new Stage(rig, hosted);
    stage.use(hosted.map((plugin) => ({ plugin, listeners: undefined })));
    for (const plugin of hosted) plugin.start(rig.broker);
    return stage;
  }

  /** Each plugin for its listeners only. */
  use(scopes: readonly { plugin: HostedPlugin; listeners: ReadonlySet<Listener> | undefined }[]): void {
    const { broker } = this.rig;
    broker.access = new AccessChain(scopes.map(({ plugin }) => plugin.backend));
    broker.hooks = chainHooks(scopes.map(({ plugin, listeners }) => ({ hooks: plugin.hooks, listeners })));
  }

  /** What the log was told about plugins that do wrong: `member problem`. */
  get complaints(): readonly string[] {
    return this.rig.logged('pluginFailed').map(({ member, problem }) => `${member} ${problem}`);
  }

  /** What plugins had to say at a level. */
  said(level: 'pluginNotice' | 'pluginInformation'): readonly string[] {
    return this.rig.logged(level).map(({ text }: LogEvents['pluginNotice']) => text);
  }
}
