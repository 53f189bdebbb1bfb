/** A user with a password hash: what a login is checked against, and what its client is granted. */
import type { Grant } from '../broker/access.ts';
import { parsePasswordHash, verifyPassword } from './password-hash.ts';
import { isRemembered, rememberPassword } from './remembered-password.ts';
import type { RememberedPassword } from './remembered-password.ts';

/** Shows nobody its hash: a principal carries it to wherever principals are seen. */
export class PasswordUser implements Grant {
  readonly by: string;
  readonly #hash: string;
  /** The password, once it was right. */
  #remembered: RememberedPassword | undefined;

  /** `hash` is one that `parsePasswordHash` can read; it stays text, being short and rarely asked for. */
  constructor(by: string, hash: string) {
    this.by = by;
    this.#hash = hash;
  }

  /** Whether a client that logged in as the other one would be let in as this one. */
  isSame(other: PasswordUser): boolean {
    return this.#hash === other.#hash;
  }

  /** Whether a password is known to be right without computing its hash. */
  remembers(password: Uint8Array): boolean {
    return this.#remembered !== undefined && isRemembered(this.#remembered, this.#hash, password);
  }

  /** Whether the password is right: the slow way. */
  verify(password: Uint8Array): Promise<boolean> {
    return verifyPassword(parsePasswordHash(this.#hash)!, password);
  }

  /** As `verify`, and a password that is right is remembered. */
  async learn(password: Uint8Array): Promise<boolean> {
    const right = await this.verify(password);
    if (right) this.#remembered = rememberPassword(this.#hash, password);
    return right;
  }
}
