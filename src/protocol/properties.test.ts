import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPECIFIED_PROPERTIES } from '../../test/vectors/property-table.ts';
import type { DataType, SpecifiedProperty } from '../../test/vectors/property-table.ts';
import { NO_PROPERTIES, PROPERTIES, PROPERTY_BY_ID, PROPERTY_BY_NAME } from './properties.ts';
import type { PropertyKind } from './properties.ts';

const KIND: Readonly<Record<DataType, PropertyKind>> = {
  Byte: 'byte',
  'Two Byte Integer': 'u16',
  'Four Byte Integer': 'u32',
  'Variable Byte Integer': 'varint',
  'UTF-8 Encoded String': 'string',
  'Binary Data': 'binary',
  'UTF-8 String Pair': 'pair',
};

/** The names of the code are the specification's, in the plural where there may be more than one. */
function nameOf(title: string, once: boolean): string {
  const [first = '', ...rest] = title.split(' ');
  const name = first.toLowerCase() + rest.join('');
  if (once) return name;
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** The values of a property as numbers; of one that is no number, 0. */
function numbersOf({ good }: SpecifiedProperty): readonly number[] {
  return good.map(([, value]) => (typeof value === 'number' ? value : 0));
}

test('the table is Table 2-4 of the specification', () => {
  assert.deepEqual(
    PROPERTIES.map(({ places, ...row }) => Object.assign(row, { places: [...places].toSorted() })),
    SPECIFIED_PROPERTIES.map((property) => ({
      id: property.id,
      name: nameOf(property.title, property.once),
      kind: KIND[property.type],
      min: Math.min(...numbersOf(property)),
      max: Math.max(...numbersOf(property)),
      repeats: !property.once,
      places: property.places.toSorted(),
    })),
  );
});

test('the table has the 27 identifiers, each once and in order', () => {
  const ids = PROPERTIES.map(({ id }) => id);
  assert.equal(ids.length, 27);
  assert.deepEqual(
    ids,
    [...new Set(ids)].toSorted((a, b) => a - b),
  );
  assert.ok(
    ids.every((id) => id > 0 && id < 0x80),
    'an identifier of more than one byte: the encoder writes one',
  );
});

test('a property is found by its identifier and by its name, and nothing else is', () => {
  for (const property of PROPERTIES) {
    assert.equal(PROPERTY_BY_ID[property.id], property);
    assert.equal(PROPERTY_BY_NAME.get(property.name), property);
  }
  assert.equal(PROPERTY_BY_ID.filter((property) => property !== undefined).length, PROPERTIES.length);
  assert.equal(PROPERTY_BY_NAME.size, PROPERTIES.length);
});

test('the value of no properties cannot be given any', () => {
  assert.ok(Object.isFrozen(NO_PROPERTIES));
  assert.deepEqual(Object.keys(NO_PROPERTIES), []);
});
