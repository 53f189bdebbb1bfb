/** What backends that depend on time, on others and on the log are given from outside. */
import type { Log } from '../base/log.ts';

/** Time and log, so that tests can own them. */
export interface AccessPorts {
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, unless cancelled before; does not keep the process alive. */
  readonly after: (ms: number, wake: () => void) => () => void;
}

/** The time of the system. */
export const SYSTEM_TIME: Omit<AccessPorts, 'log'> = {
  now: Date.now,
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms).unref();
    return () => clearTimeout(timer);
  },
};
