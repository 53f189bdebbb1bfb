import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readVersion1 } from './proxy-v1.ts';

/** Whom a line names. */
const GOOD: readonly (readonly [line: string, client: string | undefined])[] = [
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234', '192.0.2.5 6275'],
  ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', '255.255.255.255 65535'],
  ['PROXY TCP4 0.0.0.0 0.0.0.0 0 0', '0.0.0.0 0'],
  ['PROXY TCP6 2001:db8::5 ::1 6275 1234', '2001:db8::5 6275'],
  ['PROXY TCP6 2001:DB8:0:0:0:0:0:5 ::1 6275 1234', '2001:db8::5 6275'],
  [
    'PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535',
  ],
  ['PROXY UNKNOWN', undefined],
  ['PROXY UNKNOWN ', undefined],
  ['PROXY UNKNOWN ::1 ::1 1 2', undefined],
  [`PROXY UNKNOWN ${'x'.repeat(92)}`, undefined],
];

/** Lines that are refused, and why. */
const BAD: readonly (readonly [line: string, problem: string])[] = [
  ['GET / HTTP/1.1\r\n', 'it does not begin as a header'],
  ['P ', 'it does not begin as a header'],
  ['proxy UNKNOWN\r\n', 'it does not begin as a header'],
  ['\x10\x10\x00\x04MQTT', 'it does not begin as a header'],
  ['\x16\x03\x01', 'it does not begin as a header'],
  ['PROXY\r\n', 'it does not begin as a header'],
  ['\r\n\r\n\0\r\nQUIT\n', 'a header of version 2'],
  ['PROXY \r\n', 'a family other than TCP4, TCP6 and UNKNOWN'],
  ['PROXY TCP3 192.0.2.5 127.0.0.1 6275 1234\r\n', 'a family other than TCP4, TCP6 and UNKNOWN'],
  ['PROXY UNKNOWNS\r\n', 'a family other than TCP4, TCP6 and UNKNOWN'],
  ['PROXY  TCP4 192.0.2.5 127.0.0.1 6275 1234\r\n', 'a family other than TCP4, TCP6 and UNKNOWN'],
  ['PROXY TCP4\r\n', 'no TCP4 address'],
  ['PROXY TCP4 192.0.2.256 127.0.0.1 6275 1234\r\n', 'no TCP4 address'],
  ['PROXY TCP4 192.0.2.05 127.0.0.1 6275 1234\r\n', 'no TCP4 address'],
  ['PROXY TCP4 192.0.2.5 localhost 6275 1234\r\n', 'no TCP4 address'],
  ['PROXY TCP4 ::1 ::1 6275 1234\r\n', 'no TCP4 address'],
  ['PROXY TCP4  192.0.2.5 127.0.0.1 6275 1234\r\n', 'no TCP4 address'],
  ['PROXY TCP6 192.0.2.5 127.0.0.1 6275 1234\r\n', 'no TCP6 address'],
  ['PROXY TCP6 fe80::1%eth0 ::1 6275 1234\r\n', 'no TCP6 address'],
  ['PROXY TCP6 [::1] ::1 6275 1234\r\n', 'no TCP6 address'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 65536 1234\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 123456\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 06275 1234\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 -1 1234\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 0x10 1234\r\n', 'no port'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234 \r\n', 'more than two addresses and two ports'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234 x\r\n', 'more than two addresses and two ports'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234\r\r\n', 'a CR without LF'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234\rx', 'a CR without LF'],
  ['PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234\n\r\n', 'no port'],
  [`PROXY UNKNOWN ${'x'.repeat(93)}\r\n`, 'no line of up to 108 bytes'],
  [`PROXY TCP4 ${' '.repeat(100)}`, 'no line of up to 108 bytes'],
];

function clientOf(client: string | undefined): { address: string; port: number } | undefined {
  const [address, port] = client?.split(' ') ?? [];
  return address === undefined ? undefined : { address, port: Number(port) };
}

describe('PROXY headers of version 1', () => {
  for (const [line, client] of GOOD) {
    test(`${line} is read as soon as it is whole`, () => {
      const header = Buffer.from(`${line}\r\n`);
      const expected = {
        state: 'forwarded',
        bytes: header.length,
        client: clientOf(client),
        identity: undefined,
      };
      assert.deepEqual(readVersion1(header), expected);
      assert.deepEqual(readVersion1(Buffer.concat([header, Buffer.from([0x10, 0x0d, 0x0a])])), expected);
      for (let length = 0; length < header.length; length++)
        assert.equal(readVersion1(header.subarray(0, length)).state, 'partial', `${length} bytes`);
    });
  }

  for (const [line, problem] of BAD) {
    test(`${JSON.stringify(line)} is refused: ${problem}`, () => {
      assert.deepEqual(readVersion1(Buffer.from(line, 'latin1')), {
        state: 'corrupt',
        problem,
        client: undefined,
      });
    });
  }

  test('every address of IPv6 is one', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const reading = readVersion1(Buffer.from(`PROXY TCP6 ${address} :: 1 2\r\n`));
        assert.equal(reading.state, 'forwarded');
        assert.equal(reading.client?.port, 1);
      }),
    );
  });

  test('whatever comes: no throw, an answer after 108 bytes at the latest, and more bytes do not change it', () => {
    const almost = fc
      .tuple(
        fc.constantFrom('PROXY TCP4 ', 'PROXY TCP6 ', 'PROXY UNKNOWN ', 'PROXY ', ''),
        fc.string({
          unit: fc.constantFrom('0', '1', '9', 'a', 'f', ':', '.', '%', ' ', '\r', '\n'),
          maxLength: 110,
        }),
      )
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), almost), fc.uint8Array(), (bytes, more) => {
        const reading = readVersion1(bytes);
        if (reading.state === 'partial') assert.ok(bytes.length < 108);
        else if (reading.state === 'corrupt') {
          // what is wrong with it may be told better when more of it is there
          assert.equal(readVersion1(Buffer.concat([bytes, more])).state, 'corrupt');
        } else assert.deepEqual(readVersion1(Buffer.concat([bytes, more])), reading);
      }),
    );
  });
});
