/** What a connection needs of its transport. */
export interface Wire {
  /** True while the peer has not taken as much as the wire will hold for it; `Connection.drained` tells the end. */
  readonly full: boolean;
  /** True while it holds more than half of what it will hold: whoever writes had better wait. */
  readonly pressed: boolean;
  /** Frames written that the peer's system has not taken, and their bytes. */
  readonly unsentFrames: number;
  readonly unsentBytes: number;
  /**
   * Sends a frame, or a block of several, in order, by the end of the tick. The wire copies it if it must keep it for
   * longer.
   */
  write(frame: Uint8Array, frames?: number): void;
  /** Asks for no more bytes; what is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. Nothing is received any more. */
  close(): void;
}
