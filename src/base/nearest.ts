/** What someone may have meant who mistyped a word. */

/** The known word that is nearest to a word, ignoring case; undefined if none is near. */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const worst = Math.max(1, Math.floor(word.length / 3));
  let nearest: { word: string; distance: number } | undefined;
  for (const known of words) {
    if (Math.abs(known.length - word.length) > worst) continue;
    const distance = editDistance(lower, known.toLowerCase());
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
