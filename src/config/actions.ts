/** Options that do something to the parser: they open a section, or add to one what is not a setting. */

import {
  newListener,
  newSection,
  openDefaultListener,
  isPerListener,
  locationOf,
  type Draft,
  type ListenerDraft,
  type Place,
  type PluginDraft,
} from './draft.ts';
import type { Input } from './input.ts';
import { parseInt32 } from './numbers.ts';
import { empty, isRefusal, refuse, type Refusal } from './refusal.ts';
import { needsListener } from './sections.ts';
import { parseText } from './text-value.ts';

/** One line at work. */
export interface Use {
  readonly draft: Draft;
  readonly place: Place;
  /** The option as the line has it: its name, an alias, or a prefix and more. */
  readonly word: string;
  readonly input: Input;
}

const PORT_MAX = 65_535;
const pluginOption = /^(?:plugin_opt_|auth_opt_)(.*)$/s;

/** What each option of type `action` does, but for `include_dir`. */
export const actions: Readonly<Record<string, (use: Use) => Refusal | undefined>> = {
  listener: openListener,
  port: setDefaultPort,
  bind_address: setDefaultHost,
  connection: openBridge,
  plugin: openPlugin,
  global_plugin: openGlobalPlugin,
  plugin_load: loadPlugin,
  plugin_use: attachPlugin,
  plugin_opt_: addPluginOption,
};

function openListener({ draft, place, input }: Use): Refusal | undefined {
  draft.localOnly = false;
  const port = parseInt32(input);
  if (isRefusal(port)) return port;
  if (port < 0 || port > PORT_MAX) return refuse(`Error: Invalid 'port' value (${port}).`);
  const word = input.tokens.next();
  if (word?.[0] === '#') input.tokens.end();
  const where = word?.[0] === '#' ? undefined : word;
  if (port === 0 && where === undefined) {
    return refuse(
      'Error: A listener with port 0 must provide a Unix socket path.',
      'Write listener 0 PATH for a Unix socket, or listener PORT with a port from 1 to 65535.',
    );
  }
  const listener = port === 0 ? newListener(0, undefined, where) : newListener(port, where);
  listener.setAt.set('listener', locationOf(place));
  draft.listeners.push(listener);
  place.listener = listener;
  return undefined;
}

function setDefaultPort({ draft, place, word, input }: Use): Refusal | undefined {
  draft.localOnly = false;
  const listener = openDefaultListener(draft, place, word);
  // as Mosquitto: the warning always comes, because the default listener starts at 1883
  input.note(
    'warning',
    'Warning: Default listener port specified multiple times. Only the latest will be used.',
  );
  const port = parseInt32(input);
  if (isRefusal(port)) return port;
  if (port < 1 || port > PORT_MAX) return refuse(`Error: Invalid 'port' value (${port}).`);
  listener.port = port;
  listener.setAt.set('port', locationOf(place));
  return undefined;
}

/** Whether the host can be resolved shows when the listener opens. */
function setDefaultHost({ draft, place, word, input }: Use): Refusal | undefined {
  draft.localOnly = false;
  const listener = openDefaultListener(draft, place, word);
  if (listener.host !== undefined && input.tokens.peek() !== '') {
    return refuse(`Error: Duplicate '${input.name}' value in configuration.`);
  }
  const host = parseText(input);
  if (isRefusal(host)) return host;
  listener.host = host;
  listener.setAt.set('bind_address', locationOf(place));
  return undefined;
}

function openBridge({ draft, place, input }: Use): Refusal | undefined {
  const name = input.tokens.next();
  if (name === undefined) return empty(input);
  if (draft.bridges.some((bridge) => bridge.name === name)) {
    return refuse(`Error: Duplicate bridge name '${name}'.`, 'Each connection needs a name of its own.');
  }
  const bridge = { ...newSection(), name };
  bridge.setAt.set('connection', locationOf(place));
  draft.bridges.push(bridge);
  place.bridge = bridge;
  return undefined;
}

function openPlugin(use: Use): Refusal | undefined {
  const { draft, place, word } = use;
  if (!isPerListener(draft)) return openGlobalPlugin(use);
  if (place.listener === undefined) return needsListener(word);
  draft.securityGiven = true;
  return addPlugin(use, undefined, place.listener);
}

function openGlobalPlugin(use: Use): Refusal | undefined {
  use.draft.securityGiven = true;
  return addPlugin(use, undefined, 'global');
}

function loadPlugin(use: Use): Refusal | undefined {
  const name = use.input.tokens.next();
  if (name === undefined) return empty(use.input);
  if (use.draft.plugins.some((plugin) => plugin.name === name)) {
    return refuse(`Error: Duplicate plugin name '${name}'.`, 'Each plugin_load needs a name of its own.');
  }
  return addPlugin(use, name);
}

function addPlugin(use: Use, name?: string, to?: ListenerDraft | 'global'): Refusal | undefined {
  const { draft, place, word, input } = use;
  const path = input.tokens.rest(); // untrimmed, as Mosquitto
  if (path === undefined) {
    return refuse(`Error: Missing plugin path for plugin name '${name ?? '(null)'}'.`);
  }
  const plugin: PluginDraft = { ...newSection(), path, name, global: to === 'global', options: [] };
  plugin.setAt.set(word === 'auth_plugin' ? 'plugin' : word, locationOf(place));
  draft.plugins.push(plugin);
  if (typeof to === 'object') to.plugins.push(plugin);
  place.plugin = plugin;
  return undefined;
}

function attachPlugin({ draft, place, input }: Use): Refusal | undefined {
  const name = parseText(input);
  if (isRefusal(name)) return name;
  const plugin = draft.plugins.find((loaded) => loaded.name === name);
  if (plugin === undefined) {
    return refuse(
      `Error: Plugin '${name}' not previously loaded.`,
      `Put a line 'plugin_load ${name} PATH' above.`,
    );
  }
  place.plugin = plugin;
  place.listener?.plugins.push(plugin);
  place.listener?.setAt.set('plugin_use', locationOf(place));
  return undefined;
}

/** The value is passed on as it stands, in the order of the file. */
function addPluginOption({ place, word, input }: Use): Refusal | undefined {
  const key = pluginOption.exec(word)?.[1] ?? '';
  if (key.length < 3) return refuse("Error: Invalid 'plugin_opt_' config option.");
  const value = input.tokens.rest();
  if (value === undefined) return refuse(`Error: Empty '${key}' value in configuration.`);
  place.plugin?.options.push({ key, value: value.replace(/^[ \t]+/, '') });
  place.plugin?.setAt.set(`plugin_opt_${key}`, locationOf(place));
  return undefined;
}
