/** Password hashes as the tools of Mosquitto write them: `$6$…`, `$7$…` and `$argon2id$…`. */
import { argon2, createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Argon2Parameters } from 'node:crypto';

/** What a password is compared with. */
export type PasswordHash =
  /** SHA-512 of password and salt, once: `$6$salt$hash`. Quick to guess; only read for old files. */
  | { readonly algorithm: 'sha512'; readonly salt: Uint8Array; readonly hash: Uint8Array }
  /** PBKDF2 with HMAC-SHA-512: `$7$iterations$salt$hash`. */
  | {
      readonly algorithm: 'sha512-pbkdf2';
      readonly iterations: number;
      readonly salt: Uint8Array;
      readonly hash: Uint8Array;
    }
  /** Argon2id, version 19, in the PHC string format: `$argon2id$v=19$m=47104,t=1,p=1$salt$hash`. */
  | {
      readonly algorithm: 'argon2id';
      readonly memoryKiB: number;
      readonly passes: number;
      readonly lanes: number;
      readonly salt: Uint8Array;
      readonly hash: Uint8Array;
    };

/** The names of `mosquitto_passwd -H`. */
export type PasswordAlgorithm = PasswordHash['algorithm'];

/** How a new hash is made. */
export interface HashOptions {
  /** PBKDF2 only, from 1 to `MOST_ITERATIONS`: beyond it no broker of ours takes the hash. */
  readonly iterations?: number;
  /** Random if not given: for tests with known answers. */
  readonly salt?: Uint8Array;
}

/** What `mosquitto_passwd` 2.1 makes. */
const NEW = {
  iterations: 1000,
  memoryKiB: 47_104,
  passes: 1,
  lanes: 1,
  saltBytes: 64,
  hashBytes: 64,
} as const;

/** The most iterations of PBKDF2 that are accepted, in a file and for a new hash. */
export const MOST_ITERATIONS = 10_000_000;

/** The lengths of salts in `$6$` and `$7$`: of Mosquitto 2.0 and of 2.1. */
const SALT_BYTES: ReadonlySet<number> = new Set([12, 64]);
const SHA512_BYTES = 64;

/**
 * The dearest hash that is accepted: a single login must not take the machine's memory, nor a thread for minutes.
 * The least of Argon2 is what its implementations accept (RFC 9106, section 3.1), but for the length of the hash:
 * one of fewer than 16 bytes could be met by chance.
 */
const MOST = { iterations: MOST_ITERATIONS, memoryKiB: 1024 * 1024, passes: 100, lanes: 64 } as const;
const LEAST = { memoryKiBPerLane: 8, saltBytes: 8, hashBytes: 16 } as const;

const SHA512 = /^\$6\$([^$]+)\$([^$]+)$/;
const PBKDF2 = /^\$7\$([1-9]\d{0,8})\$([^$]+)\$([^$]+)$/;
const ARGON2ID = /^\$argon2id\$v=19\$m=([1-9]\d{0,8}),t=([1-9]\d{0,3}),p=([1-9]\d{0,3})\$([^$]+)\$([^$]+)$/;

/** The hash that a text stands for; undefined if it is none that this version can check. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  return parseSha512(text) ?? parsePbkdf2(text) ?? parseArgon2id(text);
}

function parseSha512(text: string): PasswordHash | undefined {
  const [, salt, hash] = SHA512.exec(text) ?? [];
  const bytes = sha512Bytes(salt, hash);
  return bytes && { algorithm: 'sha512', ...bytes };
}

function parsePbkdf2(text: string): PasswordHash | undefined {
  const [, count, salt, hash] = PBKDF2.exec(text) ?? [];
  const bytes = sha512Bytes(salt, hash);
  const iterations = Number(count);
  return bytes && iterations <= MOST.iterations
    ? { algorithm: 'sha512-pbkdf2', iterations, ...bytes }
    : undefined;
}

function sha512Bytes(
  saltText: string | undefined,
  hashText: string | undefined,
): { salt: Uint8Array; hash: Uint8Array } | undefined {
  const [salt, hash] = [fromBase64(saltText), fromBase64(hashText)];
  if (salt === undefined || hash === undefined) return undefined;
  return SALT_BYTES.has(salt.length) && hash.length === SHA512_BYTES ? { salt, hash } : undefined;
}

function parseArgon2id(text: string): PasswordHash | undefined {
  const [, m, t, p, saltText, hashText] = ARGON2ID.exec(text) ?? [];
  const [memoryKiB, passes, lanes] = [Number(m), Number(t), Number(p)];
  const [salt, hash] = [fromPhcBase64(saltText), fromPhcBase64(hashText)];
  if (salt === undefined || hash === undefined) return undefined;
  if (salt.length < LEAST.saltBytes || hash.length < LEAST.hashBytes) return undefined;
  if (memoryKiB > MOST.memoryKiB || passes > MOST.passes || lanes > MOST.lanes) return undefined;
  if (memoryKiB < LEAST.memoryKiBPerLane * lanes) return undefined;
  return { algorithm: 'argon2id', memoryKiB, passes, lanes, salt, hash };
}

/** The text that `parsePasswordHash` reads. */
export function printPasswordHash(hash: PasswordHash): string {
  switch (hash.algorithm) {
    case 'sha512':
      return `$6$${base64(hash.salt)}$${base64(hash.hash)}`;
    case 'sha512-pbkdf2':
      return `$7$${hash.iterations}$${base64(hash.salt)}$${base64(hash.hash)}`;
    case 'argon2id': {
      const costs = `m=${hash.memoryKiB},t=${hash.passes},p=${hash.lanes}`;
      return `$argon2id$v=19$${costs}$${phcBase64(hash.salt)}$${phcBase64(hash.hash)}`;
    }
  }
}

/**
 * Whether a password is the one a hash was made of. The work is done by the thread pool, but for `$6$`, which takes
 * microseconds; how long the comparison takes tells nothing. Rejects if the machine lacks the memory.
 */
export async function verifyPassword(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
  return timingSafeEqual(await digest(hash, password), hash.hash);
}

/** A new hash with a new salt, as `mosquitto_passwd` writes it. Throws if `iterations` are out of their range. */
export async function hashPassword(
  algorithm: PasswordAlgorithm,
  password: Uint8Array,
  { iterations = NEW.iterations, salt = randomBytes(NEW.saltBytes) }: HashOptions = {},
): Promise<string> {
  if (!(iterations >= 1 && iterations <= MOST_ITERATIONS))
    throw new RangeError(`Iterations are from 1 to ${MOST_ITERATIONS}`);
  const { memoryKiB, passes, lanes, hashBytes } = NEW;
  const empty = { salt, hash: new Uint8Array(hashBytes) };
  const recipes: Readonly<Record<PasswordAlgorithm, PasswordHash>> = {
    sha512: { algorithm: 'sha512', ...empty },
    'sha512-pbkdf2': { algorithm: 'sha512-pbkdf2', iterations, ...empty },
    argon2id: { algorithm: 'argon2id', memoryKiB, passes, lanes, ...empty },
  };
  const recipe = recipes[algorithm];
  return printPasswordHash({ ...recipe, hash: await digest(recipe, password) });
}

/** What a password becomes with the salt, the costs and the length of a hash. */
function digest(like: PasswordHash, password: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const done = (error: Error | null, bytes: Uint8Array): void =>
    error === null ? resolve(bytes) : reject(error);
  switch (like.algorithm) {
    case 'sha512':
      resolve(createHash('sha512').update(password).update(like.salt).digest());
      break;
    case 'sha512-pbkdf2':
      pbkdf2(password, like.salt, like.iterations, like.hash.length, 'sha512', done);
      break;
    case 'argon2id':
      argon2('argon2id', argon2Parameters(like, password), done);
  }
  return promise;
}

function argon2Parameters(
  { salt, memoryKiB, passes, lanes, hash }: Extract<PasswordHash, { algorithm: 'argon2id' }>,
  password: Uint8Array,
): Argon2Parameters {
  return {
    message: password,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism: lanes,
    tagLength: hash.length,
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** PHC strings leave the padding out. */
function phcBase64(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('=', '');
}

/** Undefined for what is not the one way to write these bytes: then a character is wrong, or missing. */
function fromBase64(text: string | undefined): Uint8Array | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  return base64(bytes) === text ? bytes : undefined;
}

function fromPhcBase64(text: string | undefined): Uint8Array | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  return phcBase64(bytes) === text ? bytes : undefined;
}
