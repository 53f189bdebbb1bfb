/** Password files for tests: a hash that is quick to make, in the form of mosquitto_passwd. */
import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import type { Scratch } from '../cli/program.ts';

const SALT = Buffer.from('saltsaltsalt');

/** The line of a user with a salted SHA-512 hash. */
export function passwordLine(username: string, password: string): string {
  const hash = createHash('sha512').update(password).update(SALT).digest('base64');
  return `${username}:$6$${SALT.toString('base64')}$${hash}\n`;
}

/** Writes a password file, and gives its path. */
export function passwords(scratch: Scratch, users: Readonly<Record<string, string>>): string {
  const lines = Object.entries(users).map(([username, password]) => passwordLine(username, password));
  const file = scratch.file('passwords', lines.join(''));
  chmodSync(file, 0o644); // who reads it is no longer root
  return file;
}
