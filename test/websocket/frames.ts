/** WebSocket frames as a client writes and reads them: also those that no client should write. RFC 6455 §5 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What is unusual about a frame. */
export interface FrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits, 4 for RSV1: compressed. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** How many bytes the length takes, although it would fit into fewer. */
  readonly lengthBytes?: 1 | 2 | 8;
  /** The length that is announced, whatever the payload has. */
  readonly announced?: bigint;
}

const MASK = Buffer.of(0x37, 0xfa, 0x21, 0x3d);

/** A frame of a client: final and masked, unless told otherwise. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = '',
  { fin = true, reserved = 0, masked = true, lengthBytes, announced }: FrameOptions = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const length = announced ?? BigInt(bytes.length);
  const size = lengthBytes ?? (length < 126n ? 1 : length < 65_536n ? 2 : 8);
  const head = Buffer.alloc(2 + (size === 1 ? 0 : size));
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | { 1: Number(length), 2: 126, 8: 127 }[size];
  if (size === 2) head.writeUInt16BE(Number(length), 2);
  if (size === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, bytes]);
  return Buffer.concat([head, MASK, bytes.map((byte, at) => byte ^ MASK[at % 4]!)]);
}

/** One binary message in several fragments. */
export function fragments(pieces: readonly Uint8Array[]): Buffer[] {
  const last = pieces.length - 1;
  return pieces.map((piece, at) =>
    frame(at === 0 ? OPCODE.binary : OPCODE.continuation, piece, { fin: at === last }),
  );
}

/** A frame of the server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/** The first frame in what a server sent, and where the next begins; undefined while it is not whole. */
export function readFrame(bytes: Buffer): { readonly frame: ServerFrame; readonly end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if (second >= 0x80) throw new Error('a server masks nothing');
  const size = { 126: 2, 127: 8 }[second] ?? 0;
  if (bytes.length < 2 + size) return undefined;
  const length = size === 0 ? second : size === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = 2 + size + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(2 + size, end));
  const frameRead = {
    opcode: first & 15,
    fin: first >= 0x80,
    compressed: (first & 0x40) !== 0,
    payload,
  };
  return { frame: frameRead, end };
}

/** The code of a Close frame; 1005 where it has none. */
export function closeCode({ payload }: ServerFrame): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}
