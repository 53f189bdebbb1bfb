/** What one row of the option table may say, and the types of the values it leads to. */

import type { BridgeAddress, BridgeTopic, RestartTimeout, TcpKeepalive } from './bridge-values.ts';
import type { LogDestination, LogType } from './log-values.ts';
import type { Header } from './web-values.ts';

/** Where a value belongs. `security` is global, or per listener with `per_listener_settings true`. */
export type Scope = 'global' | 'security' | 'listener' | 'bridge' | 'plugin';

/**
 * What must stand above the line. `default listener` creates one on port 1883 where there is none;
 * `declared listener` does not accept that one.
 */
export type Needs = 'listener' | 'default listener' | 'declared listener' | 'bridge' | 'plugin';

/** A limit of an integer. Beyond it the value is refused, or becomes another one. */
export type Bound =
  | { readonly limit: number; readonly refuse: string }
  | {
      readonly limit: number;
      readonly becomes: number;
      readonly notice?: string;
      readonly warning?: string;
    };

/** Options that cannot stand in one section with this one. In `error`, %s is the option's name. */
export interface Exclusion {
  readonly options: readonly string[];
  readonly error: string;
}

/** What every row says. */
export interface OptionBase {
  readonly scope: Scope;
  readonly needs?: Needs;
  readonly aliases?: readonly string[];
  /** True when SIGHUP brings a new value into force. */
  readonly reload: boolean;
  /** One line for the manual. */
  readonly text: string;
  /** What else the manual says: chiefly where Mosquitto differs. */
  readonly note?: string;
  /** The option's name in messages about its value, where Mosquitto prints another one. */
  readonly printed?: string;
  /** The advice after Mosquitto's sentence of deprecation. May be empty. */
  readonly deprecated?: string;
  /** A notice that is given whenever the option is used. */
  readonly notice?: string;
  /** What to use instead with `per_listener_settings true`. */
  readonly perListener?: string;
  /** The key in the section, when it is that of another option. */
  readonly stores?: string;
  readonly excludes?: Exclusion;
  /** The error when `needs` is not met, where it is not the usual one. */
  readonly missing?: string;
}

export interface BooleanOption extends OptionBase {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface IntegerOption extends OptionBase {
  readonly type: 'integer';
  readonly default?: number;
  readonly low?: Bound;
  readonly high?: Bound;
  /** A value that is kept as 0, which means no limit. */
  readonly unlimited?: number;
  readonly unit?: string;
}

export interface StringOption extends OptionBase {
  readonly type: 'string' | 'path';
  readonly default?: string;
  /** A second value replaces the first; without it, it is an error. */
  readonly lastWins?: boolean;
  readonly bytesMax?: { readonly limit: number; readonly refuse: string };
}

export interface KeywordOption extends OptionBase {
  readonly type: 'keyword';
  readonly values: readonly string[];
  readonly default?: string;
  /** The message for any other value; %s is the value. */
  readonly refuse?: string;
  /** The messages for values that are known and refused. */
  readonly refused?: Readonly<Record<string, string>>;
  /** What is taken instead of an unknown value, with a warning. */
  readonly otherwise?: string;
  /** The value is the rest of the line, so that text after it is part of it. */
  readonly restOfLine?: boolean;
}

/** The types with a grammar of their own, and their values. */
export interface SpecialValues {
  strings: readonly string[];
  'topic prefix': string;
  sha1: string;
  bytes: number;
  duration: number;
  'protocol versions': readonly number[];
  'log destinations': readonly LogDestination[];
  'log types': readonly LogType[];
  addresses: readonly BridgeAddress[];
  topics: readonly BridgeTopic[];
  'restart timeout': RestartTimeout;
  'tcp keepalive': TcpKeepalive;
  url: string;
  headers: readonly Header[];
  'token algorithms': readonly string[];
}

export interface SpecialOption extends OptionBase {
  readonly type: keyof SpecialValues;
  readonly default?: Value;
}

/** An option that has a value. */
export type ValueOption = BooleanOption | IntegerOption | StringOption | KeywordOption | SpecialOption;

/** An option that does something to the parser: it opens a section, reads files, attaches a plugin. */
export interface ActionOption extends OptionBase {
  readonly type: 'action';
  readonly values: string;
}

/** An option that is accepted and has no effect any more; `warning` says so. */
export interface GoneOption extends OptionBase {
  readonly type: 'gone';
  readonly warning: string;
}

/** One row of the option table. */
export type Option = ValueOption | ActionOption | GoneOption;

/** Rows by option name. */
export type OptionTable = Readonly<Record<string, Option>>;

/** Any value an option can have. */
export type Value = boolean | number | string | SpecialValues[keyof SpecialValues];

type ValueOf<Row> = Row extends { readonly type: 'boolean' }
  ? boolean
  : Row extends { readonly type: 'integer' }
    ? number
    : Row extends { readonly type: 'keyword'; readonly values: readonly (infer Word)[] }
      ? Word
      : Row extends { readonly type: infer Type extends keyof SpecialValues }
        ? SpecialValues[Type]
        : string;

type Stored<Name, Row> = Row extends { readonly type: 'action' | 'gone' } | { readonly stores: string }
  ? never
  : Name;

/** The settings a table leads to: every option with a value, under its own name. */
export type Settings<Table> = {
  readonly [Name in keyof Table as Stored<Name, Table[Name]>]: Table[Name] extends {
    readonly default: unknown;
  }
    ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined;
};
