/** The table of all options, and how a name is found in it. */

import type { Option, OptionTable, Scope } from './option.ts';
import { bridgeOptions } from './options-bridge.ts';
import { globalOptions } from './options-global.ts';
import { listenerOptions } from './options-listener.ts';
import { pluginOptions } from './options-plugin.ts';
import { securityOptions } from './options-security.ts';

/** The name of any option, as the table has it. */
export type OptionName =
  | keyof typeof globalOptions
  | keyof typeof securityOptions
  | keyof typeof listenerOptions
  | keyof typeof bridgeOptions
  | keyof typeof pluginOptions;

/** Every option by its name. */
export const options: Readonly<Record<OptionName, Option>> = {
  ...globalOptions,
  ...securityOptions,
  ...listenerOptions,
  ...bridgeOptions,
  ...pluginOptions,
};

/** The rows of each scope. */
export const optionsByScope: Readonly<Record<Scope, OptionTable>> = {
  global: globalOptions,
  security: securityOptions,
  listener: listenerOptions,
  bridge: bridgeOptions,
  plugin: pluginOptions,
};

/** The names of all options, in the order of the table. */
export const optionNames: readonly OptionName[] = Object.keys(options) as OptionName[];

/** An option that was found, under the name of the table. */
export interface FoundOption {
  readonly name: OptionName;
  readonly option: Option;
}

const byWord: ReadonlyMap<string, OptionName> = new Map(
  optionNames.flatMap((name) =>
    [name, ...(options[name].aliases ?? [])].map((word) => [word, name] as const),
  ),
);

/** Prefixes: what follows them is the plugin's business. */
const prefixes: readonly string[] = ['plugin_opt_', 'auth_opt_'];

/** The option a word of a configuration file stands for: its name, an alias, or a prefix and more. */
export function findOption(word: string): FoundOption | undefined {
  const prefix = prefixes.find((start) => word.startsWith(start));
  const name = byWord.get(prefix ?? word);
  return name === undefined ? undefined : { name, option: options[name] };
}

/** Every word that is an option or an alias, for suggestions. */
export const knownWords: readonly string[] = [...byWord.keys()];
