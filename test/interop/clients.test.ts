/** mosquitto_pub, mosquitto_sub and mosquitto_rr say at our broker what they say at Debian's mosquitto. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startZanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { isInstalled, startMosquitto, testWithMosquitto } from './mosquitto.ts';
import { CONFIGURED, PLAYS } from './plays.ts';
import { give } from './stage.ts';
import type { Play, Stage } from './stage.ts';

/** Lines of subscriptions tell the plays when to go on; overlapping filters do what they do by default in 2.1. */
const CONFIG = 'log_type subscribe\nlog_type error\nsys_interval 0\nallow_duplicate_messages true';

describe("mosquitto's clients", { concurrency: 8 }, () => {
  let ours: Running;
  let theirs: Running;
  before(async () => {
    if (!isInstalled) return;
    ours = await startZanzara(CONFIG);
    theirs = await startMosquitto(CONFIG);
  });
  after(async () => {
    await Promise.all([ours, theirs].map((broker) => broker?.[Symbol.asyncDispose]()));
  });
  for (const [title, play] of PLAYS) {
    testWithMosquitto(title, () => compare(play, title, ours, theirs));
  }
  for (const [config, play] of CONFIGURED) {
    testWithMosquitto(config.replace('\n', ', '), async () => {
      await using mine = await startZanzara(`${CONFIG}\n${config}`);
      await using original = await startMosquitto(`${CONFIG}\n${config}`);
      await compare(play, config, mine, original);
    });
  }

  // Debian's mosquitto sends more than it may, and its own client then leaves
  testWithMosquitto('5 the client allows two messages under way, and gets all ten', async () => {
    const [, said] = await give(tenAtTwo, 'two under way', ours);
    assert.deepEqual(said, ['reader', { code: 0, stdout: 'again q2\n'.repeat(10), stderr: '' }]);
  });
});

/** Ten messages to one who takes two at a time. */
async function tenAtTwo(stage: Stage): Promise<void> {
  const t = ['-V', '5', '-t', stage.topic, '-q', '2'];
  await stage.sub('reader', ...t, '-C', '10', '-D', 'connect', 'receive-maximum', '2', '-F', '%p q%q');
  await stage.pub(...t, '-m', 'again', '--repeat', '10');
  await stage.end('reader');
}

/** The play is given at both brokers; every client says and ends the same. */
async function compare(play: Play, title: string, ours: Running, theirs: Running): Promise<void> {
  const [mine, original] = await Promise.all([ours, theirs].map((broker) => give(play, title, broker)));
  const said = original!.map(([, { stdout, stderr }]) => stdout + stderr).join('');
  assert.notEqual(said, '', 'nothing was said');
  assert.deepEqual(mine, original);
}
