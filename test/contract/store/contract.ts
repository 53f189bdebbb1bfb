/** What every store keeps: run by each adapter of the port `broker/store.ts`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../../../src/broker/change.ts';
import type { Store } from '../../../src/broker/store.ts';
import { runs } from '../../runs.ts';
import { Broker, commits } from './changes.ts';
import { Kept } from './model.ts';
import { retained } from './retained.ts';

/** How the suite reaches an adapter. */
export interface Adapter {
  readonly name: string;
  /** Opens the store in a directory of its own, which was empty the first time. */
  open(directory: string): Store;
  /** Makes every commit fail that clears a retained message; what is returned ends that. */
  break(directory: string): () => void;
}

/** In the order in which a store gives them back. */
const ORDER = ['message kept', 'retained', 'session', 'subscribed', 'delivery', 'will'];

/** Keeps `work` in a directory that is gone afterwards. */
async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'zanzara-store-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Reads everything, and sees that it is in order. */
function contents(store: Store): Kept {
  const changes = [...store.load()];
  const places = changes.map(({ kind }) => ORDER.indexOf(kind));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    'messages first, wills last',
  );
  const keys = changes.flatMap((change) => (change.kind === 'delivery' ? [change.key] : []));
  assert.deepEqual(
    keys,
    keys.toSorted((a, b) => a - b),
    'deliveries in the order of their keys',
  );
  return Kept.of(changes);
}

/** A case opens files and threads: a failure is replayed from its seed, and not made smaller. */
function bounded(name: string, quick: number): fc.Parameters<unknown> {
  return { ...runs(name, quick), endOnFailure: true };
}

/** Registers the suite for one adapter. */
export function storeContract(adapter: Adapter): void {
  const { name } = adapter;

  test(`${name}: an empty store is empty, and stays so after an empty commit`, async () => {
    await inDirectory(async (directory) => {
      for (let time = 0; time < 2; time++) {
        const store = adapter.open(directory);
        assert.deepEqual(contents(store), new Kept());
        await store.commit([]);
        await store.close();
      }
    });
  });

  test(`${name}: what was committed is there after a restart, to the letter`, async () => {
    const property = fc.asyncProperty(commits, async (all) => {
      await inDirectory(async (directory) => {
        const broker = new Broker();
        let store = adapter.open(directory);
        for (const [number, steps] of all.entries()) {
          await store.commit(broker.carryOut(steps));
          if (number !== 1) continue;
          await store.close();
          store = adapter.open(directory);
          assert.deepEqual(contents(store), broker.kept);
        }
        await store.close();
        store = adapter.open(directory);
        assert.deepEqual(contents(store), broker.kept);
        await store.close();
      });
    });
    await fc.assert(property, bounded(`${name}: restart`, 6));
  });

  test(`${name}: changes may be repeated`, async () => {
    const property = fc.asyncProperty(commits, async (all) => {
      await inDirectory(async (directory) => {
        const broker = new Broker();
        let store = adapter.open(directory);
        for (const steps of all) {
          const changes = broker.carryOut(steps);
          await store.commit(changes);
          await store.commit(changes);
        }
        await store.close();
        store = adapter.open(directory);
        assert.deepEqual(contents(store), broker.kept);
        await store.close();
      });
    });
    await fc.assert(property, bounded(`${name}: repeated`, 3));
  });

  test(`${name}: of a commit that was rejected nothing is kept; it succeeds when the cause has gone`, async () => {
    await inDirectory(async (directory) => {
      const [first, second] = [retained(1, 'a'), retained(2, 'b')];
      let store = adapter.open(directory);
      await store.commit(first);
      const mend = adapter.break(directory);
      const changes: Change[] = [
        ...second,
        { kind: 'retained cleared', topic: 'a' },
        { kind: 'message forgotten', id: 1 },
      ];
      await assert.rejects(store.commit(changes), Error);
      await assert.rejects(store.commit(changes), Error);
      mend();
      await store.commit([]);
      await store.close();
      store = adapter.open(directory);
      assert.deepEqual(contents(store), Kept.of(first));
      await store.commit(changes);
      await store.close();
      store = adapter.open(directory);
      assert.deepEqual(contents(store), Kept.of(second));
      await store.close();
    });
  });

  test(`${name}: a commit of any size is one`, async () => {
    await inDirectory(async (directory) => {
      const many = Array.from({ length: 18_000 }, (_, index) => retained(index + 1, `t/${index}`)).flat();
      let store = adapter.open(directory);
      const mend = adapter.break(directory);
      await assert.rejects(store.commit([...many, { kind: 'retained cleared', topic: 'none' }]), Error);
      mend();
      await store.close();
      store = adapter.open(directory);
      assert.deepEqual(contents(store), new Kept());
      await store.commit(many);
      await store.close();
      store = adapter.open(directory);
      assert.equal(contents(store).retained.size, 18_000);
      await store.close();
    });
  });
}
