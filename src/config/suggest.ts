/** What someone who mistyped an option may have meant. */

import { nearestWord } from '../base/nearest.ts';
import { knownWords } from './options.ts';

/** Options of older versions that a file may still have. */
const removed: Readonly<Record<string, string>> = {
  store_clean_interval: 'It was removed in Mosquitto 1.5: delete the line.',
  max_log_entries: 'It was removed: delete the line.',
};

/** In plain words, what may be wrong with a word that is no option. */
export function explainUnknown(word: string): string {
  if (word.startsWith('\ufeff'))
    return 'The file starts with a byte order mark: save it as UTF-8 without one.';
  if (word.startsWith('#')) return 'A comment must start in the first column.';
  if (word.includes('\t')) return 'Only spaces separate an option from its value, a TAB does not.';
  if (/[=:]/.test(word)) return "Write the option, a space and the value, without '=' or ':'.";
  if (Object.hasOwn(removed, word)) return removed[word] ?? '';
  const nearest = nearestWord(word, knownWords);
  return nearest === undefined ? 'No option has a name like this.' : `Did you mean '${nearest}'?`;
}
