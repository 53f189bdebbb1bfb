/** What someone who mistyped an option may have meant. */

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
  const nearest = nearestWord(word);
  return nearest === undefined ? 'No option has a name like this.' : `Did you mean '${nearest}'?`;
}

function nearestWord(word: string): string | undefined {
  const lower = word.toLowerCase();
  const worst = Math.max(1, Math.floor(word.length / 3));
  let nearest: { word: string; distance: number } | undefined;
  for (const known of knownWords) {
    if (Math.abs(known.length - word.length) > worst) continue;
    const distance = editDistance(lower, known);
    if (distance <= worst && distance < (nearest?.distance ?? Infinity)) nearest = { word: known, distance };
  }
  return nearest?.word;
}

/** How many letters must be inserted, removed or replaced to make one word the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
