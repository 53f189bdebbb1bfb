/** `password_file`: who may come in, by user name and password. */
import type { Credentials, Principal } from '../broker/access.ts';
import { Reason } from '../protocol/reason.ts';
import type { Backend, LoginAnswer } from './backend.ts';
import type { FileProblem, Read } from './file.ts';
import type { HashQueue } from './hash-queue.ts';
import { parsePasswordHash } from './password-hash.ts';
import { PasswordUser } from './password-user.ts';
import { loginDigest, standIn } from './remembered-password.ts';
import { secretLines, tooLong } from './secret-lines.ts';
import type { SecretLine } from './secret-lines.ts';
import { readSensitiveFile } from './sensitive-file.ts';

const NAME = 'password_file';

/** How a password file is used. */
export interface PasswordFileOptions {
  readonly allowSymlinks: boolean;
  /** Where hashes are computed; the same for all backends of a broker. */
  readonly queue: HashQueue;
  /** On a reload: the backend that the new one takes the place of, even if it was of another file. */
  readonly previous?: PasswordFile | undefined;
}

const REFUSED: LoginAnswer = { outcome: 'refused', reasonCode: Reason.notAuthorized };
const BUSY: LoginAnswer = { outcome: 'refused', reasonCode: Reason.serverBusy };

/** More problems than these of one file are not told: the first few show what is wrong with the rest. */
const PROBLEMS_TOLD = 10;

/**
 * Reads a password file. Any line that cannot be understood is an error and there is no backend, as in Mosquitto
 * 2.1: a user who is left out by mistake would be noticed late.
 */
export function passwordFile(path: string, options: PasswordFileOptions): Read<PasswordFile> {
  const { allowSymlinks, queue, previous } = options;
  const unopened = `password-file: Error: Unable to open pwfile "${path}".`;
  const text = readSensitiveFile(path, { allowSymlinks, unopened });
  if (!text.ok) return text;
  const { hashes, errors } = parsePasswordFile(text.value, path);
  const problems = [...text.problems, ...errors];
  if (errors.length > 0) return { ok: false, problems };
  return { ok: true, value: new PasswordFile(hashes, queue, previous), problems };
}

/** Clients by their user names and passwords. */
export class PasswordFile implements Backend {
  readonly name: string = NAME;
  readonly #queue: HashQueue;
  readonly #users: ReadonlyMap<string, PasswordUser>;
  /** Whose hashes stand in for those of users that are not there. */
  readonly #strangers: readonly PasswordUser[];
  /** Logins that are being checked, by their digest: no more than the queue takes. */
  readonly #underWay: Map<string, Promise<boolean>> = new Map();
  #next: PasswordFile | undefined;
  #closed = false;

  /** `hashes` are those of the users by their names, all of which `parsePasswordHash` can read. */
  constructor(hashes: ReadonlyMap<string, string>, queue: HashQueue, previous?: PasswordFile) {
    this.#queue = queue;
    this.#users = new Map(
      Array.from(hashes, ([name, hash]) => {
        const user = new PasswordUser(NAME, hash);
        const before = previous === undefined ? undefined : previous.#users.get(name);
        return [name, before?.isSame(user) ? before : user]; // what is remembered stays with an unchanged hash
      }),
    );
    this.#strangers = [...this.#users.values()];
    if (previous !== undefined) previous.#next = this;
  }

  /** A client without a user name is not for this file to judge; one without a password does not come in. */
  authenticate({ username, password }: Credentials): LoginAnswer | Promise<LoginAnswer> {
    if (username === undefined) return 'ignore';
    if (password === undefined) return REFUSED;
    const user = this.#users.get(username);
    if (user?.remembers(password)) return { outcome: 'accepted', grant: user };
    const right = this.#check(username, password, user);
    if (typeof right !== 'object') return right === 'busy' ? BUSY : REFUSED;
    return right.then((yes) => (yes && user !== undefined ? this.#judge(username, user) : REFUSED));
  }

  /** Whether the file still has the user with the hash that let the client in. */
  mayStay({ username, grant }: Principal): boolean | undefined {
    if (username === undefined || !(grant instanceof PasswordUser) || grant.by !== NAME) return undefined;
    return this.#users.get(username)?.isSame(grant) === true;
  }

  /** Another has taken this one's place, or none: passwords that are being checked are judged by whoever is in force. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Whether the password is right. All who say the same at the same time, as devices that share a user do when the
   * broker has been away, wait for one answer.
   */
  #check(
    username: string,
    password: Uint8Array,
    user: PasswordUser | undefined,
  ): Promise<boolean> | 'busy' | 'nobody' {
    const login = loginDigest(username, password);
    const underWay = this.#underWay.get(login);
    if (underWay !== undefined) return underWay;
    const stranger = this.#strangers[standIn(username, this.#strangers.length)];
    if (stranger === undefined) return 'nobody';
    const right = this.#queue
      .run(() => user?.learn(password) ?? stranger.verify(password))
      ?.finally(() => this.#underWay.delete(login));
    if (right === undefined) return 'busy';
    this.#underWay.set(login, right);
    return right;
  }

  /** The password was right, for a file that may have been read anew while the hash was computed. */
  #judge(username: string, user: PasswordUser): LoginAnswer {
    if (this.#closed) return this.#next === undefined ? BUSY : this.#next.#judge(username, user);
    const grant = this.#users.get(username);
    return grant?.isSame(user) === true ? { outcome: 'accepted', grant } : REFUSED;
  }
}

/** The hashes of a password file by the names of the users, and what is wrong with its lines. */
export function parsePasswordFile(
  text: string,
  file: string,
): { readonly hashes: ReadonlyMap<string, string>; readonly errors: readonly FileProblem[] } {
  const hashes = new Map<string, string>();
  const errors: FileProblem[] = [];
  for (const entry of secretLines(text)) {
    const fault = faultOf(entry, file, hashes.has(entry.name));
    if (fault === undefined) hashes.set(entry.name, entry.secret);
    else if (errors.push({ level: 'error', file, line: entry.line, ...fault }) === PROBLEMS_TOLD) break;
  }
  return { hashes, errors };
}

/** Mosquitto's line, and what to do. */
type Fault = Pick<FileProblem, 'text' | 'hint'>;

function faultOf(entry: SecretLine, file: string, known: boolean): Fault | undefined {
  const { name, secret } = entry;
  const long = tooLong(entry);
  if (long !== undefined) {
    const text = `password-file: Error: Invalid line in password file '${file}', ${long} too long.`;
    return { text, hint: 'Names and hashes have at most 65535 bytes.' };
  }
  if (name === '') {
    const text = `password-file: Error: Empty username in password file '${file}'.`;
    return { text, hint: 'A line is `user:hash`. No user name stands before this `:`.' };
  }
  if (known) {
    const text = `password-file: Error: Duplicate user '${name}' in password file '${file}'.`;
    return { text, hint: 'Keep one line of this user; the hash of the others may be an old one.' };
  }
  if (parsePasswordHash(secret) !== undefined) return undefined;
  const text = `password-file: Error: Unable to decode line in password file '${file}'.`;
  return { text, hint: undecodable(name, secret, file) };
}

/** Never says what stands there: it may be a password. */
function undecodable(name: string, secret: string, file: string): string {
  const again = `Set the password again: zanzara passwd ${file} ${name}`;
  if (secret === '') return `PasswordUser '${name}' has no password hash. ${again}`;
  if (/^\$(?:6|7|argon2id)\$/.test(secret)) return `The password hash of user '${name}' is damaged. ${again}`;
  if (secret.startsWith('$')) {
    return `The password hash of user '${name}' is of an unknown kind; $6$, $7$ and $argon2id$ are known. ${again}`;
  }
  return `The password of user '${name}' is not hashed. ${again}, or, where no line is hashed yet, hash all: zanzara passwd -U ${file}`;
}
