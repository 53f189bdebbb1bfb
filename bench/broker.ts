/** Which brokers are compared: ours, Mosquitto where it is installed, or any command. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A broker that can be started. */
export interface Broker {
  readonly name: string;
  /** What it is, for the reader: version, and how it was started. */
  readonly about: string;
  /** Its command line; `config` is a file in the form of `mosquitto.conf`. */
  command(config: string, port: number): readonly string[];
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = 'dist/cli/bin/zanzara.js';
const SOURCE = 'src/cli/bin/zanzara.ts';

/** The brokers one can name without saying how to start them; undefined where one is not installed. */
export const KNOWN: Readonly<Record<string, () => Broker | undefined>> = { mosquitto, zanzara };

/** Zanzara from `dist` when that is newer than every source, else from the sources. */
export function zanzara(): Broker {
  const entry = isBuilt() ? BUILT : SOURCE;
  const flags = nodeFlags(ROOT + entry);
  return {
    name: 'zanzara',
    about: ['node', ...flags, entry].join(' '),
    command: (config) => [process.execPath, ...flags, ROOT + entry, '-c', config],
  };
}

/** Mosquitto, if it is installed. */
export function mosquitto(): Broker | undefined {
  const path = ['mosquitto', '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(
    (one) => versionOf(one) !== undefined,
  );
  if (path === undefined) return undefined;
  return { name: 'mosquitto', about: `${versionOf(path)}`, command: (config) => [path, '-c', config] };
}

/** A broker by its command line, in which `{port}` and `{config}` are filled in; quotes hold words together. */
export function custom(name: string, line: string): Broker {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  return {
    name,
    about: line,
    command: (config, port) =>
      words.map((word) => word.replaceAll('{port}', `${port}`).replaceAll('{config}', config)),
  };
}

function versionOf(path: string): string | undefined {
  try {
    // It prints its version with its help, and exits with 3
    return /version \S+/.exec(execFileSync(path, ['-h'], { encoding: 'utf8', stdio: 'pipe' }))?.[0];
  } catch (error) {
    return /version \S+/.exec((error as { stdout?: string }).stdout ?? '')?.[0];
  }
}

/** The flags of Node in the first line of a program, which count when it is started by its name. */
function nodeFlags(path: string): string[] {
  const [, flags = ''] = /^#!.*\bnode +(.+)/.exec(readFileSync(path, 'utf8')) ?? [];
  return flags.split(' ').filter((flag) => flag !== '');
}

function isBuilt(): boolean {
  const built = modified(ROOT + BUILT);
  return globSync('src/**/*.ts', { cwd: ROOT, exclude: (file) => file.endsWith('.test.ts') }).every(
    (file) => modified(ROOT + file) <= built,
  );
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
