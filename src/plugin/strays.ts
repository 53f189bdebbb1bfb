/** What plugins throw where nobody has called them: in timers, sockets and promises of their own. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describeThrown } from './complaints.ts';
import type { Complaints } from './complaints.ts';

/** Whose code runs, and all that it has set in motion. */
const running = new AsyncLocalStorage<Complaints>();

/** Calls into a plugin. */
export type Enter = <T>(call: () => T) => T;

/** The way into a plugin: what it sets in motion when it is called so is known to be its. */
export function wayInto(complaints: Complaints): Enter {
  // Entering one resource again costs a twentieth of entering the storage anew
  const resource = running.run(complaints, () => new AsyncResource('Plugin'));
  return (call) => resource.runInAsyncScope(call);
}

/** Calls back into the broker: what is set in motion there is nobody's but its own. */
export function runAsBroker(call: () => void): void {
  running.exit(call);
}

/**
 * From now on what a plugin throws on its own is told by the log, and does not end the process. Anything else that
 * nobody catches ends it as before. For programs that are a broker and nothing else.
 */
export function containStrays(): void {
  process.on('uncaughtException', contain);
  process.on('unhandledRejection', contain);
}

function contain(error: unknown): void {
  const complaints = running.getStore();
  if (complaints === undefined) throw error;
  complaints.about('something it has begun', 'throws', `threw ${describeThrown(error)}`);
}
