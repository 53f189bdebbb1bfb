/** placeholder */
import type { Command } from './io.ts';
export const pub: Command = async () => 1;
