/** Where programs under test find themselves compiled. */
import { fileURLToPath } from 'node:url';

/**
 * `NODE_COMPILE_CACHE` of the processes that tests start: with it they start with a third of the work. Absolute, for
 * they run in folders of their own. Those that begin as root and go on as somebody else only read it.
 */
export const COMPILED: string = fileURLToPath(new URL('../node_modules/.cache/zanzara', import.meta.url));
