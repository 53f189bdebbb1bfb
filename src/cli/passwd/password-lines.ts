/** The text of a password file, changed line by line. Lines that are not concerned stay as they are, to the byte. */
import { parsePasswordHash } from '../../access/password-hash.ts';
import { secretLines } from '../../access/secret-lines.ts';

/** A line that cannot be understood, so that nothing is changed. */
export class CorruptLine extends Error {
  /** From 1. */
  readonly line: number;

  constructor(line: number, why: string) {
    super(why);
    this.line = line;
  }
}

/** A text, and whether the user was in the one before. */
export interface Edited {
  readonly text: string;
  readonly found: boolean;
}

interface Line {
  /** Without its line feed. */
  readonly raw: string;
  /** Undefined for a comment and for an empty line. */
  readonly entry: { readonly name: string; readonly secret: string } | undefined;
}

/** Gives a user this hash: in the place of the first line he has, or at the end. A broker takes one line of a user. */
export function withUser(text: string, name: string, hash: string): Edited {
  const lines = linesOf(text);
  const first = lines.findIndex(({ entry }) => entry?.name === name);
  const own = `${name}:${hash}`;
  if (first < 0) return { text: joined([...lines.map(({ raw }) => raw), own]), found: false };
  const kept = lines.filter(({ entry }, at) => at === first || entry?.name !== name);
  return { text: joined(kept.map(({ raw, entry }) => (entry?.name === name ? own : raw))), found: true };
}

/** Takes all lines of a user away. */
export function withoutUser(text: string, name: string): Edited {
  const lines = linesOf(text);
  const kept = lines.filter(({ entry }) => entry?.name !== name);
  return { text: joined(kept.map(({ raw }) => raw)), found: kept.length < lines.length };
}

/** Hashes the passwords that are not. What looks like a damaged hash is none: it is an error. */
export async function withHashes(
  text: string,
  hash: (password: Uint8Array) => Promise<string>,
): Promise<string> {
  const lines = linesOf(text);
  for (const [at, line] of lines.entries()) checkPlain(line, at + 1);
  const done: string[] = [];
  for (const { raw, entry } of lines)
    done.push(isPlain(entry) ? `${entry.name}:${await hash(Buffer.from(entry.secret))}` : raw);
  return joined(done);
}

function isPlain(entry: Line['entry']): entry is NonNullable<Line['entry']> {
  return entry !== undefined && parsePasswordHash(entry.secret) === undefined;
}

function checkPlain({ raw, entry }: Line, line: number): void {
  if (!isPlain(entry)) return;
  if (entry.secret === '') throw new CorruptLine(line, 'There is no password.');
  if (/^\$(?:6|7|argon2id)\$/.test(entry.secret))
    throw new CorruptLine(line, 'The password looks like a hash, but it is none: is it damaged?');
  if (raw.split(':').length > 2)
    throw new CorruptLine(
      line,
      'What follows a second ":" does not count in this file: set this password by name.',
    );
}

function linesOf(text: string): Line[] {
  const raws = text.split('\n');
  if (raws.at(-1) === '') raws.pop(); // the end of the last line
  return raws.map((raw, at) => lineOf(raw, at + 1));
}

function lineOf(raw: string, line: number): Line {
  if (raw.startsWith('#') || raw.trim() === '') return { raw, entry: undefined };
  const [entry] = secretLines(raw);
  if (entry === undefined) throw new CorruptLine(line, 'A line is "user:hash": there is no ":".');
  if (entry.name === '') throw new CorruptLine(line, 'A line is "user:hash": there is no user name.');
  return { raw, entry };
}

function joined(raws: readonly string[]): string {
  return raws.map((raw) => `${raw}\n`).join('');
}
