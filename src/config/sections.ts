/** Which section a line needs, and which it belongs to. */

import { isPerListener, openDefaultListener, type Draft, type Place, type Section } from './draft.ts';
import type { Needs, Option } from './option.ts';
import type { FoundOption } from './options.ts';
import { refuse, type Refusal } from './refusal.ts';

/** Sees to it that the section the option needs is open. */
export function enterSection(
  draft: Draft,
  place: Place,
  found: FoundOption,
  word: string,
): Refusal | undefined {
  const needed = sectionNeeded(draft, found);
  if (needed === undefined) return undefined;
  switch (needed) {
    case 'listener':
      return place.listener === undefined ? needsListener(word) : undefined;
    case 'declared listener':
      return hasDeclaredListener(draft, place) ? undefined : needsListener(word);
    case 'default listener':
      if (place.listener === undefined) openDefaultListener(draft, place, word);
      return undefined;
    case 'bridge':
      return place.bridge === undefined ? needsBridge(word) : undefined;
    case 'plugin':
      return place.plugin === undefined ? needsPlugin(word, found.option) : undefined;
  }
}

function sectionNeeded(draft: Draft, { option, name }: FoundOption): Needs | undefined {
  if (option.scope === 'security' && isPerListener(draft)) return 'listener';
  if (option.scope === 'bridge' && name !== 'connection') return 'bridge';
  return option.needs;
}

function hasDeclaredListener(draft: Draft, place: Place): boolean {
  return place.listener !== undefined && place.listener !== draft.defaultListener;
}

/** The refusal of a line that needs a section above it. */
export function needsListener(word: string): Refusal {
  return refuse(
    `Error: The '${word}' option requires a listener to be defined first.`,
    `Put a line such as 'listener 1883' above '${word}', in the same file.`,
  );
}

function needsBridge(word: string): Refusal {
  return refuse(
    `Error: The '${word}' option requires a bridge to be defined first.`,
    `Put a line 'connection NAME' above '${word}', in the same file.`,
  );
}

function needsPlugin(word: string, option: Option): Refusal {
  return refuse(
    option.missing ??
      `Error: The '${word}' option requires plugin/global_plugin/plugin_load to be defined first.`,
    `Put a line 'plugin PATH' above '${word}', in the same file.`,
  );
}

/** Where the option's value belongs. */
export function sectionOf(draft: Draft, place: Place, { scope }: Option): Section | undefined {
  switch (scope) {
    case 'global':
      return draft.global;
    case 'security':
      return isPerListener(draft) ? place.listener : draft.global;
    case 'listener':
      return place.listener;
    case 'bridge':
      return place.bridge;
    case 'plugin':
      return place.plugin;
  }
}
