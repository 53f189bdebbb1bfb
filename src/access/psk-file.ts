/** `psk_file`: the pre-shared keys of TLS-PSK, by identity. */
import type { Backend } from './backend.ts';
import type { FileProblem, Read } from './file.ts';
import { secretLines, tooLong } from './secret-lines.ts';
import type { SecretLine } from './secret-lines.ts';
import { readSensitiveFile } from './sensitive-file.ts';

/** What is wrong with a line: an error takes the whole file back, anything else only the line. */
type Fault = Pick<FileProblem, 'level' | 'text' | 'hint'>;

/** More errors than these of one file are not told. */
const ERRORS_TOLD = 10;

/** Reads a file of pre-shared keys. Lines without an identity and a second key for an identity are left out. */
export function pskFile(path: string, { allowSymlinks }: { readonly allowSymlinks: boolean }): Read<Backend> {
  const unopened = `Error: Unable to open pwfile "${path}".`;
  const text = readSensitiveFile(path, { allowSymlinks, unopened });
  if (!text.ok) return text;
  const { keys, problems: found } = parsePskFile(text.value, path);
  const problems = [...text.problems, ...found];
  if (found.some(({ level }) => level === 'error')) return { ok: false, problems };
  return { ok: true, value: new PskFile(keys), problems };
}

/** Knows keys, and nothing else. */
class PskFile implements Backend {
  readonly name = 'psk_file';
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  constructor(keys: ReadonlyMap<string, Uint8Array>) {
    this.#keys = keys;
  }

  pskKey(identity: string): Uint8Array | undefined {
    return this.#keys.get(identity);
  }
}

/** The keys by their identities, and what is wrong with the lines. */
export function parsePskFile(
  text: string,
  file: string,
): { readonly keys: ReadonlyMap<string, Uint8Array>; readonly problems: readonly FileProblem[] } {
  const keys = new Map<string, Uint8Array>();
  const problems: FileProblem[] = [];
  let errors = 0;
  for (const entry of secretLines(text)) {
    const fault = faultOf(entry, file, keys.has(entry.name));
    if (fault === undefined) {
      keys.set(entry.name, bytesOf(entry.secret));
      continue;
    }
    problems.push({ file, line: entry.line, ...fault });
    if (fault.level === 'error' && ++errors === ERRORS_TOLD) break;
  }
  return { keys, problems };
}

function faultOf(entry: SecretLine, file: string, known: boolean): Fault | undefined {
  const { name, secret } = entry;
  const long = tooLong(entry);
  if (long !== undefined) {
    const text = `Warning: Invalid line in password file '${file}', ${long} too long.`;
    return { level: 'notice', text, hint: 'Left out: identities and keys have at most 65535 characters.' };
  }
  if (name === '') {
    const text = `Warning: Empty username in password file '${file}', ignoring.`;
    return { level: 'notice', text, hint: 'Left out: a line is `identity:key`.' };
  }
  if (known) {
    const text = `Error: Duplicate user '${name}' in password file '${file}', ignoring.`;
    return { level: 'notice', text, hint: 'Left out: the first key of an identity counts.' };
  }
  if (secret === '') {
    return { level: 'error', text: `Error: Empty psk for identity "${name}".`, hint: KEY_HINT };
  }
  if (/^[\da-f]+$/i.test(secret)) return undefined;
  const text = `Error: psk for identity "${name}" contains non-hexadecimal characters.`;
  return { level: 'error', text, hint: KEY_HINT };
}

const KEY_HINT = 'A line is `identity:key`, the key in hexadecimal digits. `openssl rand -hex 32` makes one.';

/** The bytes of hexadecimal digits; where one is missing it is a 0 in front, as in Mosquitto. */
function bytesOf(digits: string): Uint8Array {
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
