/**
 * A program that writes to a store until it is told otherwise: `sqlite-child.ts PATH hold` commits once and waits to be
 * killed, `sqlite-child.ts PATH fill` commits until a commit is rejected, and then the same again until it succeeds.
 */
import { setTimeout } from 'node:timers/promises';
import { StoreError } from '../../src/store/store-error.ts';
import { retained } from '../contract/store/retained.ts';
import { open } from './sqlite-scene.ts';

const [path = '', what = ''] = process.argv.slice(2);
// A file that grows beyond its limit is an error for whoever writes it, and not the end of the program
process.on('SIGXFSZ', () => {});

/** A line for the test. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Commits one more message of 10 kB; whether that succeeded. */
async function commit(store: ReturnType<typeof open>, id: number): Promise<boolean> {
  try {
    await store.commit(retained(id, `t/${id}`, new Uint8Array(10_000)));
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    say(`rejected ${error.message} ${error.hint}`);
    return false;
  }
}

const store = open(path);
let id = 1;
await commit(store, id);
if (what === 'hold') {
  say('held');
  await setTimeout(60_000);
}
while (await commit(store, id + 1)) id++;
while (!(await commit(store, id + 1))) await setTimeout(20);
await store.close();
say(`kept ${id + 1}`);
