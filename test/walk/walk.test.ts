/** The acceptance walk: what an operator reads when clients come and go, in the three dialects of the log. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectTo, startZanzara } from '../cli/program.ts';
import { EXPECTED, ISSUE } from './expected.ts';
import type { Dialect } from './expected.ts';
import { linesByClient, missingInOrder } from './log.ts';
import { playWalk } from './play.ts';

/** The connection of the last client is over, in any dialect. */
const THE_END =
  /351BBJKFX62C1, disconnecting|351BBJKFX62C1 \[.*disconnected|"clientDisconnected","client":"351BBJKFX62C1"/;

/** What the broker logged of the walk. */
async function logOf(dialect: Dialect): Promise<string> {
  await using broker = await startZanzara(`log_type all\nlog_dialect ${dialect}`);
  const { program, port } = broker;
  const first = await connectTo(port, { clientId: 'before-the-walk' });
  await first.disconnect();
  const before = program.stderr.length;
  await playWalk(port);
  await program.until(THE_END);
  const { stderr, stdout, code } = await program.stop();
  assert.equal(code, 0);
  assert.equal(stdout, '');
  const log = stderr.slice(before).split('\n');
  return log.filter((line) => !/before-the-walk| terminating|"terminating"/.test(line)).join('\n');
}

describe('the acceptance walk', { concurrency: true }, () => {
  for (const dialect of ['mosquitto-1.4', 'mosquitto', 'json'] as const) {
    test(`in the dialect ${dialect}`, async () => {
      const log = await logOf(dialect);
      for (const [client, lines] of linesByClient(EXPECTED[dialect])) {
        assert.equal(linesByClient(log).get(client)?.join('\n'), lines.join('\n'));
      }
      if (dialect === 'mosquitto-1.4') assertIssue(linesByClient(log));
      if (dialect === 'json')
        for (const line of log.trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
    });
  }
});

/** The lines of the issue are there, in its order within each connection. */
function assertIssue(log: ReadonlyMap<string, readonly string[]>): void {
  for (const [client, wanted] of linesByClient(ISSUE)) {
    assert.notEqual(wanted.length, 0, `the issue tells nothing of ${client}`);
    assert.deepEqual(missingInOrder(wanted, log.get(client) ?? []), [], client);
  }
}
