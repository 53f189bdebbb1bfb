/** What a packet vector is, and the few words in which the tables are written. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';
import type { Reason } from '../../src/protocol/reason.ts';

/** A packet in both its forms: `hex` decodes to `packet`, and `packet` encodes to `hex`. */
export interface GoodVector {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly sender: Sender;
  /** Hexadecimal; spaces are for the eye. */
  readonly hex: string;
  readonly packet: Packet;
  /** One of several byte forms that mean the same: the encoder writes another. */
  readonly decodesOnly?: boolean;
}

/** Bytes that no packet may have. */
export interface BadVector {
  readonly name: string;
  /** The statement of the specification that forbids it, as `MQTT-3.1.0-1`. */
  readonly anchor?: string | undefined;
  /** The version of the connection; 0 before its CONNECT. */
  readonly version: ProtocolVersion | 0;
  readonly sender: Sender;
  readonly hex: string;
  readonly error: keyof typeof Reason;
  /** What the operator reads. */
  readonly problem?: RegExp | undefined;
  /** The decoder's limit, where the vector is about it. Bytes. */
  readonly maxPacketSize?: number | undefined;
}

/** A row of a table of bad packets. */
export type BadRow = readonly [
  name: string,
  hex: string,
  error: BadVector['error'],
  problem?: RegExp | undefined,
  anchor?: string | undefined,
];

/** A good vector. */
export function good(
  version: ProtocolVersion,
  sender: Sender,
  name: string,
  hex: string,
  packet: Packet,
): GoodVector {
  return { name, version, sender, hex, packet };
}

/** A good vector that the encoder writes differently. */
export function decodesOnly(
  version: ProtocolVersion,
  sender: Sender,
  name: string,
  hex: string,
  packet: Packet,
): GoodVector {
  return { name, version, sender, hex, packet, decodesOnly: true };
}

/** A bad vector. */
export function bad(version: ProtocolVersion | 0, sender: Sender, row: BadRow): BadVector {
  const [name, hex, error, problem, anchor] = row;
  return { name, anchor, version, sender, hex, error, problem };
}

/** A pattern of bytes in one version: `*` stands for its level, `?` for the empty properties of 5.0. */
export function inVersion(version: ProtocolVersion, pattern: string): string {
  return pattern.replaceAll('*', int(version, 1)).replaceAll('?', version === 5 ? '00' : '');
}

export const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** The bytes of a hexadecimal string; throws at what is none. */
export function bytes(hex: string): Uint8Array {
  const digits = hex.replaceAll(' ', '');
  const result = new Uint8Array(Buffer.from(digits, 'hex'));
  if (result.length * 2 !== digits.length) throw new Error(`not hexadecimal: ${hex.slice(0, 80)}`);
  return result;
}

/** An integer of `size` bytes. */
export function int(value: number, size: number): string {
  return value.toString(16).padStart(size * 2, '0');
}

/** A variable byte integer in its shortest form, §1.5.5. */
export function varint(value: number): string {
  return value < 128 ? int(value, 1) : int((value % 128) + 128, 1) + varint(Math.floor(value / 128));
}

/** The hexadecimal form of bytes, with their length in front: binary data, §1.5.6. */
export function sized(hex: string): string {
  return int(hex.replaceAll(' ', '').length / 2, 2) + hex;
}

/** A UTF-8 string, §1.5.4. */
export function str(text: string): string {
  return sized(Buffer.from(text).toString('hex'));
}

/** A packet: its first byte, the remaining length and the body. */
export function framed(first: string, body: string): string {
  return `${first} ${varint(body.replaceAll(' ', '').length / 2)} ${body}`;
}
