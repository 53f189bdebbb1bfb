/**
 * TLS alerts of our own choice. Node lets every certificate pass and leaves it to its user to close the connection, so
 * that a client never learns what is wrong with its certificate. OpenSSL would send it an alert. So do we: the one
 * record that the connection ends with is made here.
 */
import { createCipheriv, createHmac } from 'node:crypto';

/** Alert descriptions that certificates lead to [RFC 8446, 6.2]. */
export const Alert = {
  badCertificate: 42,
  unsupportedCertificate: 43,
  certificateRevoked: 44,
  certificateExpired: 45,
  certificateUnknown: 46,
  unknownCa: 48,
  decryptError: 51,
} as const;

export type AlertDescription = (typeof Alert)[keyof typeof Alert];

/** The state of a connection whose handshake has just ended on our side, before we have sent anything after it. */
export interface HandshakeEnd {
  /** As Node calls it: `TLSv1.3`. */
  readonly version: string;
  /** As OpenSSL calls it. */
  readonly cipher: string;
  readonly isResumed: boolean;
  /** What our records are protected with in TLS 1.3: `SERVER_TRAFFIC_SECRET_0` of the key log. */
  readonly trafficSecret: Uint8Array | undefined;
}

interface Aead {
  readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: number;
  readonly hash: 'sha256' | 'sha384';
}

/** The suites of TLS 1.3 that OpenSSL offers unless it is told otherwise. */
const SUITES: Readonly<Record<string, Aead>> = {
  TLS_AES_128_GCM_SHA256: { name: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  TLS_AES_256_GCM_SHA384: { name: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
  TLS_CHACHA20_POLY1305_SHA256: { name: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256' },
};

const ContentType = { alert: 21, applicationData: 23 } as const;
const FATAL = 2;
const TAG_BYTES = 16;

/** `ProtocolVersion` of a record [RFC 5246, 6.2.1]. */
const RECORD_VERSIONS: Readonly<Record<string, readonly [number, number]>> = {
  'TLSv1.1': [3, 2],
  'TLSv1.2': [3, 3],
};

/**
 * The record of a fatal alert, for a connection on which nothing may be sent after it. Undefined where there is none:
 * after it was resumed, a connection of TLS 1.2 has keys that Node does not tell.
 */
export function alertRecord(description: AlertDescription, end: HandshakeEnd): Uint8Array | undefined {
  const { version, cipher, isResumed, trafficSecret } = end;
  const alert = [FATAL, description];
  if (version === 'TLSv1.3') {
    const aead = SUITES[cipher];
    return aead && trafficSecret && firstRecord(Uint8Array.from(alert), aead, trafficSecret);
  }
  // Up to TLS 1.2 the keys count only after our ChangeCipherSpec, which has not left yet [RFC 5246, 7.3]
  const recordVersion = RECORD_VERSIONS[version];
  if (isResumed || recordVersion === undefined) return undefined;
  return Uint8Array.from([ContentType.alert, ...recordVersion, 0, alert.length, ...alert]);
}

/** The first record under a traffic secret: its number is 0, so the nonce is the IV itself [RFC 8446, 5.2, 5.3]. */
function firstRecord(alert: Uint8Array, { name, keyBytes, hash }: Aead, secret: Uint8Array): Uint8Array {
  const key = expandLabel(hash, secret, 'key', keyBytes);
  const iv = expandLabel(hash, secret, 'iv', 12);
  const plain = Uint8Array.from([...alert, ContentType.alert]);
  const header = Uint8Array.from([ContentType.applicationData, 3, 3, 0, plain.length + TAG_BYTES]);
  // All three modes take these options; the types know them by the name of each
  const cipher = createCipheriv(name as 'aes-128-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** HKDF-Expand-Label without context [RFC 8446, 7.1]. One block of HMAC is as much as is ever asked for here. */
function expandLabel(hash: Aead['hash'], secret: Uint8Array, label: string, bytes: number): Buffer {
  const full = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = [Buffer.from([0, bytes, full.length]), full, Buffer.from([0, 1])];
  return createHmac(hash, secret).update(Buffer.concat(info)).digest().subarray(0, bytes);
}
