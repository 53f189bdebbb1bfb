/** How many TLS handshakes are under way. */

/** Places for handshakes: a stranger's half-done handshake holds memory that no other limit counts. */
export class Handshakes {
  readonly #most: number;
  #underWay = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place; false if there is none left. */
  begin(): boolean {
    if (this.#underWay >= this.#most) return false;
    this.#underWay++;
    return true;
  }

  /** The place is free again. */
  end(): void {
    this.#underWay--;
  }

  get underWay(): number {
    return this.#underWay;
  }
}
