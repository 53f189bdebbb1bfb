/** What is written is read again; whatever stands in a file, the reader ends, with a state or with a refusal. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../../src/broker/change.ts';
import { encodeMosquittoDb } from '../../src/store/mosquitto-db-writer.ts';
import { readMosquittoDb } from '../../src/store/mosquitto-db.ts';
import type { MosquittoDb } from '../../src/store/mosquitto-db.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { runs } from '../runs.ts';
import { bytesOf } from '../vectors/mosquitto-db/bytes.ts';
import { FILES } from '../vectors/mosquitto-db/files.ts';
import { meaning, NOW, state } from './mosquitto-db-arbitrary.ts';
import { plain } from './plain.ts';

function written(changes: Iterable<Change>): Uint8Array {
  return Buffer.concat(encodeMosquittoDb(changes, { stopping: true, now: NOW }));
}

describe('mosquitto.db, written and read', () => {
  test('every state comes back as it was', () => {
    fc.assert(
      fc.property(state, (changes) => {
        const db = readMosquittoDb(written(changes), NOW);
        assert.deepEqual(db.warnings, []);
        assert.deepEqual(meaning(plain(db.changes)), meaning(plain(changes)));
      }),
      runs('states of a mosquitto.db', 150),
    );
  });

  test('a file that was read is written with the same meaning', () => {
    for (const { name, bytes } of FILES.filter((file) => file.name.startsWith('version'))) {
      const first = plain(readMosquittoDb(bytesOf(...bytes), NOW).changes);
      assert.deepEqual(meaning(plain(readMosquittoDb(written(first), NOW).changes)), meaning(first), name);
    }
    for (const { bytes } of FILES) readsOrRefuses(bytesOf(...bytes));
  });

  test('damage is refused or read, and never more than that', () => {
    const files = FILES.map(({ bytes }) => bytesOf(...bytes)).filter(({ length }) => length > 30);
    const damage = fc.record({
      at: fc.nat(),
      how: fc.oneof(
        fc.record({ kind: fc.constant('set' as const), byte: fc.nat(255) }),
        fc.record({ kind: fc.constant('cut' as const) }),
        fc.record({ kind: fc.constant('insert' as const), bytes: fc.uint8Array({ maxLength: 9 }) }),
        fc.record({ kind: fc.constant('remove' as const), count: fc.nat(9) }),
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        (file, damages) => {
          let bytes = Uint8Array.from(file);
          for (const { at, how } of damages) {
            const place = at % (bytes.length + 1);
            const [before, behind] = [bytes.subarray(0, place), bytes.subarray(place)];
            if (how.kind === 'set') bytes[place] = how.byte;
            else if (how.kind === 'cut') bytes = before;
            else if (how.kind === 'insert') bytes = Uint8Array.from([...before, ...how.bytes, ...behind]);
            else bytes = Uint8Array.from([...before, ...behind.subarray(how.count)]);
          }
          readsOrRefuses(bytes);
        },
      ),
      runs('damage to a mosquitto.db', 1500),
    );
  });

  test('anything behind a header is refused or read', () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 5, 6), fc.uint8Array({ maxLength: 200 }), (version, rest) =>
        readsOrRefuses(Buffer.concat([bytesOf(`00b500 "mosquitto db" 00000000 0000000${version}`), rest])),
      ),
      runs('anything as a mosquitto.db', 500),
    );
  });
});

/** What is read can be written, and is read again; then nothing changes any more. */
function readsOrRefuses(bytes: Uint8Array): void {
  let first: MosquittoDb;
  try {
    first = readMosquittoDb(bytes, NOW);
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    return;
  }
  assert.ok(first.warnings.length <= 21);
  const second = readMosquittoDb(written(first.changes), NOW);
  assert.deepEqual([second.counts, second.warnings], [first.counts, []]);
  const again = written(second.changes);
  assert.deepEqual(written(readMosquittoDb(again, NOW).changes), again);
}
