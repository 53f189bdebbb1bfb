/** From a draft to a `Config`: defaults, and the listeners of local only mode. */

import type { BridgeConfig, Config, ListenerConfig, PluginConfig } from './config.ts';
import {
  DEFAULT_PORT,
  isPerListener,
  newListener,
  type BridgeDraft,
  type Draft,
  type ListenerDraft,
  type PluginDraft,
} from './draft.ts';
import type { OptionTable, Settings, Value } from './option.ts';
import { bridgeOptions } from './options-bridge.ts';
import { globalOptions } from './options-global.ts';
import { listenerOptions } from './options-listener.ts';
import { pluginOptions } from './options-plugin.ts';
import { securityOptions } from './options-security.ts';

/** Where local only mode listens. */
const loopbacks = [
  { family: 'ipv4', host: '127.0.0.1' },
  { family: 'ipv6', host: '::1' },
];

/** The configuration a draft without errors stands for. */
export function buildConfig(draft: Draft, file: string | undefined): Config {
  const plugins = new Map(draft.plugins.map((plugin) => [plugin, buildPlugin(plugin)]));
  const { values, setAt } = draft.global;
  return {
    file,
    global: { ...complete(globalOptions, values), ...complete(securityOptions, values) },
    setAt,
    listeners: listenerDrafts(draft).map((listener) => buildListener(draft, listener, plugins)),
    bridges: draft.bridges.map(buildBridge),
    plugins: [...plugins.values()],
    localOnly: draft.localOnly,
    diagnostics: draft.diagnostics,
  };
}

/**
 * The listeners to open. In local only mode there is one for each loopback address. Mosquitto forgets what
 * options without a `listener` line said there (`max_qos 1` alone has no effect); here they count.
 */
function listenerDrafts(draft: Draft): ListenerDraft[] {
  if (!draft.localOnly) return draft.listeners;
  const only = draft.defaultListener ?? newListener(DEFAULT_PORT);
  const family = only.values.get('socket_domain');
  return loopbacks
    .filter((loopback) => family === undefined || family === loopback.family)
    .map(({ host }) => Object.assign(newListener(only.port, host), { ...only, host }));
}

function buildListener(
  draft: Draft,
  listener: ListenerDraft,
  plugins: ReadonlyMap<PluginDraft, PluginConfig>,
): ListenerConfig {
  const inherited = isPerListener(draft) ? [] : draft.global.values;
  const security = complete(securityOptions, new Map([...inherited, ...listener.values]));
  return {
    ...complete(listenerOptions, listener.values),
    ...security,
    // as Mosquitto: undecided is no where a listener is declared, yes in local only mode
    allow_anonymous: security.allow_anonymous ?? draft.localOnly,
    port: listener.port,
    host: listener.host,
    unixPath: listener.unixPath,
    plugins: listener.plugins.flatMap((plugin) => plugins.get(plugin) ?? []),
    setAt: listener.setAt,
  };
}

function buildBridge({ name, values, setAt }: BridgeDraft): BridgeConfig {
  const settings = complete(bridgeOptions, values);
  return { ...settings, address: settings.address ?? [], name, setAt };
}

function buildPlugin({ path, name, global, options, values, setAt }: PluginDraft): PluginConfig {
  return { ...complete(pluginOptions, values), path, name, global, options, setAt };
}

/** Every option of a table with its value or its default. */
function complete<Table extends OptionTable>(
  table: Table,
  values: ReadonlyMap<string, Value>,
): Settings<Table> {
  const settings: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table)) {
    if (option.type === 'action' || option.type === 'gone' || option.stores !== undefined) continue;
    settings[name] = values.get(name) ?? option.default;
  }
  return settings as Settings<Table>; // `parseValue` returns what the row's type says
}
