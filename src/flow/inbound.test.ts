import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Inbound } from './inbound.ts';

interface Named {
  readonly name: string;
  readonly bytes: number;
}

function setup(): { inbound: Inbound<Named>; settled: string[] } {
  const settled: string[] = [];
  return { inbound: new Inbound({ settled: ({ name }) => settled.push(name) }), settled };
}

test('a message is held until it is released, once [MQTT-4.3.3-10]', () => {
  const { inbound, settled } = setup();
  inbound.hold(7, { name: 'a', bytes: 3 }, 3);
  assert.equal(inbound.get(7)?.name, 'a');
  assert.deepEqual([inbound.size, inbound.bytes], [1, 3]);
  assert.equal(inbound.release(8), undefined);
  assert.deepEqual(settled, []);
  assert.equal(inbound.release(7)?.name, 'a');
  assert.equal(inbound.release(7), undefined);
  assert.deepEqual([inbound.size, inbound.bytes], [0, 0]);
  assert.deepEqual(settled, ['a']);
});

test('another message under the same identifier takes its place, and the first is let go', () => {
  const { inbound, settled } = setup();
  inbound.hold(7, { name: 'a', bytes: 3 }, 3);
  inbound.hold(7, { name: 'b', bytes: 5 }, 5);
  assert.deepEqual([inbound.size, inbound.bytes], [1, 5]);
  assert.deepEqual(settled, ['a']);
  assert.equal(inbound.release(7)?.name, 'b');
});

test('nothing is held at first, and clearing nothing is nothing', () => {
  const { inbound, settled } = setup();
  inbound.clear();
  assert.equal(inbound.get(1), undefined);
  assert.equal(inbound.release(1), undefined);
  assert.deepEqual([inbound.size, inbound.bytes, settled.length], [0, 0, 0]);
});

type Model = Map<number, Named>;
type Command = fc.Command<Model, ReturnType<typeof setup>>;

let count = 0;

function command(
  name: string,
  run: (model: Model, inbound: Inbound<Named>) => readonly (Named | undefined)[],
): Command {
  return {
    check: () => true,
    run: (model, { inbound, settled }) => {
      const gone = run(model, inbound).filter((one) => one !== undefined);
      assert.deepEqual(
        settled.splice(0),
        gone.map((one) => one.name),
      );
      assert.equal(inbound.size, model.size);
      assert.equal(
        inbound.bytes,
        [...model.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      );
      for (const [packetId, message] of model) assert.equal(inbound.get(packetId), message);
    },
    toString: () => name,
  };
}

function hold(packetId: number, bytes: number): Command {
  return command(`hold ${packetId}`, (model, inbound) => {
    const message = { name: String(count++), bytes };
    const before = model.get(packetId);
    model.set(packetId, message);
    inbound.hold(packetId, message, bytes);
    return [before];
  });
}

function release(packetId: number): Command {
  return command(`release ${packetId}`, (model, inbound) => {
    const before = model.get(packetId);
    model.delete(packetId);
    assert.equal(inbound.release(packetId), before);
    return [before];
  });
}

const clear = command('clear', (model, inbound) => {
  const all = [...model.values()].toSorted((a, b) => Number(a.name) - Number(b.name));
  model.clear();
  inbound.clear();
  return all;
});

test('Inbound holds what a Map would, and settles each message once', () => {
  const packetId = fc.integer({ min: 1, max: 5 });
  const commands = fc.commands(
    [
      fc.tuple(packetId, fc.nat(100)).map(([id, bytes]) => hold(id, bytes)),
      packetId.map(release),
      fc.constant(clear),
    ],
    { maxCommands: 40 },
  );
  fc.assert(
    fc.property(commands, (all) => fc.modelRun(() => ({ model: new Map(), real: setup() }), all)),
    { numRuns: 200 },
  );
});
