import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { IPV4, ssl, version2 } from '../../test/vectors/proxy.ts';
import type { Ssl } from '../../test/vectors/proxy.ts';
import { crc32c } from './crc32c.ts';
import { readVersion2 } from './proxy-v2.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const SIGNATURE = '0d0a0d0a 000d0a51 5549540a';
const IPV6 = hex('20010db8 00000000 00000000 00000005 00000000 00000000 00000000 00000001 1883 075b');

function unix(path: string): Buffer {
  const addresses = Buffer.alloc(216);
  addresses.write(path, 'latin1');
  return addresses;
}

/** Headers, and the client they name. */
const CLIENTS: readonly (readonly [name: string, header: Buffer, client: string | undefined])[] = [
  ['TCP4', hex(`${SIGNATURE} 21 11 000c c0000205 7f000001 1883 075b`), '192.0.2.5 6275'],
  ['TCP6', version2({ family: 0x21, addresses: IPV6 }), '2001:db8::5 6275'],
  ['a Unix socket', version2({ family: 0x31, addresses: unix('/run/client.sock') }), '/run/client.sock 0'],
  [
    'a Unix socket of 108 bytes',
    version2({ family: 0x31, addresses: unix('x'.repeat(108)) }),
    `${'x'.repeat(108)} 0`,
  ],
  ['a Unix socket without a name', version2({ family: 0x31, addresses: unix('') }), undefined],
  ['an abstract Unix socket', version2({ family: 0x31, addresses: unix('\0name') }), undefined],
  ['an unknown family', version2({ family: 0x00, addresses: Buffer.alloc(0) }), undefined],
  [
    'values that nobody knows, one of them twice',
    version2({
      tlvs: [
        { type: 0x01, value: Buffer.from('mqtt') },
        { type: 0x04, value: Buffer.alloc(0) },
        { type: 0x04, value: Buffer.alloc(3) },
        { type: 0xea, value: Buffer.alloc(100) },
      ],
    }),
    '192.0.2.5 6275',
  ],
  [
    '500 bytes',
    version2({ tlvs: [{ type: 0xee, value: Buffer.alloc(500 - 16 - 12 - 3) }] }),
    '192.0.2.5 6275',
  ],
];

function withChecksum(checksum: (sum: number) => number): Buffer {
  const zeros = { type: 0x03, value: Buffer.alloc(4) };
  const header = version2({ tlvs: [ssl({ flags: 1, version: 'TLSv1.3' }), zeros] });
  header.writeUInt32BE(checksum(crc32c(header)), header.length - 4);
  return header;
}

const CLIENT = { address: '192.0.2.5', port: 6275 };

/** Headers that are refused, why, and whether it is known by then whom they bring. */
const BAD: readonly (readonly [problem: string, header: Buffer, client?: typeof CLIENT])[] = [
  ['it does not begin as a header', hex('10 10 00 04 4d515454')],
  ['it does not begin as a header', hex('0d 0a 0d 0b')],
  ['it does not begin as a header', hex('16 03 01')],
  ['a header of version 1', Buffer.from('PROXY TCP4')],
  ['version 1', hex(`${SIGNATURE} 11 11 0000`)],
  ['version 3', hex(`${SIGNATURE} 31 11 0000`)],
  ['a command other than LOCAL and PROXY', version2({ command: 0x22 })],
  ['more than 500 bytes', hex(`${SIGNATURE} 21 11 01e5`)],
  ['more than 500 bytes', hex(`${SIGNATURE} 20 00 ffff`)],
  ['a family other than TCP4, TCP6 and Unix stream', version2({ family: 0x12 })],
  ['a family other than TCP4, TCP6 and Unix stream', version2({ family: 0x10 })],
  ['a family other than TCP4, TCP6 and Unix stream', version2({ family: 0x41 })],
  ['a family other than TCP4, TCP6 and Unix stream', version2({ family: 0x32, addresses: unix('/x') })],
  ['addresses that are cut short', version2({ addresses: IPV4.subarray(0, 11) })],
  ['addresses that are cut short', version2({ family: 0x21 })],
  ['addresses that are cut short', version2({ family: 0x31, addresses: Buffer.alloc(215) })],
  ['a value without a length', version2({ addresses: Buffer.concat([IPV4, hex('04')]) }), CLIENT],
  ['a value without a length', version2({ addresses: Buffer.concat([IPV4, hex('04 00')]) }), CLIENT],
  [
    'a value that is longer than its frame',
    version2({ addresses: Buffer.concat([IPV4, hex('04 0001')]) }),
    CLIENT,
  ],
  [
    'a value that is longer than its frame',
    version2({ addresses: Buffer.concat([IPV4, hex('20 ffff 01')]) }),
    CLIENT,
  ],
  ['a value that is too short', version2({ tlvs: [{ type: 0x20, value: hex('01 000000') }] }), CLIENT],
  [
    'a value that is longer than its frame',
    version2({ tlvs: [{ type: 0x20, value: hex('01 00000000 220005 61') }] }),
    CLIENT,
  ],
  ['a value without a length', version2({ tlvs: [{ type: 0x20, value: hex('01 00000000 22') }] }), CLIENT],
  ['a value that comes twice', version2({ tlvs: [ssl({ flags: 0 }), ssl({ flags: 5 })] }), CLIENT],
  [
    'a value that comes twice',
    version2({ tlvs: [{ type: 0x20, value: hex('05 00000000 220001 61 220001 62') }] }),
    CLIENT,
  ],
  ['a checksum that is wrong', version2({ tlvs: [{ type: 0x03, value: hex('00000000') }] }), CLIENT],
  ['a checksum that is wrong', version2({ tlvs: [{ type: 0x03, value: hex('000000') }] }), CLIENT],
  ['a checksum that is wrong', withChecksum((sum) => (sum ^ 1) >>> 0), CLIENT],
];

/** What is said of TLS, and what that proves. */
const PROOFS: readonly (readonly [name: string, said: Ssl, identity: unknown])[] = [
  ['no TLS', { flags: 0, version: 'TLSv1.3', commonName: 'eve' }, undefined],
  ['no TLS, and yet a certificate', { flags: 6, commonName: 'eve' }, undefined],
  [
    'TLS',
    { flags: 1, version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    { tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } },
  ],
  ['TLS that is not described', { flags: 1 }, { tls: { version: 'unknown', cipher: 'unknown' } }],
  [
    'a name without a certificate',
    { flags: 1, version: 'TLSv1.2', commonName: 'eve' },
    { tls: { version: 'TLSv1.2', cipher: 'unknown' } },
  ],
  [
    'a certificate of this connection only',
    { flags: 3, version: 'TLSv1.2', commonName: 'eve' },
    { tls: { version: 'TLSv1.2', cipher: 'unknown' } },
  ],
  [
    'a certificate that is not valid',
    { flags: 7, verify: 10, version: 'TLSv1.2', commonName: 'eve' },
    { tls: { version: 'TLSv1.2', cipher: 'unknown' } },
  ],
  [
    'a certificate that is not valid in the last byte only',
    { flags: 7, verify: 0x8000_0000, version: 'TLSv1.2', commonName: 'eve' },
    { tls: { version: 'TLSv1.2', cipher: 'unknown' } },
  ],
  [
    'a certificate',
    { flags: 7, version: 'TLSv1.3', commonName: 'sensor', cipher: 'X' },
    {
      tls: { version: 'TLSv1.3', cipher: 'X' },
      certificate: { commonName: 'sensor', subject: '', raw: undefined },
    },
  ],
  [
    'a certificate of the TLS session',
    { flags: 5, version: 'TLSv1.3', commonName: 'Ünïcode 🦟' },
    {
      tls: { version: 'TLSv1.3', cipher: 'unknown' },
      certificate: { commonName: 'Ünïcode 🦟', subject: '', raw: undefined },
    },
  ],
  ...['', 'a\0b', undefined].map(
    (commonName) =>
      [
        `a certificate whose name is ${JSON.stringify(commonName)}`,
        { flags: 7, version: 'TLSv1.3', ...(commonName !== undefined && { commonName }) },
        {
          tls: { version: 'TLSv1.3', cipher: 'unknown' },
          certificate: { commonName: undefined, subject: '', raw: undefined },
        },
      ] as const,
  ),
];

describe('PROXY headers of version 2', () => {
  for (const [name, header, client] of CLIENTS) {
    test(`${name} is read as soon as it is whole`, () => {
      const [address, port] = client?.split(' ') ?? [];
      const expected = {
        state: 'forwarded',
        bytes: header.length,
        client: address === undefined ? undefined : { address, port: Number(port) },
        identity: undefined,
      };
      assert.deepEqual(readVersion2(header), expected);
      assert.deepEqual(readVersion2(Buffer.concat([header, hex('10 0c')])), expected);
      for (let length = 0; length < header.length; length++)
        assert.equal(readVersion2(header.subarray(0, length)).state, 'partial', `${length} bytes`);
    });
  }

  for (const [problem, header, client] of BAD) {
    test(`${header.subarray(12).toString('hex') || header.toString('hex')} is refused: ${problem}`, () => {
      assert.deepEqual(readVersion2(header), { state: 'corrupt', problem, client });
    });
  }

  test('LOCAL is a question of the proxy, whatever else is said', () => {
    for (const header of [version2({ command: 0x20 }), version2({ command: 0x20, family: 0xff })])
      assert.deepEqual(readVersion2(header), { state: 'local' });
  });

  for (const [name, said, identity] of PROOFS) {
    test(`${name} proves what it may`, () => {
      const reading = readVersion2(version2({ tlvs: [ssl(said)] }));
      assert.equal(reading.state, 'forwarded');
      assert.deepEqual(reading.identity, identity);
    });
  }

  test('a name that is not UTF-8 is none', () => {
    const value = hex('07 00000000 220002 c328');
    const reading = readVersion2(version2({ tlvs: [{ type: 0x20, value }] }));
    assert.equal(reading.state, 'forwarded');
    assert.equal(reading.identity?.certificate?.commonName, undefined);
  });

  test('a checksum that is right lets a header pass', () => {
    assert.equal(readVersion2(withChecksum((sum) => sum)).state, 'forwarded');
  });

  test('whatever comes: no throw, an answer after 500 bytes at the latest, and more bytes do not change it', () => {
    const byte = fc.constantFrom(0, 1, 2, 3, 4, 5, 0x20, 0x21, 0x22, 0x23, 0x61, 0xff);
    const almost = fc.record({
      command: fc.constantFrom(0x20, 0x21, 0x21, 0x21, 0x22),
      family: fc.constantFrom(0x00, 0x11, 0x11, 0x21, 0x31, 0x12),
      addresses: fc.array(byte, { maxLength: 400 }).map((bytes) => Uint8Array.from(bytes)),
      tlvs: fc.array(
        fc.record({
          type: fc.constantFrom(0x03, 0x04, 0x20),
          value: fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)),
        }),
        { maxLength: 4 },
      ),
    });
    const cut = fc.tuple(almost, fc.nat(520)).map(([header, length]) => version2(header).subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 30 }), cut), fc.uint8Array(), (bytes, more) => {
        const reading = readVersion2(bytes);
        if (reading.state === 'partial') assert.ok(bytes.length < 500);
        else assert.deepEqual(readVersion2(Buffer.concat([bytes, more])), reading);
      }),
    );
  });
});
