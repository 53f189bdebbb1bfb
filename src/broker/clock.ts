/** Time, so that tests can own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after some milliseconds, once, unless it is called off. For what cannot wait for the next tick. */
  after(ms: number, wake: () => void): Cancel;
}

/** Calls off what was to come. */
export type Cancel = () => void;
