import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

/** RFC 3720 appendix B.4, and the usual check of the polynomial. */
const SUMS: readonly (readonly [name: string, bytes: Uint8Array, sum: number])[] = [
  ['nothing', new Uint8Array(), 0],
  ['123456789', Buffer.from('123456789'), 0xe306_9283],
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['32 that rise', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd_794e],
  ['32 that fall', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113f_db5c],
];

for (const [name, bytes, sum] of SUMS) {
  test(`the checksum of ${name}`, () => assert.equal(crc32c(bytes), sum));
}
