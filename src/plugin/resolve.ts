/** From what stands behind `plugin` to a file that can be imported. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isFields } from './values.ts';

/** The files that a folder is for, in this order, where no package.json names one. */
const INDEX: readonly string[] = ['index.ts', 'index.mts', 'index.js', 'index.mjs'];

/** The conditions of `exports` that hold for a plugin. */
const CONDITIONS: ReadonlySet<string> = new Set('node import module-sync default'.split(' '));

/** The name of a package: `ban`, `@example/ban`. */
const PACKAGE = /^(?:@[^/@]+\/)?[^./@][^/]*$/;

/**
 * The file of a plugin: a file, or the one that a folder or an installed package is for. Relative paths count from
 * the first of these folders where they lead to something; packages are looked for in them and above. Undefined if
 * there is none.
 */
export function pluginFile(path: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const found = fileAt(resolve(folder, path));
    if (found !== undefined) return found;
  }
  if (!PACKAGE.test(path)) return undefined;
  for (const folder of folders.flatMap(andAbove)) {
    const found = fileAt(join(folder, 'node_modules', path));
    if (found !== undefined) return found;
  }
  return undefined;
}

function fileAt(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return fileOfFolder(path);
  return stats?.isFile() === true ? path : undefined;
}

function fileOfFolder(folder: string): string | undefined {
  const named = entryOf(join(folder, 'package.json'));
  return (named === undefined ? INDEX : [named])
    .map((name) => join(folder, name))
    .find((file) => existsSync(file));
}

/** What a package.json names as the file of its package. One that cannot be read names none. */
function entryOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (!isFields(content)) return undefined;
    const { exports, main } = content;
    const root = isFields(exports) && '.' in exports ? exports['.'] : exports;
    return exported(root) ?? (typeof main === 'string' ? main : undefined);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // no JSON: as if it were not there
    throw error;
  }
}

/** The file of an entry of `exports`: a text, or the first condition that holds. */
function exported(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  if (Array.isArray(entry)) return entry.map(exported).find((file) => file !== undefined);
  if (!isFields(entry)) return undefined;
  return Object.entries(entry)
    .filter(([condition]) => CONDITIONS.has(condition))
    .map(([, one]) => exported(one))
    .find((file) => file !== undefined);
}

function andAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...andAbove(above)];
}
