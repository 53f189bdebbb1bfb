/** Headers of the PROXY protocol as parts, for tests that need many. */

/** One type, length and value of version 2. */
export interface Tlv {
  readonly type: number;
  readonly value: Uint8Array;
}

/** A header of version 2 as one would say it. */
export interface Version2 {
  /** 0x21 is version 2, PROXY; 0x20 is LOCAL. */
  readonly command?: number;
  /** 0x11 is TCP over IPv4. */
  readonly family?: number;
  readonly addresses?: Uint8Array;
  readonly tlvs?: readonly Tlv[];
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** 192.0.2.5:6275 on the way to 127.0.0.1:1883. */
export const IPV4: Uint8Array = Buffer.from('c00002057f0000011883075b', 'hex');

/** The bytes of a header; without any part, that of the client 192.0.2.5:6275. */
export function version2({
  command = 0x21,
  family = 0x11,
  addresses = IPV4,
  tlvs = [],
}: Version2 = {}): Buffer {
  const body = Buffer.concat([addresses, ...tlvs.map(tlv)]);
  return Buffer.concat([
    SIGNATURE,
    Buffer.from([command, family, body.length >> 8, body.length & 0xff]),
    body,
  ]);
}

function tlv({ type, value }: Tlv): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

/** What a header says of TLS. */
export interface Ssl {
  /** 1 is TLS, 2 a certificate on this connection, 4 one in this TLS session. */
  readonly flags: number;
  /** 0 is a certificate that was found valid. */
  readonly verify?: number;
  readonly version?: string;
  readonly commonName?: string;
  readonly cipher?: string;
}

/** The value that says it. */
export function ssl({ flags, verify = 0, version, commonName, cipher }: Ssl): Tlv {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(verify, 1);
  const texts = [
    { type: 0x21, text: version },
    { type: 0x22, text: commonName },
    { type: 0x23, text: cipher },
  ];
  const values = texts.flatMap(({ type, text }) =>
    text === undefined ? [] : [tlv({ type, value: Buffer.from(text) })],
  );
  return { type: 0x20, value: Buffer.concat([head, ...values]) };
}
