import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LOG_SETTINGS, Log } from '../base/log.ts';
import { DescriptorWatch } from './descriptors.ts';

test('the warning comes once a minute, as long as there are no descriptors', () => {
  const lines: string[] = [];
  const log = new Log(
    DEFAULT_LOG_SETTINGS,
    () => 0,
    ({ text }) => lines.push(text),
  );
  let now = 1000;
  let left = true;
  const watch = new DescriptorWatch(log, () => now);
  const seconds = (count: number): number => {
    const before = lines.length;
    for (let second = 0; second < count; second++, now += 1000) watch.check(() => left);
    return lines.length - before;
  };
  assert.equal(seconds(100), 0);
  left = false;
  assert.equal(seconds(60), 1);
  assert.equal(seconds(61), 2);
  left = true;
  assert.equal(seconds(10), 0);
  assert.equal(
    lines[0],
    '0: Unable to accept new connection, system socket count has been exceeded. Try increasing "ulimit -n" or equivalent.',
  );
});

test('this process has some', () => {
  const lines: string[] = [];
  const log = new Log(
    DEFAULT_LOG_SETTINGS,
    () => 0,
    ({ text }) => lines.push(text),
  );
  new DescriptorWatch(log).check();
  assert.deepEqual(lines, []);
});
