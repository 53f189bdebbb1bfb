/** Publishers: they write many frames at once, built beforehand, and at QoS 1 and 2 follow the answers. */
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from './frames.ts';
import type { FrameRing } from './frame-ring.ts';
import type { Link } from './link.ts';
import type { Meter } from './meter.ts';
import { Answers, FrameReader } from './subscriber.ts';

export class Publisher {
  /** Messages written. */
  sent = 0;
  /** Messages of QoS 1 and 2 whose flow has not ended. */
  unacknowledged = 0;
  readonly link: Link;
  readonly #ring: FrameRing;
  readonly #meter: Meter;
  readonly #answers: Answers;
  readonly #reader = new FrameReader((bytes, start) => this.#answered(bytes, start));

  constructor(link: Link, ring: FrameRing, meter: Meter) {
    this.link = link;
    this.#ring = ring;
    this.#meter = meter;
    this.#answers = new Answers(link);
    link.receive = this.#receive;
  }

  /** Writes up to so many messages at once, none while the last write has not left; gives how many. */
  publish(most: number): number {
    if (most <= 0 || this.link.blocked) return 0;
    const { bytes, count } = this.#ring.take(most);
    this.link.write(bytes);
    this.sent += count;
    if (this.#ring.qos > 0) this.unacknowledged += count;
    return count;
  }

  readonly #receive = (chunk: Buffer, length: number): void => {
    this.#reader.push(chunk, length);
    this.#answers.write();
    this.#meter.moved();
  };

  #answered(bytes: Buffer, start: number): void {
    const type = bytes[start]! >> 4;
    if (type === PUBREC) this.#answers.add(PUBREL, bytes, start + 2);
    else if (type === PUBACK || type === PUBCOMP) this.unacknowledged--;
    else throw new Error(`A packet of type ${type} to a publisher.`);
  }
}
