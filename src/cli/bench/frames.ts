/** Frames of MQTT 3.1.1 as the load needs them, built once and written many times. */
import type { QoS } from '../../protocol/packet.ts';

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBACK = 9;

export const DISCONNECT_FRAME: Buffer = Buffer.of(0xe0, 0);

/** Longer than any load runs: subscribers say nothing. */
const KEEP_ALIVE_SECONDS = 65_535;

/** Who a client says it is. */
export interface Login {
  readonly username: string;
  readonly password?: string | undefined;
}

/** CONNECT without will. */
export function connectFrame(clientId: string, cleanSession = true, login?: Login): Buffer {
  const { username, password } = login ?? {};
  const flags =
    (cleanSession ? 0x02 : 0) | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const names = [username, password].filter((name) => name !== undefined).map(text);
  const fixed = Buffer.of(
    0,
    4,
    0x4d,
    0x51,
    0x54,
    0x54,
    4,
    flags,
    KEEP_ALIVE_SECONDS >> 8,
    KEEP_ALIVE_SECONDS & 0xff,
  );
  return frame(0x10, fixed, text(clientId), ...names);
}

/** SUBSCRIBE with packet identifier 1. */
export function subscribeFrame(filters: readonly string[], qos: QoS): Buffer {
  return frame(0x82, Buffer.of(0, 1), ...filters.flatMap((filter) => [text(filter), Buffer.of(qos)]));
}

/** PUBLISH; at QoS 1 and 2 the packet identifier is 0 until it is written at `idOffset`. */
export function publishFrame(topic: string, qos: QoS, payload: Uint8Array, retain = false): Buffer {
  const id = qos > 0 ? [Buffer.of(0, 0)] : [];
  return frame(0x30 | (qos << 1) | (retain ? 1 : 0), text(topic), ...id, payload);
}

/** Where the payload starts in a frame of `publishFrame`. */
export function payloadOffset(frameBytes: number, payloadBytes: number): number {
  return frameBytes - payloadBytes;
}

function frame(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(first, ...remainingLength(body.length)), body]);
}

function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  for (let left = length; ; left >>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** The end of the frame that starts at `at`; 0 while it is not complete. */
export function frameEnd(bytes: Uint8Array, at: number, length: number): number {
  let remaining = 0;
  let shift = 0;
  for (let i = at + 1; i < length; i++) {
    const byte = bytes[i]!;
    remaining |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      const end = i + 1 + remaining;
      return end <= length ? end : 0;
    }
    shift += 7;
  }
  return 0;
}
