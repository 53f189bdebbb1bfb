/** Answers to HTTP requests that are on their way to a browser. */
import type { ServerResponse } from 'node:http';
import { LIMITS } from '../broker/limits.ts';

/** So many at a time and no more; one that its browser does not take ends. */
export class Downloads {
  readonly #responses = new Set<ServerResponse>();

  /** An answer begins; false, with its socket destroyed, if there are too many. */
  begin(response: ServerResponse): boolean {
    if (this.#responses.size >= LIMITS.downloads) {
      response.destroy();
      return false;
    }
    this.#responses.add(response);
    response.once('close', () => this.#responses.delete(response));
    response.setTimeout(LIMITS.downloadIdleSeconds * 1000, () => response.destroy());
    return true;
  }

  /** The listener closes: what is not sent by now is not sent. */
  close(): void {
    for (const response of this.#responses) response.destroy();
  }
}
