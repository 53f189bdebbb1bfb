/** What one line does to the draft. */

import { actions, type Use } from './actions.ts';
import { isPerListener, locationOf } from './draft.ts';
import type { Option, ValueOption } from './option.ts';
import type { FoundOption } from './options.ts';
import { isRefusal, refuse, type Refusal } from './refusal.ts';
import { sectionOf } from './sections.ts';
import { parseValue } from './values.ts';

/** Does what the option says; `include_dir` is the parser's. */
export function applyOption(use: Use, found: FoundOption): Refusal | undefined {
  const { option, name } = found;
  announce(use, option);
  if (option.type === 'gone') {
    use.input.note('warning', option.warning);
    use.input.tokens.end();
    return undefined;
  }
  if (option.type === 'action') return actions[name]?.(use);
  if (name === 'per_listener_settings') return setPerListener(use, option);
  return setValue(use, name, option);
}

/** Once true it stays true, and it cannot come after a security option. */
function setPerListener(use: Use, option: ValueOption): Refusal | undefined {
  if (isPerListener(use.draft)) {
    use.input.tokens.end();
    return undefined;
  }
  const problem = setValue(use, 'per_listener_settings', option);
  if (problem !== undefined || !isPerListener(use.draft) || !use.draft.securityGiven) return problem;
  return refuse(
    'Error: per_listener_settings must be set before any other security settings.',
    'Make it the first option of the file.',
  );
}

function setValue(use: Use, name: string, option: ValueOption): Refusal | undefined {
  const { draft, place, input } = use;
  if (option.scope === 'security') draft.securityGiven = true;
  const section = sectionOf(draft, place, option);
  const excluded = checkExclusion(use, option);
  if (excluded !== undefined) return excluded;
  const value = parseValue(option, input);
  if (isRefusal(value)) return value;
  section?.values.set(option.stores ?? name, value);
  section?.setAt.set(name, locationOf(place));
  if (name === 'bridge_insecure' && value === true) {
    input.note('warning', `Warning: Bridge '${place.bridge?.name}' using insecure mode.`);
  }
  return undefined;
}

/** Certificates and keys that exclude each other stand at the same listener or bridge. */
function checkExclusion({ place, word }: Use, { scope, excludes }: Option): Refusal | undefined {
  const section = scope === 'bridge' ? place.bridge : place.listener;
  const other = excludes?.options.find((name) => section?.values.has(name));
  if (excludes === undefined || other === undefined) return undefined;
  return refuse(excludes.error.replace('%s', word), `Remove either '${word}' or '${other}'.`);
}

/** What Mosquitto says whenever it meets the option. */
function announce({ draft, word, input }: Use, option: Option): void {
  if (option.perListener !== undefined && isPerListener(draft)) {
    const text = `You are using the '${word}' option with 'per_listener_settings true'. Please replace this with '${option.perListener}'.`;
    input.note('notice', text);
  }
  if (option.deprecated !== undefined) {
    const text = `The '${word}' option is now deprecated and will be removed in version 3.0. ${option.deprecated}`;
    input.note('notice', text);
  }
  if (option.notice !== undefined) input.note('notice', option.notice);
}
