/** What a configuration is once it is read. */

import type { Diagnostic, Location } from './diagnostic.ts';
import type { Settings } from './option.ts';
import type { bridgeOptions } from './options-bridge.ts';
import type { globalOptions } from './options-global.ts';
import type { listenerOptions } from './options-listener.ts';
import type { pluginOptions } from './options-plugin.ts';
import type { securityOptions } from './options-security.ts';

/** Where each option of a section was last set, by the name of the table. What is not in it is default. */
export type SetAt = ReadonlyMap<string, Location>;

/** Who may connect and do what, as the file says it. */
export type SecuritySettings = Settings<typeof securityOptions>;

/** The settings of the whole broker. With `per_listener_settings true`, security stands at the listeners. */
export type GlobalSettings = Settings<typeof globalOptions> & SecuritySettings;

/** The settings of a listener, without its address. */
export type ListenerSettings = Settings<typeof listenerOptions>;

/** Where a listener listens: a port, on a host or on all addresses, or a Unix socket with port 0. */
export interface ListenerAddress {
  readonly port: number;
  readonly host: string | undefined;
  readonly unixPath: string | undefined;
}

/**
 * One listener. Its security settings are those in force for its clients, wherever they were written;
 * `allow_anonymous` is decided.
 */
export interface ListenerConfig
  extends ListenerAddress, ListenerSettings, Omit<SecuritySettings, 'allow_anonymous'> {
  readonly allow_anonymous: boolean;
  /** Plugins for this listener only; those of `config.plugins` with `global` come on top. */
  readonly plugins: readonly PluginConfig[];
  readonly setAt: SetAt;
}

/** One bridge; `remote_clientid` and `local_clientid` are completed by `bridgeClientIds`. */
export interface BridgeConfig extends Omit<Settings<typeof bridgeOptions>, 'address'> {
  readonly name: string;
  readonly address: NonNullable<Settings<typeof bridgeOptions>['address']>;
  readonly setAt: SetAt;
}

/** One plugin, with what it is told in the order of the file. */
export interface PluginConfig extends Settings<typeof pluginOptions> {
  readonly path: string;
  /** The name `plugin_load` gave it. */
  readonly name: string | undefined;
  /** True when it counts for all listeners. */
  readonly global: boolean;
  readonly options: readonly { readonly key: string; readonly value: string }[];
  readonly setAt: SetAt;
}

/** A whole configuration. */
export interface Config {
  /** The main file; undefined for the defaults. */
  readonly file: string | undefined;
  readonly global: GlobalSettings;
  /** Where each global option was set. */
  readonly setAt: SetAt;
  /** Never empty: in local only mode they are those on 127.0.0.1 and ::1. */
  readonly listeners: readonly ListenerConfig[];
  readonly bridges: readonly BridgeConfig[];
  readonly plugins: readonly PluginConfig[];
  /** The file names no listener: only this machine can connect, and one of two families may fail to open. */
  readonly localOnly: boolean;
  /** Warnings, notices and information of the reading, in order. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What reading a configuration leads to. With an error there is no configuration. */
export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** The client identifiers of a bridge at both ends, the missing ones made from the host's name. */
export function bridgeClientIds(bridge: BridgeConfig, hostname: string): { remote: string; local: string } {
  const remote = bridge.remote_clientid ?? `${hostname}.${bridge.name}`;
  return { remote, local: bridge.local_clientid ?? `local.${remote}` };
}
