/** A store whose disk is in the hands of the test: it is slow, full, or gone in the middle of a commit. */
import assert from 'node:assert/strict';
import type { Change } from '../../src/broker/change.ts';
import type { Store } from '../../src/broker/store.ts';
import { KeptState } from './kept-state.ts';

interface Pending {
  readonly changes: readonly Change[];
  readonly kept: () => void;
  readonly failed: (error: Error) => void;
}

export class MemoryStore implements Store {
  /** What is on the disk. */
  readonly state: KeptState;
  /** What was committed, batch by batch. */
  readonly batches: (readonly Change[])[] = [];
  /** Whether commits wait for `settle` or `fail`; else they are done at once. */
  isSlow = false;
  /** Told of each commit as it begins. */
  began: ((changes: readonly Change[]) => void) | undefined;
  #pending: Pending | undefined;
  #refused: readonly Change[] | undefined;

  constructor(state: KeptState = new KeptState()) {
    this.state = state;
  }

  /** Whether a commit is under way. */
  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  load(): Iterable<Change> {
    return this.state.changes();
  }

  commit(changes: readonly Change[]): Promise<void> {
    assert.ok(this.#pending === undefined, 'two commits at a time');
    assert.ok(changes.length > 0, 'a commit of nothing');
    const again = this.#refused;
    assert.ok(
      again === undefined ||
        (again.length === changes.length && again.every((change, at) => change === changes[at])),
      'what was refused comes again, as it was',
    );
    this.#refused = undefined;
    // the journal may go on with its own list only once the commit is settled
    const batch = [...changes];
    return new Promise((resolve, reject) => {
      this.#pending = { changes: batch, kept: resolve, failed: reject };
      this.began?.(batch);
      if (!this.isSlow) this.settle();
    });
  }

  /** The commit under way is done. */
  settle(): void {
    const { changes, kept } = this.#take();
    this.#write(changes);
    kept();
  }

  /** The commit under way leaves nothing on the disk; gives what it would have written. */
  fail(why = 'disk full'): readonly Change[] {
    const { changes, failed } = this.#take();
    this.#refused = changes;
    failed(new Error(why));
    return changes;
  }

  /** The power is cut: nobody hears how the commit under way ended. Whether it was `written` is a matter of luck. */
  cut(written: boolean): void {
    if (this.#pending !== undefined && written) this.#write(this.#pending.changes);
    this.#pending = undefined;
    this.#refused = undefined;
    this.began = undefined;
  }

  async close(): Promise<void> {}

  #write(changes: readonly Change[]): void {
    this.batches.push(changes);
    this.state.apply(changes);
  }

  #take(): Pending {
    const pending = this.#pending;
    assert.ok(pending !== undefined, 'no commit is under way');
    this.#pending = undefined;
    return pending;
  }
}
