/** A network in the hands of the test, between clients and a broker in memory: it carries what it is told to, and breaks. */
import type { Connection } from '../../src/broker/connection.ts';
import type { Wire } from '../../src/broker/wire.ts';
import type { Channel, ChannelOwner, OpenChannel } from '../../src/client/channel.ts';
import type { Rig } from '../broker/rig.ts';

/** Bytes on their way beyond which a side is to hold back. */
const FULL_BYTES = 2000;

/** Bytes on their way in one direction. */
class Pipe {
  #bytes: Uint8Array = new Uint8Array(0);
  isPaused = false;
  isClosing = false;

  get length(): number {
    return this.#bytes.length;
  }

  write(bytes: Uint8Array): void {
    if (!this.isClosing) this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  /** Takes up to so many bytes out, if the other side reads. */
  take(most: number): Uint8Array {
    const taken = this.#bytes.subarray(0, this.isPaused ? 0 : most);
    this.#bytes = this.#bytes.subarray(taken.length);
    return Uint8Array.from(taken);
  }
}

/** One connection. */
class Line {
  readonly #rig: Rig;
  readonly #owner: ChannelOwner;
  readonly #up = new Pipe();
  readonly #down = new Pipe();
  #connection: Connection | undefined;
  isOver = false;

  constructor(rig: Rig, owner: ChannelOwner) {
    this.#rig = rig;
    this.#owner = owner;
  }

  /** For the client. */
  get channel(): Channel {
    const [up, down] = [this.#up, this.#down];
    return {
      get unsentBytes() {
        return up.length;
      },
      write: (bytes) => up.write(bytes),
      pause: () => void (down.isPaused = true),
      resume: () => void (down.isPaused = false),
      close: () => void (up.isClosing = true),
      destroy: () => queueMicrotask(() => this.cut()),
    };
  }

  /** Carries up to so many bytes each way. */
  carry(up: number, down: number): void {
    if (this.isOver) return;
    if (this.#connection === undefined) this.#connect();
    this.#carryUp(up);
    if (!this.isOver) this.#carryDown(down);
  }

  /** The network breaks: what was on its way is lost. */
  cut(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#connection?.lost();
    this.#owner.closed();
  }

  #connect(): void {
    const peer = { address: '10.0.0.1', port: 1 };
    this.#connection = this.#rig.broker.accept(this.#wire(), this.#rig.listener, peer);
    if (this.#connection === undefined) this.cut();
    else this.#owner.opened();
  }

  #carryUp(most: number): void {
    const bytes = this.#up.take(most);
    if (bytes.length > 0) this.#connection?.receive(bytes);
    if (this.#up.length === 0 && this.#up.isClosing) this.cut();
  }

  #carryDown(most: number): void {
    const wasFull = this.#down.length > 0;
    const bytes = this.#down.take(most);
    if (bytes.length > 0) this.#owner.received(bytes);
    if (wasFull && this.#down.length === 0) this.#connection?.drained();
    if (this.#down.length === 0 && this.#down.isClosing) this.cut();
  }

  /** For the broker. */
  #wire(): Wire {
    const [up, down] = [this.#up, this.#down];
    return {
      get full() {
        return down.length > FULL_BYTES;
      },
      get pressed() {
        return down.length > FULL_BYTES / 2;
      },
      get unsentFrames() {
        return Math.ceil(down.length / 20);
      },
      get unsentBytes() {
        return down.length;
      },
      write: (frame) => down.write(frame),
      pause: () => void (up.isPaused = true),
      resume: () => void (up.isPaused = false),
      close: () => void (down.isClosing = true),
    };
  }
}

/** All connections of one client, one after the other. */
export class Network {
  readonly #rig: Rig;
  #line: Line | undefined;
  /** How often it was reached. */
  connections = 0;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  readonly open: OpenChannel = (owner) => {
    const line = new Line(this.#rig, owner);
    this.#line = line;
    this.connections++;
    return line.channel;
  };

  carry(up: number = Infinity, down: number = Infinity): void {
    this.#line?.carry(up, down);
  }

  cut(): void {
    this.#line?.cut();
  }
}
