/** Configuration from the file system. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { ParseResult } from './config.ts';
import type { FileSource, FileTrouble } from './files.ts';
import { parseConfig, unreadableConfig, type ConfigText } from './parse.ts';

/** The real file system. Relative paths start at the working directory, as in Mosquitto. */
export const diskFiles: FileSource = { list: listDirectory, read: readText };

/**
 * Reads and parses configuration files, each on top of the ones before; none gives the defaults.
 * An error is in the diagnostics; nothing is thrown.
 */
export function readConfig(...files: readonly string[]): ParseResult {
  const texts: ConfigText[] = [];
  for (const file of files) {
    const text = readText(file);
    if ('trouble' in text) return unreadableConfig(file, text);
    texts.push({ file, text });
  }
  return parseConfig(texts, diskFiles);
}

function listDirectory(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined; // the parser names the directory
  }
}

/** The system's words for why a file cannot be read, as C programs print them. */
const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
};

function systemText(error: NodeJS.ErrnoException): string {
  return SYSTEM_TEXTS[error.code ?? ''] ?? error.message;
}

function readText(file: string): Uint8Array | FileTrouble {
  try {
    if (statSync(file).isDirectory()) return { trouble: 'is a directory', reason: 'a file was expected' };
    return readFileSync(file);
  } catch (error) {
    return { trouble: 'cannot be opened', reason: systemText(error as NodeJS.ErrnoException) };
  }
}
