import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Queue } from './queue.ts';

type Real = { queue: Queue<number> };
type Model = number[];
type QueueCommand = fc.Command<Model, Real>;

/** Both do the same and give the same; afterwards they hold the same. */
function both(
  name: string,
  onModel: (model: Model) => unknown,
  onReal: (queue: Queue<number>) => unknown,
): QueueCommand {
  return {
    check: () => true,
    run: (model, { queue }) => {
      const expected = onModel(model);
      assert.deepEqual(onReal(queue), expected);
      assert.equal(queue.length, model.length);
      assert.equal(queue.peek(), model[0]);
      assert.deepEqual([...queue], model);
    },
    toString: () => name,
  };
}

function push(items: readonly number[]): QueueCommand {
  return both(
    `push ${items.join(' ')}`,
    (model) => void model.push(...items),
    (queue) => {
      for (const item of items) queue.push(item);
    },
  );
}

function shift(times: number): QueueCommand {
  return both(
    `shift ${times}`,
    (model) => Array.from({ length: times }, () => model.shift()),
    (queue) => Array.from({ length: times }, () => queue.shift()),
  );
}

const clear = both(
  'clear',
  (model) => void model.splice(0),
  (queue) => queue.clear(),
);

test('Queue behaves as an array that is pushed to and shifted from', () => {
  const commands = fc.commands(
    [
      fc.array(fc.nat(), { minLength: 1, maxLength: 40 }).map(push),
      fc.integer({ min: 1, max: 50 }).map(shift),
      fc.constant(clear),
    ],
    { maxCommands: 60, size: 'max' },
  );
  fc.assert(
    fc.property(commands, (all) => fc.modelRun(() => ({ model: [], real: { queue: new Queue() } }), all)),
    { numRuns: 200 },
  );
});

test('Queue keeps undefined apart from empty', () => {
  const queue = new Queue<number | undefined>();
  queue.push(undefined);
  assert.equal(queue.length, 1);
  assert.equal(queue.shift(), undefined);
  assert.equal(queue.length, 0);
});

test('Queue lets go of what was taken', async () => {
  const queue = new Queue<object>();
  let kept: WeakRef<object> | undefined;
  (() => {
    const item = {};
    kept = new WeakRef(item);
    queue.push(item);
    queue.push({});
    queue.shift();
  })();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  assert.equal(kept?.deref(), undefined);
  assert.equal(queue.length, 1);
});

test('Queue takes a hundred thousand items in and out, twice', () => {
  const queue = new Queue<number>();
  for (const round of [0, 1]) {
    for (let i = 0; i < 100_000; i++) queue.push(i + round);
    for (let i = 0; i < 100_000; i++) assert.equal(queue.shift(), i + round);
    assert.equal(queue.shift(), undefined);
  }
});
