import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import { Scratch } from '../../test/cli/program.ts';
import { DEFAULT_LOG_SETTINGS, Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { Autosave } from './autosave.ts';
import { placesOf } from './persistence-places.ts';

function configOf(lines: string): Config {
  const read = parseConfig({ file: 'm.conf', text: lines });
  assert.ok(read.ok, `${read.diagnostics.at(-1)?.text}`);
  return read.config;
}

/** A broker in memory whose state is saved in a scratch folder. */
class Saved {
  readonly rig = new Rig({ log: false });
  readonly lines: string[] = [];
  readonly keeper: Autosave;
  readonly file: string;
  readonly #head: string;

  constructor(scratch: Scratch, schedule: string) {
    this.#head = `persistence true\npersistence_durability interval\npersistence_location ${scratch.path}\n`;
    this.file = `${scratch.path}/mosquitto.db`;
    const config = configOf(this.#head + schedule);
    const log = new Log({ ...DEFAULT_LOG_SETTINGS, timestamp: false }, Date.now, ({ text }) =>
      this.lines.push(text),
    );
    const places = placesOf(config, {});
    assert.ok(places?.durability === 'interval');
    this.keeper = new Autosave(places, config, { log, allowSymlinks: false });
  }

  get saves(): number {
    return this.lines.filter((line) => line === `Saving in-memory database to ${this.file}.`).length;
  }

  reload(schedule: string): void {
    this.keeper.configure(configOf(this.#head + schedule));
  }

  seconds(count: number): void {
    for (let second = 0; second < count; second++) {
      this.rig.advance(1000);
      this.keeper.tick();
    }
  }

  /** Until what is being written is. */
  async settle(): Promise<void> {
    for (let size = -1; size !== this.saves;) {
      size = this.saves;
      await this.keeper.close(false);
    }
  }
}

test('strictly more seconds than the interval; a reload changes it; 0 is never', async () => {
  using scratch = new Scratch();
  const saved = new Saved(scratch, 'autosave_interval 10');
  saved.seconds(20);
  assert.equal(saved.saves, 0, 'nothing is kept before all is restored');
  assert.equal(await saved.keeper.restore(saved.rig.broker), undefined);
  saved.seconds(10);
  assert.equal(saved.saves, 0);
  saved.seconds(1);
  assert.equal(saved.saves, 1);
  await saved.settle();
  assert.equal(statSync(saved.file).mode & 0o777, 0o600);
  saved.reload('autosave_interval 0');
  saved.seconds(100);
  assert.equal(saved.saves, 1);
  saved.reload('autosave_interval 5');
  saved.seconds(1);
  assert.equal(saved.saves, 2);
  await saved.settle();
});

test('or as many changes, of which what the broker says of itself is none', async () => {
  using scratch = new Scratch();
  const saved = new Saved(scratch, 'autosave_interval 4\nautosave_on_changes true');
  await saved.keeper.restore(saved.rig.broker);
  const { broker } = saved.rig;
  broker.settings = { ...broker.settings, sysInterval: 1 };
  saved.seconds(100);
  assert.equal(saved.saves, 0);
  for (const at of [1, 2, 3]) saved.rig.publish(`t/${at}`, 'x', { retain: true });
  saved.seconds(1);
  assert.equal(saved.saves, 0);
  saved.rig.connect('c', { expiry: 100 }).subscribe('t');
  saved.seconds(1);
  assert.equal(saved.saves, 1);
  await saved.settle();
  saved.seconds(1);
  assert.equal(saved.saves, 1);
});

test('never two at once: who asks meanwhile gets one more', async () => {
  using scratch = new Scratch();
  const saved = new Saved(scratch, 'autosave_interval 0');
  await saved.keeper.restore(saved.rig.broker);
  for (let asked = 0; asked < 5; asked++) saved.keeper.save();
  assert.equal(saved.saves, 1);
  saved.rig.publish('t/late', 'it is in the second', { retain: true });
  while (saved.saves < 2) await new Promise(setImmediate);
  await saved.settle();
  assert.equal(saved.saves, 2);
  assert.ok(readFileSync(saved.file).includes('it is in the second'));
  await saved.keeper.close(true);
  assert.equal(saved.saves, 3);
});

test('what cannot be written is told with advice, and written the next time', async () => {
  using scratch = new Scratch();
  const saved = new Saved(scratch, '');
  await saved.keeper.restore(saved.rig.broker);
  rmSync(scratch.path, { recursive: true });
  saved.keeper.save();
  await saved.settle();
  const [, error, hint] = saved.lines;
  assert.match(error ?? '', /^Error saving in-memory database, unable to open .*\.new for writing, error /);
  assert.match(hint ?? '', /disk has room/);
  scratch.file('mosquitto.db', '');
  saved.keeper.save();
  await saved.settle();
  assert.ok(existsSync(saved.file) && statSync(saved.file).size > 0);
  assert.equal(saved.lines.length, 4);
});

test('a database that was not read as a whole stays under another name when it is replaced', async () => {
  using scratch = new Scratch();
  const first = new Saved(scratch, '');
  await first.keeper.restore(first.rig.broker);
  await first.keeper.close(true);
  appendFileSync(first.file, Uint8Array.from([0, 0, 0, 99, 0, 0, 0, 4, 1, 2, 3, 4])); // a chunk that nobody knows
  const before = readFileSync(first.file);
  const second = new Saved(scratch, '');
  await second.keeper.restore(second.rig.broker);
  assert.deepEqual(readdirSync(scratch.path), ['mosquitto.db'], 'nothing is replaced yet');
  second.keeper.save();
  await second.settle();
  await second.keeper.close(true);
  const [file, copy, ...others] = readdirSync(scratch.path).toSorted();
  assert.deepEqual([file, ...others], ['mosquitto.db']);
  assert.match(copy ?? '', /^mosquitto\.db\.before-\d{8}T\d{6}Z$/);
  assert.deepEqual(readFileSync(scratch.at(copy!)), before);
  assert.equal(statSync(scratch.at(copy!)).mode & 0o777, 0o600);
  assert.notDeepEqual(readFileSync(second.file), before);
  const told = second.lines.filter((line) => line.includes(`it is ${scratch.at(copy!)} from now on.`));
  assert.equal(told.length, 1);
});
