/** A broker that runs out of file descriptors: it says so, keeps those it has, and recovers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../cli/program.ts';
import { started } from './broker.ts';
import { connectPacket, enter, Visitor } from './visitor.ts';

/** More than Node needs for itself, and few enough to be used up quickly. */
const DESCRIPTORS = 80;

/** Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

const WARNING =
  'Unable to accept new connection, system socket count has been exceeded. Try increasing "ulimit -n" or equivalent.';

test('without descriptors: one warning, clients stay, and there is room again when some have gone', async () => {
  const port = await freePort();
  const where = { port, host: '127.0.0.1' };
  const wrap = ['/bin/sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh'];
  await using broker = await started(`listener ${port} 127.0.0.1`, { wrap });
  using resident = await enter(where, 'resident');
  const crowd = await Promise.all(Array.from({ length: DESCRIPTORS }, () => Visitor.open(where)));
  try {
    await broker.program.until(WARNING);
    await resident.pinged();
    using late = await Visitor.open(where);
    await late.closed(); // at once, and not when it has waited in vain
    assert.ok(
      crowd.some(({ isOver }) => !isOver),
      'some got in',
    );
    broker.program.signal('SIGHUP'); // no half of a file comes into force, and no rule goes
    await broker.program.until('Error: Unable to open config file');
    await resident.pinged();
  } finally {
    for (const visitor of crowd) visitor[Symbol.dispose]();
  }
  let isLetIn = false;
  for (const end = Date.now() + PATIENCE_MS; !isLetIn && Date.now() < end;) isLetIn = await comesIn(where);
  assert.ok(isLetIn, broker.program.stderr);
  await resident.pinged();
  assert.equal(broker.program.stderr.split(WARNING).length, 2, broker.program.stderr);
});

/** Comes in and goes again; false if it is sent away. */
async function comesIn(where: { readonly port: number; readonly host: string }): Promise<boolean> {
  using visitor = await Visitor.open(where);
  await visitor.send(connectPacket('again')).settled();
  return !visitor.isOver;
}
