/** The library that records what a broker does to its files: compiled, preloaded, and what it wrote. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../random.ts';
import { Disk } from './disk.ts';
import type { Fate, Files } from './disk.ts';
import { readLog } from './log.ts';

const SOURCE = fileURLToPath(new URL('record.c', import.meta.url));

/** Compiles it into a folder; undefined where there is no C compiler. */
export function compileRecorder(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'record.so');
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'], {
    encoding: 'utf8',
  });
  if (compiled.error !== undefined) return undefined;
  if (compiled.status !== 0) throw new Error(`record.c is not compiled:\n${compiled.stderr}`);
  return library;
}

/** The environment of a process that is recorded. */
export function recordedIn(library: string, folder: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library, RECORD_FOLDER: folder, RECORD_LOG: logOf(folder) };
}

/** Beside the folder. */
export function logOf(folder: string): string {
  return `${folder}.log`;
}

/** Puts these files, and no others, into a folder. */
export function putFiles(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes, { mode: 0o600 });
}

/** Cuts the power of a broker that was killed: of what it wrote, the disk has what was synced, and of the rest what it likes. */
export class PowerCuts {
  readonly #fates: readonly Fate[];
  #files: Files = new Map();

  constructor(fates: readonly Fate[] = ['lost', 'torn', 'kept']) {
    this.#fates = fates;
  }

  readonly cut = (folder: string, random: Random): void => {
    const disk = new Disk(this.#files);
    for (const operation of readLog(readFileSync(logOf(folder)))) disk.apply(operation);
    this.#files = disk.afterCut(random.pick(this.#fates), random);
    putFiles(folder, this.#files);
    rmSync(logOf(folder));
  };
}
