/** A wire without a network: what the broker writes is decoded at once; the test says how fast its peer reads. */
import type { Connection } from '../../src/broker/connection.ts';
import type { Wire } from '../../src/broker/wire.ts';
import { Decoder } from '../../src/protocol/decoder.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';

/** What a chunk is overwritten with once the broker is done with it: nobody may look at it again. */
const SPENT = 0xee;

export class FakeWire implements Wire {
  /** What the broker wrote and no test has looked at yet. */
  readonly packets: Packet[] = [];
  full = false;
  paused = false;
  closed = false;
  unsentFrames = 0;
  unsentBytes = 0;
  /** Told of each packet at the moment it is written. */
  heard: ((packet: Packet) => void) | undefined;
  /** Frames it takes until it is full. */
  room: number = Infinity;
  /** Decides how the bytes are read; set before the first packet. Undefined: as the broker understood the client. */
  version: ProtocolVersion | undefined = 5;
  connection: Connection | undefined;
  #decoder: Decoder | undefined;
  #held: Uint8Array[] = [];

  get pressed(): boolean {
    return this.full || this.unsentFrames * 2 >= this.room;
  }

  write(frame: Uint8Array, frames = 1): void {
    if (this.closed) return;
    const version = this.version ?? this.connection?.outlet.version ?? 5;
    this.#decoder ??= new Decoder({ sender: 'server', maxPacketSize: 2 ** 28, version });
    this.#decode(this.#decoder, Uint8Array.from(frame));
    this.unsentFrames += frames;
    this.unsentBytes += frame.length;
    this.full ||= this.unsentFrames >= this.room;
  }

  pause(): void {
    this.paused = true;
  }

  /** As a socket does: what came meanwhile is handed over later. */
  resume(): void {
    this.paused = false;
    queueMicrotask(() => {
      while (this.#held.length > 0 && !this.paused) this.#hand(this.#held.shift()!);
    });
  }

  close(): void {
    this.closed = true;
    this.#held = [];
  }

  /** Bytes from the peer; those that come to a paused wire wait. */
  receive(bytes: Uint8Array): void {
    if (this.paused || this.#held.length > 0) this.#held.push(bytes);
    else this.#hand(bytes);
  }

  /** The peer has taken all that was written. */
  drain(): void {
    this.full = false;
    this.unsentFrames = 0;
    this.unsentBytes = 0;
    if (!this.closed) this.connection?.drained();
  }

  /** What the broker writes is valid, or it is the broker's fault and no peer's. */
  #decode(decoder: Decoder, frame: Uint8Array): void {
    try {
      decoder.push(frame);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        this.packets.push(packet);
      }
    } catch (error) {
      throw new Error(`the broker wrote ${Buffer.from(frame).toString('hex')}`, { cause: error });
    }
    if (this.heard !== undefined) for (const packet of this.packets.splice(0)) this.heard(packet);
  }

  #hand(bytes: Uint8Array): void {
    if (this.closed) return;
    this.connection?.receive(bytes);
    if (!this.paused) bytes.fill(SPENT);
  }
}
