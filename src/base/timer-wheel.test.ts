import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerWheel } from './timer-wheel.ts';
import type { Deadline } from './timer-wheel.ts';

const START = 1_000_000;

/** A deadline that writes down when it was woken. */
class Alarm implements Deadline {
  second: number | undefined;
  readonly name: string;
  readonly #woken: string[];
  readonly #then: (() => void) | undefined;

  constructor(name: string, woken: string[], then?: () => void) {
    this.name = name;
    this.#woken = woken;
    this.#then = then;
  }

  wake(): void {
    assert.equal(this.second, undefined, 'a deadline that wakes is in no wheel');
    this.#woken.push(this.name);
    this.#then?.();
  }
}

function wheelAt(nowMs: number = START): { wheel: TimerWheel; woken: string[] } {
  return { wheel: new TimerWheel(nowMs), woken: [] };
}

test('a deadline is never early', () => {
  const { wheel, woken } = wheelAt();
  wheel.set(new Alarm('a', woken), START + 1001);
  wheel.advance(START + 1000);
  assert.deepEqual(woken, []);
  wheel.advance(START + 1999);
  assert.deepEqual(woken, []);
  wheel.advance(START + 2000);
  assert.deepEqual(woken, ['a']);
});

test('a deadline on the second fires in that second, once', () => {
  const { wheel, woken } = wheelAt();
  wheel.set(new Alarm('a', woken), START + 3000);
  wheel.advance(START + 2999);
  assert.deepEqual(woken, []);
  wheel.advance(START + 3000);
  wheel.advance(START + 3000);
  wheel.advance(START + 9000);
  assert.deepEqual(woken, ['a']);
});

test('a deadline that has passed already fires in the next second', () => {
  const { wheel, woken } = wheelAt();
  wheel.set(new Alarm('a', woken), START - 50_000);
  wheel.advance(START + 999);
  assert.deepEqual(woken, []);
  wheel.advance(START + 1000);
  assert.deepEqual(woken, ['a']);
});

test('a cancelled deadline does not fire, and cancelling twice is nothing', () => {
  const { wheel, woken } = wheelAt();
  const alarm = new Alarm('a', woken);
  wheel.set(alarm, START + 1000);
  wheel.set(new Alarm('b', woken), START + 1000);
  wheel.cancel(alarm);
  wheel.cancel(alarm);
  assert.equal(alarm.second, undefined);
  wheel.advance(START + 5000);
  assert.deepEqual(woken, ['b']);
});

test('a moved deadline fires at its new time only, be it later or sooner', () => {
  const { wheel, woken } = wheelAt();
  const later = new Alarm('later', woken);
  const sooner = new Alarm('sooner', woken);
  wheel.set(later, START + 1000);
  wheel.set(later, START + 4000);
  wheel.set(sooner, START + 9000);
  wheel.set(sooner, START + 2000);
  wheel.advance(START + 2000);
  assert.deepEqual(woken, ['sooner']);
  wheel.advance(START + 20_000);
  assert.deepEqual(woken, ['sooner', 'later']);
});

test('a deadline set again while it wakes fires again', () => {
  const { wheel, woken } = wheelAt();
  let due = START;
  const alarm: Alarm = new Alarm('a', woken, () => wheel.set(alarm, (due += 1000)));
  wheel.set(alarm, (due += 1000));
  for (let now = START; now <= START + 5000; now += 500) wheel.advance(now);
  assert.deepEqual(woken, ['a', 'a', 'a', 'a', 'a']);
});

test('a deadline set for now while it wakes waits for the next second', () => {
  const { wheel, woken } = wheelAt();
  const alarm: Alarm = new Alarm('a', woken, () => wheel.set(alarm, START + 1000));
  wheel.set(alarm, START + 1000);
  wheel.advance(START + 1000);
  assert.deepEqual(woken, ['a']);
  wheel.advance(START + 2000);
  assert.deepEqual(woken, ['a', 'a']);
});

test('one that wakes may cancel or move another of the same second', () => {
  const { wheel, woken } = wheelAt();
  const cancelled = new Alarm('cancelled', woken);
  const moved = new Alarm('moved', woken);
  const first = new Alarm('first', woken, () => {
    wheel.cancel(cancelled);
    wheel.set(moved, START + 3000);
  });
  for (const alarm of [first, cancelled, moved]) wheel.set(alarm, START + 1000);
  wheel.advance(START + 1000);
  assert.deepEqual(woken, ['first']);
  wheel.advance(START + 3000);
  assert.deepEqual(woken, ['first', 'moved']);
});

test('after a long pause all that is due fires, in the order of time', () => {
  const { wheel, woken } = wheelAt();
  for (const seconds of [3000, 10, 70_000, 1]) {
    wheel.set(new Alarm(String(seconds), woken), START + seconds * 1000);
  }
  wheel.advance(START + 60_000_000);
  assert.deepEqual(woken, ['1', '10', '3000']);
  wheel.advance(START + 70_000_000);
  assert.deepEqual(woken, ['1', '10', '3000', '70000']);
});

test('a long pause: what wakes may cancel and set what is due in it', () => {
  const { wheel, woken } = wheelAt();
  const later = new Alarm('later', woken);
  const cancelled = new Alarm('cancelled', woken);
  const first = new Alarm('first', woken, () => {
    wheel.cancel(cancelled);
    wheel.set(later, START + 2_000_000);
  });
  wheel.set(first, START + 1000);
  wheel.set(cancelled, START + 2000);
  wheel.advance(START + 1_000_000);
  wheel.advance(START + 1_001_000);
  assert.deepEqual(woken, ['first']);
  wheel.advance(START + 2_000_000);
  assert.deepEqual(woken, ['first', 'later']);
});

test('a clock that goes back fires nothing early and nothing twice', () => {
  const { wheel, woken } = wheelAt();
  wheel.set(new Alarm('a', woken), START + 10_000);
  wheel.advance(START + 5000);
  wheel.advance(START - 100_000);
  assert.deepEqual(woken, []);
  wheel.advance(START + 10_000);
  wheel.advance(START + 10_000);
  assert.deepEqual(woken, ['a']);
});

interface Real {
  readonly wheel: TimerWheel;
  readonly alarms: readonly Alarm[];
  readonly woken: string[];
}

interface Model {
  now: number;
  /** The time each alarm is set for. */
  readonly due: Map<string, number>;
}

const NAMES = ['a', 'b', 'c', 'd', 'e'];

function set(at: number, ms: number): fc.Command<Model, Real> {
  return {
    check: () => true,
    run: (model, { wheel, alarms }) => {
      wheel.set(alarms[at]!, model.now + ms);
      model.due.set(NAMES[at]!, Math.max(model.now + ms, (Math.floor(model.now / 1000) + 1) * 1000));
    },
    toString: () => `set ${NAMES[at]} in ${ms} ms`,
  };
}

function cancel(at: number): fc.Command<Model, Real> {
  return {
    check: () => true,
    run: (model, { wheel, alarms }) => {
      wheel.cancel(alarms[at]!);
      model.due.delete(NAMES[at]!);
    },
    toString: () => `cancel ${NAMES[at]}`,
  };
}

function advance(ms: number): fc.Command<Model, Real> {
  return {
    check: () => true,
    run: (model, { wheel, woken }) => {
      model.now += ms;
      wheel.advance(model.now);
      const second = Math.floor(model.now / 1000) * 1000;
      const fired = NAMES.filter((name) => (model.due.get(name) ?? Infinity) <= second);
      for (const name of fired) model.due.delete(name);
      assert.deepEqual(woken.splice(0).toSorted(), fired);
    },
    toString: () => `advance ${ms} ms`,
  };
}

test('TimerWheel fires exactly what is due, whatever is set, moved and cancelled', () => {
  const alarm = fc.nat(NAMES.length - 1);
  const ms = fc.oneof(fc.integer({ min: -2000, max: 8000 }), fc.integer({ min: 0, max: 200_000 }));
  const commands = fc.commands(
    [
      fc.tuple(alarm, ms).map(([at, after]) => set(at, after)),
      alarm.map(cancel),
      fc.oneof(fc.nat(3000), fc.nat(100_000)).map(advance),
    ],
    { maxCommands: 50 },
  );
  fc.assert(
    fc.property(commands, fc.nat(999), (all, offset) => {
      const setup = (): { model: Model; real: Real } => {
        const { wheel, woken } = wheelAt(START + offset);
        const alarms = NAMES.map((name) => new Alarm(name, woken));
        return { model: { now: START + offset, due: new Map() }, real: { wheel, alarms, woken } };
      };
      fc.modelRun(setup, all);
    }),
    { numRuns: 300 },
  );
});
