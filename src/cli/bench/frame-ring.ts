/** The PUBLISH frames of one publisher, side by side, so that a run of them is one write without copying. */
import type { QoS } from '../../protocol/packet.ts';
import { payloadOffset, publishFrame } from './frames.ts';
import type { MessageLoad } from './message-load.ts';
import { PATTERNS } from './pattern.ts';

/** What one write takes at the most, bytes. */
const WRITE_BYTES = 64 * 1024;
/** Writes that the ring holds, so that few end at its end. */
const WRITES = 4;
const LAST_PACKET_ID = 65_535;

/** A run of frames: a view, to be written before the next is taken. */
export interface FrameRun {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Frames of all topics in turn. A frame that is taken gets the time, and at QoS 1 and 2 the next identifier. */
export class FrameRing {
  readonly qos: QoS;
  readonly frameBytes: number;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #count: number;
  readonly #stampOffset: number;
  readonly #most: number;
  #next = 0;
  #packetId = 0;

  constructor(load: MessageLoad, publisher: number) {
    this.qos = load.qos;
    const { topics, payloadBytes } = load;
    const payload = Buffer.alloc(payloadBytes, 'x');
    const frame = (index: number): Buffer =>
      publishFrame(PATTERNS[load.pattern].topic(publisher, index, load), load.qos, payload);
    this.frameBytes = frame(0).length;
    this.#most = framesAWrite(load, this.frameBytes);
    this.#count = topics * Math.ceil((WRITES * this.#most) / topics);
    this.#stampOffset = payloadOffset(this.frameBytes, payloadBytes);
    this.#bytes = Buffer.allocUnsafeSlow(this.#count * this.frameBytes);
    for (let i = 0; i < this.#count; i++) this.#bytes.set(frame(i % topics), i * this.frameBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The next frames, at most so many. */
  take(most: number): FrameRun {
    const first = this.#next;
    const count = Math.min(most, this.#most, this.#count - first);
    this.#next = first + count === this.#count ? 0 : first + count;
    this.#stamp(first, first + count);
    return { bytes: this.#bytes.subarray(first * this.frameBytes, (first + count) * this.frameBytes), count };
  }

  #stamp(first: number, end: number): void {
    const now = performance.now();
    for (let i = first; i < end; i++) {
      const at = i * this.frameBytes + this.#stampOffset;
      this.#view.setFloat64(at, now, true);
      if (this.qos > 0) this.#view.setUint16(at - 2, this.#takePacketId());
    }
  }

  #takePacketId(): number {
    this.#packetId = this.#packetId === LAST_PACKET_ID ? 1 : this.#packetId + 1;
    return this.#packetId;
  }
}

/** What the frames of one publisher take, bytes, at least: frames of one topic. */
export function ringBytes(load: Pick<MessageLoad, 'payloadBytes' | 'window'>): number {
  return WRITES * framesAWrite(load, load.payloadBytes) * load.payloadBytes;
}

function framesAWrite({ window }: Pick<MessageLoad, 'window'>, frameBytes: number): number {
  return Math.min(window, Math.ceil(WRITE_BYTES / frameBytes));
}
