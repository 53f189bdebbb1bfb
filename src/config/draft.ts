/** A configuration while it is being read: what the lines said so far. */

import type { Diagnostic, Level, Location } from './diagnostic.ts';
import type { FileSource } from './files.ts';
import type { Value } from './option.ts';

/** The values one section was given, by option name, and where. Defaults are not in it. */
export interface Section {
  readonly values: Map<string, Value>;
  readonly setAt: Map<string, Location>;
}

/** One `listener` line and its options. */
export interface ListenerDraft extends Section {
  port: number;
  host: string | undefined;
  readonly unixPath: string | undefined;
  readonly plugins: PluginDraft[];
}

/** One `connection` line and its options. */
export interface BridgeDraft extends Section {
  readonly name: string;
}

/** One plugin line and its options. */
export interface PluginDraft extends Section {
  readonly path: string;
  readonly name: string | undefined;
  readonly global: boolean;
  readonly options: { readonly key: string; readonly value: string }[];
}

/** All that was read so far. */
export interface Draft {
  readonly global: Section;
  readonly listeners: ListenerDraft[];
  readonly bridges: BridgeDraft[];
  readonly plugins: PluginDraft[];
  readonly diagnostics: Diagnostic[];
  readonly files: FileSource;
  /** The listener on port 1883 that an option created because there was none above it. */
  defaultListener: ListenerDraft | undefined;
  localOnly: boolean;
  /** `per_listener_settings true` cannot come after this. */
  securityGiven: boolean;
}

/** Where the parser is: a line of a file, and the sections open there. Each file starts with none. */
export interface Place {
  readonly file: string;
  line: number;
  readonly includedFrom: Location | undefined;
  listener: ListenerDraft | undefined;
  bridge: BridgeDraft | undefined;
  plugin: PluginDraft | undefined;
}

/** The port of the default listener. */
export const DEFAULT_PORT = 1883;

/** A draft that says nothing. */
export function newDraft(files: FileSource): Draft {
  return {
    global: newSection(),
    listeners: [],
    bridges: [],
    plugins: [],
    diagnostics: [],
    files,
    defaultListener: undefined,
    localOnly: true,
    securityGiven: false,
  };
}

/** The beginning of a file. */
export function startOf(file: string, includedFrom?: Location): Place {
  return { file, line: 0, includedFrom, listener: undefined, bridge: undefined, plugin: undefined };
}

/** A section without values. */
export function newSection(): Section {
  return { values: new Map(), setAt: new Map() };
}

/** A listener without options. */
export function newListener(port: number, host?: string, unixPath?: string): ListenerDraft {
  return { ...newSection(), port, host, unixPath, plugins: [] };
}

/** True when security options belong to listeners. */
export function isPerListener(draft: Draft): boolean {
  return draft.global.values.get('per_listener_settings') === true;
}

/** The line the parser is at. */
export function locationOf(place: Place): Location {
  return { file: place.file, line: place.line };
}

/** Tells the operator something about the line the parser is at. */
export function report(draft: Draft, place: Place, level: Level, text: string, hint?: string): void {
  draft.diagnostics.push({
    level,
    text,
    ...locationOf(place),
    ...(hint !== undefined && { hint }),
    ...(place.includedFrom !== undefined && { includedFrom: place.includedFrom }),
  });
}

/** Opens the default listener, creating it the first time. */
export function openDefaultListener(draft: Draft, place: Place, word: string): ListenerDraft {
  draft.defaultListener ??= createDefaultListener(draft, place, word);
  place.listener = draft.defaultListener;
  return draft.defaultListener;
}

function createDefaultListener(draft: Draft, place: Place, word: string): ListenerDraft {
  report(draft, place, 'information', `Creating default listener due to '${word}' option.`);
  report(
    draft,
    place,
    'information',
    `It is best practice to define a 'listener' first. Using the '${word}' option without a listener will be disabled in the future.`,
  );
  const listener = newListener(DEFAULT_PORT);
  draft.listeners.push(listener);
  return listener;
}
