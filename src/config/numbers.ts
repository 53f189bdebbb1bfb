/** Numbers as the C library reads them, because that is how configuration files are written. */

import type { Input } from './input.ts';
import { empty, refuse, type Refusal } from './refusal.ts';

const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;

/** `strtol` with base 0 on a whole word: decimal, `0x` hexadecimal, leading `0` octal. */
export function parseInteger(word: string): number | 'not a number' | 'out of range' {
  const match = /^[ \t\v\f\r\n]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(word);
  const digits = match?.[2];
  if (digits === undefined) return 'not a number';
  const size = /^0[0-7]/.test(digits) ? parseInt(digits, 8) : Number(digits);
  const value = match?.[1] === '-' ? 0 - size : size;
  return value > INT_MAX || value < INT_MIN ? 'out of range' : value;
}

/** A C int: the next word, whole. */
export function parseInt32(input: Input): number | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const value = parseInteger(word);
  return typeof value === 'number' ? value : refuse(`Error: '${input.name}' value ${value}.`);
}

/** `atoi`: the decimal digits a word starts with, 0 when there are none. */
export function leadingInteger(word: string): number {
  const digits = /^[ \t\v\f\r\n]*([+-]?[0-9]+)/.exec(word)?.[1];
  return digits === undefined ? 0 : Number(digits);
}
