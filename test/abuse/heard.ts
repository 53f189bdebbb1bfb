/** Waiting for the log of a broker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../cli/program.ts';

/** Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** Waits until a text is in the log so many times. */
export async function heard(program: Program, text: string, times: number): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(20))
    if (program.stderr.split(text).length > times) return;
  throw new Error(`Not ${times} times “${text}”:\n${program.stderr}`);
}
