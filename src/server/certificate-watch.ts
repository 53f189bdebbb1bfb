/** Files that others replace while the broker runs: `tls_reload_on_change`. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How often the files are looked at, milliseconds. */
const LOOK_EVERY_MS = 1000;

/**
 * Looks at files, and at those in directories, about once a second. Looking is more certain than being told: it sees
 * files that were renamed into place and links that lead elsewhere, on every file system. A change counts once the
 * files have kept still from one look to the next, because certificate and key are replaced one after the other.
 */
export class CertificateWatch {
  readonly #paths: () => readonly string[];
  readonly #changed: () => void;
  /** How the files were when they were last reported; at first as nothing is, because they may have changed since. */
  #reported = '';
  /** How they were at the last look. */
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  /** `changed` is called when the files should be read again; once at the beginning too. */
  constructor(paths: () => readonly string[], changed: () => void) {
    this.#paths = paths;
    this.#changed = changed;
  }

  /** Begins to look. The process does not live on for it. */
  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One look. */
  look(): void {
    const now = stateOf(this.#paths());
    const isStill = now === this.#seen;
    this.#seen = now;
    if (!isStill || now === this.#reported) return;
    this.#reported = now;
    this.#changed();
  }
}

function stateOf(paths: readonly string[]): string {
  return paths.flatMap((path) => [path, ...filesIn(path)].map(stateOfFile)).join('\n');
}

/** Those in a directory; none if it is a file, or not there. */
function filesIn(path: string): string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
}

/** What a link leads to counts, and every replacement has a number or a time of its own. */
function stateOfFile(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${path} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${path} ${(error as NodeJS.ErrnoException).code}`;
  }
}
