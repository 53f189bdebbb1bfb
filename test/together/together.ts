/** Layers that touch nothing outside: their tests disturb nobody, and run many to a process. */
import { globSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** The layers of each process: a third of the start and of the warming up is saved. `npm test` leaves them out. */
export const TOGETHER: Readonly<Record<'broker' | 'lower' | 'protocol', readonly string[]>> = {
  broker: ['broker'],
  lower: ['base', 'topic', 'flow', 'config'],
  protocol: ['protocol'],
};

/** Declares the tests of these layers, file after file. */
export async function declareTestsOf(layers: readonly string[]): Promise<void> {
  for (const layer of layers) {
    const files = globSync(`${SRC}/${layer}/**/*.test.ts`).toSorted();
    for (const file of files) await import(pathToFileURL(file).href);
  }
}
