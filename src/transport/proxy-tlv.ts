/** What a PROXY header of version 2 says after its addresses: type, length, value, §2.2 of its specification. */
import type { Certificate, Identity } from '../broker/access.ts';
import { crc32c } from './crc32c.ts';

/** Types that are read here; all others are skipped. */
const CRC32C = 0x03;
const SSL = 0x20;
const SSL_VERSION = 0x21;
const SSL_COMMON_NAME = 0x22;
const SSL_CIPHER = 0x23;

/** Bytes of a type and a length. */
const HEAD_BYTES = 3;
/** Bytes of the value of SSL before the values in it: flags, and what came of the verification. */
const SSL_HEAD_BYTES = 5;
/** The client spoke TLS. */
const CLIENT_SSL = 0x01;
/** It showed a certificate on this connection, or on the one whose TLS session this one resumes. */
const CLIENT_CERT_SESSION = 0x04;

/** What the header says of TLS, or what is wrong with it: a phrase without a final dot. */
export type Extensions =
  | { readonly problem: string }
  | { readonly problem: undefined; readonly identity: Identity | undefined };

/** Reads what stands in `header`, a whole one, from `start` on. */
export function readExtensions(header: Uint8Array, start: number): Extensions {
  const values = readValues(header.subarray(start), [CRC32C, SSL]);
  if (typeof values === 'string') return { problem: values };
  const checksum = values.get(CRC32C);
  if (checksum !== undefined && !isIntact(header, checksum)) return { problem: 'a checksum that is wrong' };
  const ssl = values.get(SSL);
  return ssl === undefined ? { problem: undefined, identity: undefined } : readSsl(ssl);
}

/** The values of the wanted types, as views; or the problem. A type that counts must not come twice. */
function readValues(bytes: Uint8Array, wanted: readonly number[]): Map<number, Uint8Array> | string {
  const values = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const type = bytes[at]!;
    const begin = at + HEAD_BYTES;
    if (begin > bytes.length) return 'a value without a length';
    at = begin + ((bytes[begin - 2]! << 8) | bytes[begin - 1]!);
    if (at > bytes.length) return 'a value that is longer than its frame';
    if (!wanted.includes(type)) continue;
    if (values.has(type)) return 'a value that comes twice';
    values.set(type, bytes.subarray(begin, at));
  }
  return values;
}

/** The checksum is that of the header with zeros in its place. */
function isIntact(header: Uint8Array, checksum: Uint8Array): boolean {
  if (checksum.length !== 4) return false;
  const copy = new Uint8Array(header);
  const at = checksum.byteOffset - header.byteOffset;
  copy.fill(0, at, at + 4);
  return crc32c(copy) === unsigned32(checksum, 0);
}

function unsigned32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

function readSsl(bytes: Uint8Array): Extensions {
  if (bytes.length < SSL_HEAD_BYTES) return { problem: 'a value that is too short' };
  const wanted = [SSL_VERSION, SSL_COMMON_NAME, SSL_CIPHER];
  const values = readValues(bytes.subarray(SSL_HEAD_BYTES), wanted);
  if (typeof values === 'string') return { problem: values };
  const flags = bytes[0]!;
  if ((flags & CLIENT_SSL) === 0) return { problem: undefined, identity: undefined };
  const tls = {
    version: textOf(values.get(SSL_VERSION)) ?? 'unknown',
    cipher: textOf(values.get(SSL_CIPHER)) ?? 'unknown', // HAProxy tells it only if asked to
  };
  const isVerified = (flags & CLIENT_CERT_SESSION) !== 0 && unsigned32(bytes, 1) === 0;
  if (!isVerified) return { problem: undefined, identity: { tls } };
  return { problem: undefined, identity: { tls, certificate: certificateOf(values.get(SSL_COMMON_NAME)) } };
}

function certificateOf(commonName: Uint8Array | undefined): Certificate {
  return { commonName: textOf(commonName), subject: '', raw: undefined };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a value; undefined if there is none, or none that can be a name. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length === 0 || bytes.includes(0)) return undefined;
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}
