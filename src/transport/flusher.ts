/** Writes once per socket and tick: wires that have something to send are written to together. */

/** Something that gathers what is written to it until the end of the tick. */
export interface Flushable {
  flush(): void;
}

/**
 * Calls `flush` once on everything that was added during a tick, after all sockets that were readable in it have
 * been read: a hundred messages to one subscriber then cost one system call.
 */
export class Flusher {
  #dirty: Flushable[] = [];
  #scheduled = false;

  add(wire: Flushable): void {
    this.#dirty.push(wire);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const wire of dirty) wire.flush();
  };
}
