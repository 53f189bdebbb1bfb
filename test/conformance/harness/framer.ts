/** Cuts what a broker sends into packets by their Remaining Length, and judges nothing. */
export class Framer {
  #bytes: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): void {
    this.#bytes =
      this.#bytes.length === 0 ? new Uint8Array(chunk) : new Uint8Array(Buffer.concat([this.#bytes, chunk]));
  }

  /** Is a whole packet there? */
  get ready(): boolean {
    return this.#length() > 0;
  }

  /** What is there, whole packets or not. */
  get rest(): Uint8Array {
    return this.#bytes;
  }

  /** The first packet. */
  peek(): Uint8Array {
    return this.#bytes.subarray(0, this.#length());
  }

  /** Takes the first packet away. */
  take(): Uint8Array {
    const packet = this.peek();
    this.#bytes = this.#bytes.subarray(packet.length);
    return packet;
  }

  /** Puts packets back in front, in this order. */
  putBack(packets: readonly Uint8Array[]): void {
    this.#bytes = new Uint8Array(Buffer.concat([...packets, this.#bytes]));
  }

  /** Length of the first packet, 0 while it is not whole. */
  #length(): number {
    let remaining = 0;
    for (let at = 1; at <= 4; at += 1) {
      const byte = this.#bytes[at];
      if (byte === undefined) return 0;
      remaining += (byte & 0x7f) * 2 ** (7 * (at - 1));
      if (byte < 0x80) return this.#bytes.length >= 1 + at + remaining ? 1 + at + remaining : 0;
    }
    return this.#bytes.length; // no Remaining Length has five bytes: let the decoder say so
  }
}
