/** The parts of pages of docs/ that are generated: each stands between two markers of its name. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCS = new URL('../docs/', import.meta.url);
const FOLDER = new URL('../docs/performance/', import.meta.url);

/** Puts new text between the markers of a part of a page. */
export function writePart(name: string, text: string, pageName = 'PERFORMANCE.md'): void {
  const path = fileURLToPath(new URL(pageName, DOCS));
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  const page = readFileSync(path, 'utf8');
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/${pageName} lacks the markers of ${name}.`);
  writeFileSync(path, `${page.slice(0, from)}${begin}\n\n${text.trim()}\n\n${page.slice(to)}`);
}

/** The path of a file in docs/performance/. */
export function besidePage(name: string): string {
  return fileURLToPath(new URL(name, FOLDER));
}

/** Writes a file, and the folders above it. */
export function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Writes a value as JSON that one can read. */
export function writeJson(path: string, value: unknown): void {
  writeText(path, `${JSON.stringify(value, undefined, 1)}\n`);
}
