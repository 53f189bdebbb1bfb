/** The port to whatever survives a restart. */
import type { Change } from './change.ts';

export interface Store {
  /**
   * Everything kept, as the changes that would rebuild it: messages, then what is retained, then sessions, then their
   * subscriptions, deliveries in the order of their keys, and wills. Read once, before any listener opens.
   */
  load(): Iterable<Change>;
  /**
   * Resolves when all of the changes are kept, none of them if it rejects. It is not called again before that; after
   * a rejection it is called again with the same changes.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** After the last commit. */
  close(): Promise<void>;
}
