import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import { Housekeeping } from './housekeeping.ts';

test('memory is collected a few times when half of a crowd has left, and not for a few', () => {
  const rig = new Rig({ log: false });
  let collections = 0;
  const housekeeping = new Housekeeping(rig.broker, () => collections++);
  const client = rig.connect('c', { expiry: 100 });
  const second = (): void => {
    rig.advance(1000);
    housekeeping.tick();
  };
  client.subscribe('few');
  client.unsubscribe('few');
  second();
  assert.equal(collections, 0);
  for (let i = 0; i < 12_000; i++) rig.publish(`t/${i}`, 'x', { retain: true });
  second();
  for (let i = 0; i < 5000; i++) rig.publish(`t/${i}`, '', { retain: true });
  second();
  assert.equal(collections, 0, 'more than half is still there');
  for (let i = 5000; i < 12_000; i++) rig.publish(`t/${i}`, '', { retain: true });
  second();
  second();
  assert.equal(collections, 1);
  for (let i = 0; i < 60; i++) second();
  assert.equal(collections, 3);
});

test('the collector of V8 is found', () => {
  const rig = new Rig({ log: false });
  for (let i = 0; i < 12_000; i++) rig.publish(`t/${i}`, 'x', { retain: true });
  const housekeeping = new Housekeeping(rig.broker);
  housekeeping.tick();
  for (let i = 0; i < 12_000; i++) rig.publish(`t/${i}`, '', { retain: true });
  rig.advance(1000);
  assert.doesNotThrow(() => housekeeping.tick());
});
