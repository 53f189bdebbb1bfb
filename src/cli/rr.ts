/** placeholder */
import type { Command } from './io.ts';
export const rr: Command = async () => 1;
