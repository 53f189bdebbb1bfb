import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf, problemOf } from './members.ts';
import type { Plugin } from './plugin.ts';

/** One with all members. */
const WHOLE: Required<Plugin> = {
  name: 'whole',
  version: '1',
  authenticate: () => 'ignore',
  exchange: () => undefined,
  mayPublish: () => 'ignore',
  maySubscribe: () => 'ignore',
  mayUnsubscribe: () => 'ignore',
  mayReceive: () => 'ignore',
  pskKey: () => undefined,
  messageIn: () => 'allow',
  messageOut: () => 'allow',
  subscribing: () => 'allow',
  unsubscribing: () => 'allow',
  connected: () => {},
  disconnected: () => {},
  offline: () => {},
  subscribed: () => {},
  unsubscribed: () => {},
  reloaded: () => {},
  tick: () => {},
  control: { '$CONTROL/x/v1': () => {} },
  close: () => {},
};

test('a plugin may have any of the members', () => {
  assert.equal(problemOf({ name: 'bare' }), undefined);
  assert.equal(problemOf({ name: 'bare', tick: undefined }), undefined);
  assert.equal(problemOf(WHOLE), undefined);
});

test('its events have the names of Mosquitto, each once, in its order', () => {
  assert.deepEqual(eventsOf(WHOLE), [
    'reload',
    'acl-check',
    'basic-auth',
    'auth-start',
    'auth-continue',
    'message-in',
    'message-out',
    'psk-key',
    'tick',
    'disconnect',
    'connect',
    'client-offline',
    'subscribe',
    'unsubscribe',
  ]);
  assert.deepEqual(eventsOf({ name: 'n', mayReceive: () => 'allow', subscribed: () => {} }), [
    'acl-check',
    'subscribe',
  ]);
});

test('what is no plugin is told in plain words', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /it is undefined and not a plugin/],
    [null, /it is null/],
    ['text', /it is "text"/],
    [() => {}, /it is a function/],
    [[], /no name/],
    [{}, /no name/],
    [{ name: '' }, /no name/],
    [{ name: 5 }, /no name/],
    [{ name: 'n', version: 1 }, /its version is 1 and not a text/],
    [{ name: 'n', tick: 'often' }, /its tick is "often" and not a function/],
    [{ name: 'n', control: () => {} }, /its control is a function and not an object/],
    [{ name: 'n', control: { '$CONTROL/x': 5 } }, /its control of \$CONTROL\/x is 5/],
    [{ name: 'n', control: { 'CONTROL/x': () => {} } }, /'CONTROL\/x', which is no topic below \$CONTROL\//],
    [{ name: 'n', control: { '$CONTROL/+': () => {} } }, /'\$CONTROL\/\+', which is no topic/],
    [{ name: 'n', mesageIn: () => {} }, /'mesageIn', which is no member .*did you mean 'messageIn'\?/],
    [{ name: 'n', onConnect: () => {} }, /'onConnect', which is no member of a plugin: there is name, /],
  ];
  for (const [value, problem] of cases) assert.match(problemOf(value) ?? '', problem);
});

test('an instance of a class has members of its own', () => {
  class Counter implements Plugin {
    readonly name = 'counter';
    count = 0;
    tick(): void {
      this.count++;
    }
    helper(): number {
      return this.count;
    }
  }
  const counter = new Counter();
  assert.equal(problemOf(counter), undefined);
  assert.deepEqual(eventsOf(counter), ['tick']);
});
