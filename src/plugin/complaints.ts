/** What the log is told about a plugin that does wrong: often enough to be noticed, never a flood. */
import type { Log } from '../base/log.ts';

/** How long the log is silent about a fault that it has told of, milliseconds. */
const SILENCE_MS = 60_000;

/** Kinds of faults; each member has its own of each. */
export type Fault = 'throws' | 'is late' | 'is not at once' | 'answers wrong' | 'has too many';

/** The faults of one plugin. There are as many kinds as it has members, so nothing here grows. */
export class Complaints {
  readonly #plugin: () => string;
  readonly #log: Log;
  readonly #told = new Map<string, { at: number; untold: number }>();

  /** `plugin`: its name, or its path while the name is not known. */
  constructor(plugin: () => string, log: Log) {
    this.#plugin = plugin;
    this.#log = log;
  }

  /** `problem` follows the name of the member: a phrase without a final dot. */
  about(member: string, fault: Fault, problem: string): void {
    const key = `${member} ${fault}`;
    const now = Date.now();
    const last = this.#told.get(key);
    if (last !== undefined && Math.abs(now - last.at) < SILENCE_MS) {
      last.untold++;
      return;
    }
    this.#told.set(key, { at: now, untold: 0 });
    this.#log.event('pluginFailed', { plugin: this.#plugin(), member, problem, untold: last?.untold ?? 0 });
  }
}

/** What was thrown, and where: anything can be thrown, even something that cannot be printed. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    const place = /^\s+at (.+)$/m.exec(thrown.stack ?? '')?.[1];
    return `${thrown.name}: ${thrown.message}${place === undefined ? '' : ` (at ${place})`}`;
  } catch {
    return 'something that cannot be printed'; // its own toString has thrown
  }
}
