/** A way to keep the state of a broker. */
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import type { RestoreCounts } from '../broker/restore.ts';
import type { Store } from '../broker/store.ts';
import type { Config } from '../config/config.ts';
import type { Durability } from './persistence-places.ts';

export interface Keeper {
  readonly durability: Durability;
  /** Where the state is. */
  readonly file: string;
  /** What the broker commits to; undefined where everything is written now and then instead. */
  readonly store: Store | undefined;
  /**
   * Puts what was kept into a broker that nobody can reach yet; from then on its state is kept. Undefined if there was
   * nothing. Rejects with a `StoreError`.
   */
  restore(broker: Broker): Promise<RestoreCounts | undefined>;
  /** The configuration was read anew. */
  configure(config: Config): void;
  /** Called once a second. */
  tick(): void;
  /** Somebody asks for everything to be saved now. */
  save(): void;
  /**
   * The broker has stopped: what is not kept yet is kept now, unless it never `ran`, in which case another broker may
   * be at work on the same files. Resolves when they are closed.
   */
  close(ran: boolean): Promise<void>;
}

/** What a keeper is surrounded by. */
export interface KeeperPorts {
  readonly log: Log;
  /** Whether a database of Mosquitto may be a symbolic link. */
  readonly allowSymlinks: boolean;
}
