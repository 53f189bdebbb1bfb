/** Properties in a column of text, as Mosquitto's plugin writes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { propertiesFromJson, propertiesToJson } from './sqlite-properties.ts';

const SAMPLE =
  '[{"identifier":"user-property","name":"k","value":"v"},{"identifier":"correlation-data","value":"6162"}]';

test("the plugin's own text is read and written", () => {
  const properties: Properties = {
    userProperties: [['k', 'v']],
    correlationData: new TextEncoder().encode('ab'),
  };
  assert.equal(propertiesToJson(properties, 'message'), SAMPLE);
  assert.deepEqual(propertiesFromJson(SAMPLE, 'message'), properties);
});

test('what has a column of its own, or is for one hop only, is not in the text', () => {
  const properties = { messageExpiryInterval: 5, topicAlias: 1, willDelayInterval: 9 };
  assert.equal(propertiesToJson(properties, 'message'), undefined);
  assert.equal(propertiesToJson(properties, 'will'), '[{"identifier":"message-expiry-interval","value":5}]');
});

for (const json of [
  null,
  7,
  '',
  '{',
  '7',
  'null',
  '{"identifier":"content-type"}',
  '[7, null, {}, {"identifier":[]}]',
]) {
  test(`${JSON.stringify(json)} is no properties`, () => {
    assert.equal(propertiesFromJson(json, 'message'), NO_PROPERTIES);
  });
}
