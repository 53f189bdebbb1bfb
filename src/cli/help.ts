/** `zanzara help`: which commands there are. */
import { VERSION } from '../server/version.ts';
import { commandList } from './command-list.ts';
import type { Command } from './io.ts';

export const help: Command = (_argv, io) => {
  io.stdout(commandList(VERSION));
  return Promise.resolve(0);
};
