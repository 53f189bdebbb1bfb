/** What a SIGHUP changes: the running configuration and the one just read, made into one. */

import type {
  BridgeConfig,
  Config,
  GlobalSettings,
  ListenerConfig,
  SecuritySettings,
  SetAt,
} from './config.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import { withLocalPorts } from './local-only.ts';
import type { OptionTable } from './option.ts';
import { globalOptions } from './options-global.ts';
import { listenerOptions } from './options-listener.ts';
import { securityOptions } from './options-security.ts';
import { sameValue } from './same-value.ts';

/** What a reload leads to. */
export interface Reload {
  /** The configuration in force from now on; `running` itself when there is an error. */
  readonly config: Config;
  /** What changed in it: `max_keepalive`, `listener 1883: max_qos`, `connection NAME`. */
  readonly changed: readonly string[];
  /** What did not, and why. With an error among them nothing changed at all. */
  readonly notApplied: readonly Diagnostic[];
}

/** Options that switch TLS on or off for a listener, which a reload cannot. */
const tlsOptions: readonly string[] = ['certfile', 'keyfile', 'cafile', 'capath', 'require_certificate'];

/** What is found out while two configurations become one. */
interface Journal {
  readonly changed: Set<string>;
  readonly notApplied: Diagnostic[];
}

/** Which of two sections' options are looked at, and how they are called. */
interface Comparison {
  readonly table: OptionTable;
  /** Where the new values were set. */
  readonly setAt: SetAt;
  /** What stands before a name in the journal. */
  readonly prefix: string;
  /** Options that a reload could bring, but not here. */
  readonly held?: readonly string[];
}

/** Decides what takes effect. All or nothing: an error leaves `running` as it is. */
export function compareForReload(running: Config, read: Config): Reload {
  const next = withPortsOf(running, read);
  const errors = [...refusePerListener(running, next), ...refuseAdded(running, next)];
  if (errors.length > 0) return { config: running, changed: [], notApplied: errors };
  const journal: Journal = { changed: new Set(), notApplied: [] };
  const config: Config = {
    ...next,
    global: mergeGlobal(running, next, journal),
    listeners: running.listeners.map((listener) => mergeListener(running, listener, next, journal)),
    plugins: running.plugins,
    localOnly: running.localOnly,
  };
  if (!sameValue(running.plugins, next.plugins)) journal.notApplied.push(needsRestart('plugin'));
  compareBridges(running.bridges, next.bridges, journal);
  return { config, changed: [...journal.changed], notApplied: journal.notApplied };
}

/** In local only mode the ports may be those of `-p`, which the file does not know. */
function withPortsOf(running: Config, next: Config): Config {
  if (!running.localOnly) return next;
  return withLocalPorts(next, [...new Set(running.listeners.map(({ port }) => port))]);
}

/** It decides where every security option belongs, so that there is no half way. */
function refusePerListener(running: Config, next: Config): Diagnostic[] {
  const name = 'per_listener_settings';
  if (running.global[name] === next.global[name]) return [];
  return [
    {
      level: 'error',
      text: `Error: '${name}' cannot be changed when reloading the config file.`,
      ...next.setAt.get(name),
      hint: 'Restart the broker to bring it into force; until then nothing of the file counts.',
    },
  ];
}

/** A file that names no listener any more is not one that adds those of local only mode. */
function refuseAdded(running: Config, next: Config): Diagnostic[] {
  if (next.localOnly) return [];
  return next.listeners
    .filter((listener) => !running.listeners.some((other) => isSameListener(listener, other)))
    .map(addedError);
}

function addedError(listener: ListenerConfig): Diagnostic {
  const { setAt } = listener;
  return {
    level: 'error',
    text: 'Error: It is not currently possible to add/remove listeners when reloading the config file.',
    ...(setAt.get('listener') ?? setAt.get('port') ?? setAt.get('bind_address')),
    hint: `The ${describeListener(listener)} is new: restart the broker to open it.`,
  };
}

function isSameListener(a: ListenerConfig, b: ListenerConfig): boolean {
  return a.port === b.port && a.host === b.host && a.unixPath === b.unixPath;
}

function describeListener({ port, host, unixPath }: ListenerConfig): string {
  return `listener ${unixPath ?? (host === undefined ? port : `${port} ${host}`)}`;
}

function mergeGlobal(running: Config, next: Config, journal: Journal): GlobalSettings {
  const { setAt } = next;
  const tables = { ...globalOptions, ...securityOptions };
  return merge({ table: tables, setAt, prefix: '' }, running.global, next.global, journal);
}

function mergeListener(
  running: Config,
  listener: ListenerConfig,
  next: Config,
  journal: Journal,
): ListenerConfig {
  const match = next.listeners.find((other) => isSameListener(listener, other));
  if (match === undefined) return keepListener(running, listener, next, journal);
  const prefix = `${describeListener(listener)}: `;
  const held = isTls(listener) === isTls(match) ? [] : tlsOptions;
  const comparison = { table: listenerOptions, setAt: match.setAt, prefix, held };
  noteSecurity(listener, match, prefix, journal);
  if (!sameValue(listener.plugins, match.plugins)) journal.notApplied.push(needsRestart(`${prefix}plugin`));
  return { ...merge(comparison, listener, match, journal), plugins: listener.plugins };
}

function isTls({ certfile }: ListenerConfig): boolean {
  return certfile !== undefined;
}

/** What changed for this listener and not for all. */
function noteSecurity(before: ListenerConfig, after: ListenerConfig, prefix: string, journal: Journal): void {
  for (const word of Object.keys(securityOptions)) {
    const name = word as keyof typeof securityOptions;
    if (sameValue(before[name], after[name]) || journal.changed.has(name)) continue;
    journal.changed.add(`${prefix}${name}`);
  }
}

/** A listener that left the file stays open, under the rules that count for all listeners now. */
function keepListener(
  running: Config,
  listener: ListenerConfig,
  next: Config,
  journal: Journal,
): ListenerConfig {
  journal.notApplied.push({
    level: 'warning',
    text: `Warning: The ${describeListener(listener)} is no longer in the config file. It stays open.`,
    hint: 'Restart the broker to close it.',
  });
  return running.global.per_listener_settings ? listener : withSecurityOf(next.global, listener);
}

function withSecurityOf(global: GlobalSettings, listener: ListenerConfig): ListenerConfig {
  const { setAt, allow_anonymous, auto_id_prefix } = listener;
  const own = (name: string): boolean => setAt.has(name);
  return {
    ...listener,
    ...securityOf(global),
    auto_id_prefix: own('listener_auto_id_prefix') ? auto_id_prefix : global.auto_id_prefix,
    allow_anonymous: own('listener_allow_anonymous') ? allow_anonymous : (global.allow_anonymous ?? false),
  };
}

function securityOf(global: GlobalSettings): SecuritySettings {
  const names = Object.keys(securityOptions) as (keyof SecuritySettings)[];
  return Object.fromEntries(names.map((name) => [name, global[name]])) as unknown as SecuritySettings;
}

/** The new section, with the running values of those options that a reload cannot bring. */
function merge<Values extends object>(
  { table, setAt, prefix, held = [] }: Comparison,
  running: Values,
  next: Values,
  { changed, notApplied }: Journal,
): Values {
  const merged = { ...next };
  for (const [word, option] of Object.entries(table)) {
    const name = word as keyof Values & string;
    if (!(name in next) || sameValue(running[name], next[name])) continue;
    if (option.reload && !held.includes(name)) {
      changed.add(`${prefix}${name}`);
    } else {
      merged[name] = running[name];
      notApplied.push(needsRestart(`${prefix}${name}`, setAt.get(name)));
    }
  }
  return merged;
}

function needsRestart(what: string, at?: Location): Diagnostic {
  return {
    level: 'warning',
    text: `Warning: '${what}' changed, which a reload cannot bring into force.`,
    ...at,
    hint: 'Restart the broker; until then the old value counts.',
  };
}

/** All bridges are rebuilt; the journal says which differ. */
function compareBridges(
  before: readonly BridgeConfig[],
  after: readonly BridgeConfig[],
  journal: Journal,
): void {
  for (const name of new Set([...before, ...after].map((bridge) => bridge.name))) {
    const [old, now] = [before, after].map((bridges) => bridges.find((bridge) => bridge.name === name));
    if (!sameValue(old, now)) journal.changed.add(`connection ${name}`);
  }
}
