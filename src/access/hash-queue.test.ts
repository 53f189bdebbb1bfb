/** The line for work on passwords: how many at once, in which order, and how long it gets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../broker/limits.ts';
import { runs } from '../../test/runs.ts';
import { HashQueue, hashesAtOnce } from './hash-queue.ts';

/** Work that ends when the test says so. */
class Works {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, PromiseWithResolvers<number>>();

  work(id: number): () => Promise<number> {
    return () => {
      this.begun.push(id);
      const end = Promise.withResolvers<number>();
      this.#ends.set(id, end);
      return end.promise;
    };
  }

  get atWork(): number {
    return this.#ends.size;
  }

  async end(id: number, error?: Error): Promise<void> {
    const end = this.#ends.get(id)!;
    this.#ends.delete(id);
    if (error === undefined) end.resolve(id);
    else end.reject(error);
    await turn();
  }
}

/** All that promises have to say has been said. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a core is left to the event loop, a thread of the pool to others', () => {
  const cores = [1, 2, 3, 4, 5, 64];
  assert.deepEqual(cores.map(hashesAtOnce), [1, 1, 2, 3, 3, 3]);
});

test('so many at once, the others in the order in which they came', async () => {
  const works = new Works();
  const queue = new HashQueue(2);
  const results = [1, 2, 3, 4, 5].map((id) => queue.run(works.work(id)));
  assert.deepEqual(works.begun, [1, 2]);
  assert.equal(queue.length, 3);
  await works.end(2);
  assert.deepEqual(works.begun, [1, 2, 3]);
  await works.end(1);
  await works.end(4);
  await works.end(3);
  assert.deepEqual(works.begun, [1, 2, 3, 4, 5]);
  await works.end(5);
  assert.equal(queue.length, 0);
  for (const [at, result] of results.entries()) assert.equal(await result, at + 1);
});

test('work that fails makes room like any other', async () => {
  const works = new Works();
  const queue = new HashQueue(1);
  const first = queue.run(works.work(1));
  const second = queue.run(() => {
    throw new Error('at once');
  });
  const third = queue.run(works.work(3));
  const failures = Promise.allSettled([first, second]);
  await works.end(1, new Error('later'));
  assert.deepEqual(
    (await failures).map((result) => result.status === 'rejected' && (result.reason as Error).message),
    ['later', 'at once'],
  );
  await works.end(3);
  assert.equal(await third, 3);
});

test('the line has an end', async () => {
  const works = new Works();
  const queue = new HashQueue(1, () => 0);
  void queue.run(works.work(0));
  for (let id = 1; id <= LIMITS.hashesWaiting; id++) assert.ok(queue.run(works.work(id)) !== undefined);
  assert.equal(queue.run(works.work(-1)), undefined);
  await works.end(0);
  assert.ok(queue.run(works.work(-2)) !== undefined, 'one has left');
  assert.equal(queue.run(works.work(-3)), undefined);
});

test('nobody waits longer than the line is expected to take', async () => {
  const works = new Works();
  let now = 0;
  const queue = new HashQueue(2, () => now);
  // Work of 100 ms, until the queue has got to know it
  for (let id = 0; id < 50; id++) {
    void queue.run(works.work(id));
    now += 100;
    await works.end(id);
  }
  let accepted = 0;
  while (queue.run(works.work(1000 + accepted)) !== undefined) accepted++;
  const within = (LIMITS.hashWaitSeconds * 1000 * 2) / 100;
  assert.ok(Math.abs(accepted - 2 - within) <= 1, `${accepted} accepted, ${within} can be served in time`);
});

test('any coming and going: never more at once than allowed, none idle while one waits, first come first served', async () => {
  const steps = fc.array(fc.oneof(fc.constant('come' as const), fc.nat()), { maxLength: 60 });
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (atOnce, taken) => {
    const works = new Works();
    const queue = new HashQueue(atOnce);
    const atWork: number[] = [];
    let come = 0;
    for (const step of taken) {
      if (step === 'come') void queue.run(works.work(come++));
      else if (atWork.length > 0) await works.end(atWork.splice(step % atWork.length, 1)[0]!);
      atWork.push(...works.begun.slice(works.begun.length - (works.atWork - atWork.length)));
      assert.equal(works.atWork, Math.min(atOnce, works.atWork + queue.length));
    }
    assert.deepEqual(works.begun, [...works.begun.keys()]);
  });
  await fc.assert(property, runs('queue of hashes', 100));
});
