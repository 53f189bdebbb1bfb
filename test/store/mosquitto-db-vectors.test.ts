/** Files of Mosquitto, versions 2 to 6, read: the vectors. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMosquittoDb } from '../../src/store/mosquitto-db.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { bytesOf } from '../vectors/mosquitto-db/bytes.ts';
import { FILES, NOW, REFUSED } from '../vectors/mosquitto-db/files.ts';
import { plain } from './plain.ts';

describe('mosquitto.db', () => {
  for (const { name, bytes, changes, warnings = [] } of FILES) {
    test(`reads ${name}`, () => {
      const db = readMosquittoDb(bytesOf(...bytes), NOW);
      assert.deepEqual(plain(db.changes), plain(changes));
      assert.deepEqual(db.warnings, warnings);
      const count = (kind: string): number => changes.filter((change) => change.kind === kind).length;
      assert.deepEqual(db.counts, {
        messages: count('message kept'),
        retained: count('retained'),
        clients: count('session'),
        subscriptions: count('subscribed'),
        clientMessages: count('delivery'),
      });
    });
  }

  for (const { bytes, message } of REFUSED) {
    test(`refuses: ${message}`, () => {
      assert.throws(
        () => readMosquittoDb(bytesOf(...bytes), NOW),
        (error) => {
          assert.ok(error instanceof StoreError);
          assert.equal(error.message, message);
          assert.match(error.hint, /Nothing was (?:read|changed)/);
          return true;
        },
      );
    });
  }

  test('what is whole of a file that was cut off can be read, as the advice says', () => {
    const whole = bytesOf(...FILES.find(({ name }) => name === 'version 6')!.bytes);
    const { counts } = readMosquittoDb(whole, NOW);
    for (let size = 24; size < whole.length; size++) {
      const at = wholeBytes(whole.subarray(0, size));
      const rest = readMosquittoDb(whole.subarray(0, at), NOW);
      assert.ok(at <= size && rest.counts.clientMessages <= counts.clientMessages);
      assert.deepEqual([rest.warnings, rest.counts.retained], [[], 0]);
    }
  });

  test('more warnings than twenty are counted', () => {
    const unknown = Array.from({ length: 50 }, () => '00000007 00000000');
    const { warnings } = readMosquittoDb(bytesOf('00b500 "mosquitto db" 0000000000000006', ...unknown), NOW);
    assert.equal(warnings.length, 21);
    assert.equal(warnings.at(-1), 'Warning: 30 more warnings of the persistence file are not shown.');
  });
});

/** How much of a file can be read. */
function wholeBytes(bytes: Uint8Array): number {
  try {
    readMosquittoDb(bytes, NOW);
    return bytes.length;
  } catch (error) {
    assert.ok(error instanceof StoreError);
    return Number(/head -c (\d+) /.exec(error.hint)?.[1]);
  }
}
