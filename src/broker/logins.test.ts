import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from './limits.ts';
import { Logins } from './logins.ts';

const NOW = 1_704_067_200_000;
const SETTINGS = { loginBackoffSeconds: 1, loginBackoffMaxSeconds: 60 };

/** Logins with a clock that the test moves. */
class Door {
  readonly logins: Logins = new Logins();
  now: number = NOW;

  fail(network: string | undefined, username?: string, times = 1): void {
    for (let i = 0; i < times; i++) this.logins.failed({ network, username }, SETTINGS, this.now);
  }

  /** Seconds that this login has to wait. */
  wait(network: string | undefined, username?: string): number {
    const held = this.logins.heldBack({ network, username }, this.now);
    return held === undefined ? 0 : (held.failures.until - this.now) / 1000;
  }
}

describe('logins that failed', () => {
  test('make the network and the user wait, twice as long each time, up to a limit', () => {
    const door = new Door();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      door.fail('home', 'alice');
      waits.push(door.wait('home', 'alice'));
      door.now += door.wait('home') * 1000;
      assert.equal(door.wait('home', 'alice'), 0);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('are those of the network whoever is tried, and of the user wherever', () => {
    const door = new Door();
    door.fail('evil', 'alice', 3);
    assert.equal(door.wait('evil', 'bob'), 4);
    assert.equal(door.wait('evil'), 4);
    assert.equal(door.wait('elsewhere', 'alice'), 4);
    assert.equal(door.wait('elsewhere', 'bob'), 0);
    assert.equal(door.logins.heldBack({ network: 'evil', username: 'alice' }, NOW)?.username, undefined);
    assert.equal(door.logins.heldBack({ network: 'elsewhere', username: 'alice' }, NOW)?.username, 'alice');
  });

  test('are forgotten when there were none for as long as the longest wait', () => {
    const door = new Door();
    door.fail('home', 'alice', 3);
    door.now += 4000 + 59_999;
    door.fail('home', 'alice');
    assert.equal(door.wait('home'), 8);
    door.now += 8000 + 60_000;
    door.fail('home', 'alice');
    assert.equal(door.wait('home'), 1);
  });

  test('of a user are forgotten when he logs in; those of the network are not', () => {
    const door = new Door();
    door.fail('evil', 'alice', 3);
    door.now += 4000;
    door.logins.succeeded({ network: 'evil', username: 'alice' });
    door.fail('evil', 'bob');
    assert.equal(door.wait('evil'), 8, 'an account of one’s own is no help to guess another');
    door.fail('third', 'alice');
    assert.equal(door.wait('fourth', 'alice'), 1);
  });

  test('cannot shut a user out where he has logged in before', () => {
    const door = new Door();
    door.logins.succeeded({ network: 'home', username: 'alice' });
    door.fail('evil', 'alice', 20);
    assert.equal(door.wait('home', 'alice'), 0);
    assert.equal(door.wait('cafe', 'alice'), 60);
    door.fail('home', 'alice');
    assert.equal(door.wait('home', 'alice'), 1, 'but there his own failures count');
  });

  test('without an address are those of the user alone', () => {
    const door = new Door();
    door.fail(undefined, 'alice');
    assert.equal(door.wait(undefined, 'alice'), 1);
    assert.equal(door.wait(undefined, 'bob'), 0);
    assert.equal(door.wait(undefined), 0);
  });

  test('are kept of so many, and those that failed most are not the ones to be forgotten', () => {
    const door = new Door();
    door.fail('mallory', 'root', 10);
    for (let i = 0; i < LIMITS.failedLogins * 2; i++) door.fail(`n${i}`, `u${i}`);
    assert.equal(door.logins.size, LIMITS.failedLogins * 2);
    assert.equal(door.wait('mallory'), 60);
    assert.equal(door.wait('elsewhere', 'root'), 60);
  });

  test('places where users have logged in are known of so many', () => {
    const door = new Door();
    door.logins.succeeded({ network: 'home', username: 'alice' });
    door.fail('evil', 'alice');
    for (let i = 1; i < LIMITS.knownLogins; i++)
      door.logins.succeeded({ network: 'home', username: `u${i}` });
    assert.equal(door.wait('home', 'alice'), 0);
    door.logins.succeeded({ network: 'home', username: 'bob' });
    assert.equal(door.wait('home', 'alice'), 1);
  });

  test('a name with blanks is no other name elsewhere', () => {
    const door = new Door();
    door.logins.succeeded({ network: undefined, username: 'home alice' });
    door.fail('evil', 'alice');
    assert.equal(door.wait('home', 'alice'), 1);
  });
});
