import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anchors, anchorsOf } from './anchors.ts';
import { loadScripts } from './harness/load.ts';
import { scripts } from './harness/script.ts';
import { notTested } from './not-tested.ts';

await loadScripts();
const named = new Set(scripts.flatMap((script) => anchorsOf(script.title)));

describe('anchors', () => {
  test('are as many as in the appendices of the specifications', () => {
    const names = [...anchors.keys()];
    assert.equal(names.filter((name) => name.startsWith('MQTT-')).length, 251);
    assert.equal(names.filter((name) => name.startsWith('3.1.1:')).length, 141);
  });

  test('in titles exist', () => {
    assert.deepEqual(
      [...named].filter((name) => !anchors.has(name)),
      [],
    );
  });

  test('that concern a server are played, or it is said why not', () => {
    const missing = [...anchors.values()]
      .filter(({ concerns }) => concerns === 'server' || concerns === 'both')
      .filter(({ name }) => !named.has(name) && !(name in notTested));
    assert.deepEqual(
      missing.map(({ name, summary }) => `${name} ${summary}`),
      [],
    );
  });

  test('said not to be played are not, exist and concern a server', () => {
    for (const name of Object.keys(notTested)) {
      assert.ok(anchors.has(name), `${name} is no anchor`);
      assert.ok(anchors.get(name)?.concerns !== 'client', `${name} concerns clients only`);
      assert.ok(!named.has(name), `${name} is played`);
    }
  });

  test('or a behaviour of Mosquitto or of MQTT 3.1 begin every title, and no title comes twice', () => {
    const titles = scripts.map((script) => script.title);
    assert.deepEqual(
      titles.filter((title) => !/^(\[|as Mosquitto: |as MQTT 3\.1: |beyond Mosquitto: )/.test(title)),
      [],
    );
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });
});
