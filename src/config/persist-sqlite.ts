/** Persistence where several lines decide together: Mosquitto's SQLite plugin and its `plugin_opt_*`, and our options. */

import type { Problem } from './checks.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import type { Draft, PluginDraft } from './draft.ts';

/** As `synchronous` in SQLite. */
export type Synchronous = 'off' | 'normal' | 'full' | 'extra';

/** What a plugin line and its options say; a `PluginConfig` is one. */
interface PluginLines {
  readonly path: string;
  readonly options: readonly { readonly key: string; readonly value: string }[];
}

/** What `plugin_opt_*` of Mosquitto's SQLite plugin ask for. */
export interface PersistSqlite {
  /** Counts without a `persistence_location`. */
  readonly dbFile: string | undefined;
  readonly sync: Synchronous | undefined;
  /** Bytes. */
  readonly pageSize: number;
}

const DEFAULT_PAGE_BYTES = 4096;
/** The limits of SQLite. */
const PAGE_BYTES = { least: 512, most: 65_536 } as const;

const NAME = /(?:^|[/\\])mosquitto_persist_sqlite\.so\s*$/;

/** Words that `plugin_opt_sync` takes, as SQLite has them. */
const SYNC: ReadonlySet<string> = new Set(['off', 'normal', 'full', 'extra'] satisfies Synchronous[]);

interface PluginOption {
  readonly isValid: (value: string) => boolean;
  readonly allowed: string;
}

const isNumber = (value: string): boolean => /^\d+$/.test(value);

/** The options of the plugin; `flush_period` bounds what may be unwritten, and we always write sooner. */
const OPTIONS: ReadonlyMap<string, PluginOption> = new Map(
  Object.entries({
    db_file: { isValid: (value: string) => value !== '', allowed: 'a path' },
    sync: { isValid: (value: string) => SYNC.has(value), allowed: 'extra, full, normal or off' },
    flush_period: { isValid: isNumber, allowed: 'a number of seconds, 0 or more' },
    page_size: {
      isValid: (value: string) => isNumber(value) && Number(value) >= 1,
      allowed: 'a number of bytes: a power of two from 512 to 65536',
    },
  }),
);

/** True for the line of Mosquitto's plugin, wherever its file is said to be: Zanzara has it built in. */
export function isPersistSqlite({ path }: { readonly path: string }): boolean {
  return NAME.test(path);
}

/** What the plugin's lines ask for; undefined without the plugin. */
export function persistSqliteOf(plugins: readonly PluginLines[]): PersistSqlite | undefined {
  const plugin = plugins.find(isPersistSqlite);
  if (plugin === undefined) return undefined;
  const last = (key: string): string | undefined =>
    plugin.options.findLast((option) => option.key === key)?.value;
  const pageSize = Number(last('page_size') ?? DEFAULT_PAGE_BYTES);
  return {
    dbFile: last('db_file'),
    sync: last('sync') as Synchronous | undefined, // checked by `checkPersistence`
    pageSize: isPageSize(pageSize) ? pageSize : DEFAULT_PAGE_BYTES,
  };
}

function isPageSize(bytes: number): boolean {
  return bytes >= PAGE_BYTES.least && bytes <= PAGE_BYTES.most && Number.isInteger(Math.log2(bytes));
}

/** What is wrong with the lines about persistence, if anything. */
export function checkPersistence({ plugins, global: { values, setAt } }: Draft): Problem | undefined {
  const [plugin, second] = plugins.filter(isPersistSqlite);
  if (plugin === undefined) return undefined;
  if (values.get('persistence') === true) {
    return {
      text: 'Error: `persistence true` cannot be used with a persistence plugin.',
      hint: `Remove 'persistence true', which selects a store of its own, or the plugin ${plugin.path}.`,
      at: setAt.get('persistence'),
    };
  }
  if (values.get('persistence_durability') === 'interval') {
    return {
      text: 'Error: `persistence_durability interval` cannot be used with a persistence plugin.',
      hint: "It writes Mosquitto's mosquitto.db: use it with 'persistence true', without the plugin.",
      at: setAt.get('persistence_durability'),
    };
  }
  if (second !== undefined) {
    return {
      text: 'Error: Only one persistence plugin can be used.',
      hint: `There is one more: ${plugin.path}.`,
      at: lineOf(second),
    };
  }
  return checkOptions(plugin);
}

function checkOptions(plugin: PluginDraft): Problem | undefined {
  for (const { key, value } of plugin.options) {
    const option = OPTIONS.get(key);
    if (option === undefined || option.isValid(value)) continue;
    return {
      text: `Error: Invalid 'plugin_opt_${key}' value (${value}).`,
      hint: `Allowed after 'plugin_opt_${key}': ${option.allowed}.`,
      at: plugin.setAt.get(`plugin_opt_${key}`),
    };
  }
  return undefined;
}

/** What the operator should know of lines that are right and do nothing. */
export function persistenceNotes(draft: Draft): Diagnostic[] {
  return [...draft.plugins.filter(isPersistSqlite).flatMap(pluginNotes), ...autosaveNotes(draft)];
}

function pluginNotes({ options, setAt }: PluginDraft): Diagnostic[] {
  return options.flatMap(({ key, value }): Diagnostic[] => {
    const at = setAt.get(`plugin_opt_${key}`);
    const option = OPTIONS.get(key);
    if (option === undefined) {
      const hint = `The plugin knows ${[...OPTIONS.keys()].map((name) => `plugin_opt_${name}`).join(', ')}.`;
      return [{ level: 'warning', text: `Warning: 'plugin_opt_${key}' has no effect.`, ...at, hint }];
    }
    if (key !== 'page_size' || isPageSize(Number(value))) return [];
    const text = `Warning: SQLite has no pages of ${value} bytes, ${DEFAULT_PAGE_BYTES} is used.`;
    return [{ level: 'warning', text, ...at, hint: `Allowed: ${option.allowed}.` }];
  });
}

/** With a store that has everything there is nothing to save now and then. */
function autosaveNotes({ plugins, global: { values, setAt } }: Draft): Diagnostic[] {
  const isOn = values.get('persistence') === true || plugins.some(isPersistSqlite);
  if (!isOn || values.get('persistence_durability') === 'interval') return [];
  return ['autosave_interval', 'autosave_on_changes']
    .filter((option) => values.has(option))
    .flatMap((option): Diagnostic[] => {
      const text = `'${option}' is not needed: every change is stored at once. It counts with 'persistence_durability interval'.`;
      return [{ level: 'information', text, ...setAt.get(option) }];
    });
}

function lineOf({ setAt }: PluginDraft): Location | undefined {
  return [...setAt.values()][0];
}
