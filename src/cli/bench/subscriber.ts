/** Subscribers: they count what they are delivered, and at QoS 1 and 2 answer it. */
import { frameEnd, payloadOffset, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from './frames.ts';
import type { Link } from './link.ts';
import type { Meter } from './meter.ts';

/**
 * Counts frames of QoS 0, which all have one length, by the bytes that came: no packet is decoded. The first byte
 * of a frame in each chunk is looked at, so that a miscount would be noticed. One frame in `sampleEvery` is asked
 * for the time in its payload.
 */
export class FrameCounter {
  readonly #meter: Meter;
  readonly #frameBytes: number;
  readonly #stampOffset: number;
  readonly #sampleEvery: number;
  /** Bytes of the frame that has begun. */
  #begun = 0;
  /** Frames to skip before the next that is sampled. */
  #skip = 0;

  constructor(meter: Meter, frameBytes: number, payloadBytes: number, sampleEvery: number) {
    this.#meter = meter;
    this.#frameBytes = frameBytes;
    this.#stampOffset = payloadOffset(frameBytes, payloadBytes);
    this.#sampleEvery = sampleEvery;
  }

  readonly receive = (bytes: Buffer, length: number): void => {
    const frameBytes = this.#frameBytes;
    const first = this.#begun === 0 ? 0 : frameBytes - this.#begun;
    const come = this.#begun + length;
    this.#begun = come % frameBytes;
    if (first < length) {
      if (bytes[first]! >> 4 !== PUBLISH)
        throw new Error(`No PUBLISH where one should start: ${bytes[first]}.`);
      this.#sample(bytes, first, length);
    }
    this.#meter.deliveries += Math.floor(come / frameBytes);
    this.#meter.moved();
  };

  #sample(bytes: Buffer, first: number, length: number): void {
    const frameBytes = this.#frameBytes;
    const whole = Math.floor((length - first) / frameBytes);
    const now = performance.now();
    let at = this.#skip;
    for (; at < whole; at += this.#sampleEvery)
      this.#meter.took(now - bytes.readDoubleLE(first + at * frameBytes + this.#stampOffset));
    this.#skip = at - whole;
  }
}

/** Cuts chunks into whole frames; the start of a frame that straddles chunks is kept until its rest comes. */
export class FrameReader {
  readonly #handle: (bytes: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);

  /** `handle` is given each frame as a range of bytes that are valid until it returns. */
  constructor(handle: (bytes: Buffer, start: number, end: number) => void) {
    this.#handle = handle;
  }

  push(chunk: Buffer, length: number): void {
    const fresh = chunk.subarray(0, length);
    const bytes = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    let at = 0;
    for (let end = frameEnd(bytes, at, bytes.length); end > 0; end = frameEnd(bytes, at, bytes.length)) {
      this.#handle(bytes, at, end);
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}

/** Answers gathered while a chunk is handled, and written together; `afterMs` milliseconds later, if that is not 0. */
export class Answers {
  readonly #link: Link;
  readonly #afterMs: number;
  #bytes: number[] = [];

  constructor(link: Link, afterMs = 0) {
    this.#link = link;
    this.#afterMs = afterMs;
  }

  /** An acknowledgement with the packet identifier at `idAt`. */
  add(type: number, bytes: Buffer, idAt: number): void {
    this.#bytes.push((type << 4) | (type === PUBREL ? 0x02 : 0), 2, bytes[idAt]!, bytes[idAt + 1]!);
  }

  write(): void {
    if (this.#bytes.length === 0) return;
    const bytes = Buffer.from(this.#bytes);
    this.#bytes = [];
    if (this.#afterMs === 0) this.#link.write(bytes);
    else setTimeout(() => this.#link.write(bytes), this.#afterMs);
  }
}

/** Acknowledges at QoS 1, and completes the flow at QoS 2. */
export class AnsweringSubscriber {
  readonly #meter: Meter;
  readonly #payloadBytes: number;
  readonly #answers: Answers;
  readonly #reader = new FrameReader((bytes, start, end) => this.#handle(bytes, start, end));

  constructor(meter: Meter, answers: Answers, payloadBytes: number) {
    this.#meter = meter;
    this.#payloadBytes = payloadBytes;
    this.#answers = answers;
  }

  readonly receive = (chunk: Buffer, length: number): void => {
    this.#reader.push(chunk, length);
    this.#answers.write();
    this.#meter.moved();
  };

  #handle(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start]! >> 4;
    if (type === PUBREL) this.#answers.add(PUBCOMP, bytes, start + 2);
    else if (type === PUBLISH) this.#deliver(bytes, start, end);
    else throw new Error(`A packet of type ${type} to a subscriber.`);
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    const qos = (bytes[start]! >> 1) & 3;
    const payloadAt = end - this.#payloadBytes;
    this.#meter.deliveries++;
    this.#meter.took(performance.now() - bytes.readDoubleLE(payloadAt));
    if (qos > 0) this.#answers.add(qos === 1 ? PUBACK : PUBREC, bytes, payloadAt - 2);
  }
}
