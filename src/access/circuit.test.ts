import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { Circuit } from './circuit.ts';
import type { Pass } from './circuit.ts';

test('opens after so many failures in a row, and a probe closes it', () => {
  const circuit = new Circuit(3, 1000);
  assert.equal(circuit.failed(circuit.enter(0)!, 0), false);
  assert.equal(circuit.failed(circuit.enter(0)!, 0), false);
  assert.equal(circuit.succeeded(circuit.enter(0)!), false, 'a success begins the row anew');
  assert.equal(circuit.failed(circuit.enter(0)!, 0), false);
  assert.equal(circuit.failed(circuit.enter(0)!, 0), false);
  assert.equal(circuit.failed(circuit.enter(0)!, 0), true);
  assert.equal(circuit.enter(999), undefined);
  assert.equal(circuit.enter(1000), 'probe');
  assert.equal(circuit.enter(1000), undefined, 'one probe at a time');
  assert.equal(circuit.succeeded('probe'), true);
  assert.equal(circuit.enter(1000), 'ordinary');
});

test('stays open when the probe fails, and as long again', () => {
  const circuit = new Circuit(1, 1000);
  assert.equal(circuit.failed(circuit.enter(0)!, 0), true);
  assert.equal(circuit.failed(circuit.enter(1500)!, 1600), false, 'it is not told a second time');
  assert.equal(circuit.isOpen(2599), true);
  assert.equal(circuit.enter(2600), 'probe');
});

test('what was under way when it opened does not decide', () => {
  const circuit = new Circuit(1, 1000);
  const late = circuit.enter(0)!;
  const later = circuit.enter(0)!;
  circuit.failed(circuit.enter(0)!, 0);
  assert.equal(circuit.succeeded(late), false);
  assert.equal(circuit.isOpen(500), true);
  assert.equal(circuit.enter(1000), 'probe');
  assert.equal(circuit.failed(later, 1000), false);
  assert.equal(circuit.succeeded('probe'), true);
});

test('with 0 failures it never opens', () => {
  const circuit = new Circuit(0, 1000);
  for (let at = 0; at < 100; at++) assert.equal(circuit.failed(circuit.enter(at)!, at), false);
  assert.equal(circuit.enter(100), 'ordinary');
});

test('whatever happens, it lets somebody in again, and one at a time before it is closed', () => {
  const step = fc.record({ ms: fc.nat(700), works: fc.boolean(), done: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, failures) => {
      const circuit = new Circuit(failures, 1000);
      let now = 0;
      const open: Pass[] = [];
      const finish = (pass: Pass, works: boolean): void => {
        if (works) circuit.succeeded(pass);
        else circuit.failed(pass, now);
      };
      for (const { ms, works, done } of steps) {
        now += ms;
        const pass = circuit.enter(now);
        if (pass === 'probe') assert.ok(!open.includes('probe'));
        if (pass !== undefined) open.push(pass);
        if (done && open.length > 0) finish(open.shift()!, works);
      }
      for (const pass of open) finish(pass, false);
      const pass = circuit.enter(now + 1000);
      assert.notEqual(pass, undefined);
      finish(pass!, true);
      assert.equal(circuit.enter(now + 1000), 'ordinary');
    }),
    runs('circuit', 300),
  );
});
