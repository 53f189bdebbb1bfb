/**
 * Passwords that were right, so that a client that comes back does not cost a slow hash again.
 *
 * What is kept is an HMAC of the password under a key that was drawn when the process started and never leaves it.
 * Nobody who sees the digest alone can even try passwords. Who reads the memory of this process has the key as well,
 * and can try them quicker than against the slow hash; but that reader also sees every password that arrives, and
 * the files on disk, which is what slow hashes are for, hold no more than before. A password that was wrong is never
 * kept, and guessing gets no quicker: a wrong password always pays for the slow hash.
 *
 * The digest covers the hash that the password was checked against. When that changes, it is worth nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const KEY = randomBytes(32);

/** A password that was right for a hash, as far as it is kept: 32 bytes. */
export type RememberedPassword = Uint8Array;

/** To be called for a password that the hash, given as its text, has just proved right. */
export function rememberPassword(hash: string, password: Uint8Array): RememberedPassword {
  return createHmac('sha256', KEY).update(hash).update(':').update(password).digest();
}

/** Whether this is the password that was right for this hash. Takes the same time whatever the answer. */
export function isRemembered(remembered: RememberedPassword, hash: string, password: Uint8Array): boolean {
  return timingSafeEqual(rememberPassword(hash, password), remembered);
}

/**
 * One of `count`, from 0: always the same for the same name, and anybody's guess. An unknown user is checked against
 * the hash of such a one, so that the time of the answer does not tell whether there is a user of that name.
 */
export function standIn(name: string, count: number): number {
  return createHmac('sha256', KEY).update(name).digest().readUInt32LE() % count;
}

/** The same for the same user name and password, and telling nothing of either: to know a login that is under way. */
export function loginDigest(username: string, password: Uint8Array): string {
  const hmac = createHmac('sha256', KEY).update(`${username.length}:${username}:`).update(password);
  return hmac.digest('base64');
}
