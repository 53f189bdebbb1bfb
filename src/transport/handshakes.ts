/** The TLS handshakes under way, of all listeners. */
import type { TLSSocket } from 'node:tls';

/** Half a handshake of a stranger holds memory that no other limit counts, so there are only so many. */
export class Handshakes {
  readonly #most: number;
  /** When each began, milliseconds; in that order. */
  readonly #began = new Map<TLSSocket, number>();

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#began.size >= this.#most;
  }

  get underWay(): number {
    return this.#began.size;
  }

  begin(stream: TLSSocket, now: number): void {
    this.#began.set(stream, now);
  }

  end(stream: TLSSocket): void {
    this.#began.delete(stream);
  }

  /** The one that has been under way for longest, if it began before a moment. */
  begunBefore(moment: number): TLSSocket | undefined {
    for (const [stream, began] of this.#began) return began < moment ? stream : undefined;
    return undefined;
  }
}
