import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Credentials, Principal } from '../broker/access.ts';
import { DEFAULT_LISTENER } from '../broker/limits.ts';
import type { Listener } from '../broker/limits.ts';
import { utf8Bytes } from '../protocol/bytes.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { Rig } from '../../test/broker/rig.ts';
import type { Answer, Backend, LoginAnswer } from './backend.ts';
import { AccessChain } from './chain.ts';

const ANSWERS: readonly Answer[] = ['allow', 'deny', 'defer', 'ignore'];
const MESSAGE = { payload: utf8Bytes('x'), qos: 0, retain: false, properties: NO_PROPERTIES } as const;
const ACCEPTED: LoginAnswer = { outcome: 'accepted' };
const REFUSED: LoginAnswer = { outcome: 'refused', reasonCode: Reason.banned };

function listenerThat(allowAnonymous: boolean): Listener {
  return { ...new Rig({ log: false }).listener, settings: { ...DEFAULT_LISTENER, allowAnonymous } };
}

function credentials(allowAnonymous: boolean, username?: string): Credentials {
  const listener = listenerThat(allowAnonymous);
  const peer = { address: '10.0.0.1', port: 1 };
  return {
    clientId: 'c',
    version: 5,
    peer,
    identity: undefined,
    listener,
    ...(username !== undefined && { username }),
  };
}

/** A backend that answers the same to every question, at once or later. */
function says(answer: Answer, later = false): Backend {
  const give = (): Answer | Promise<Answer> => (later ? Promise.resolve(answer) : answer);
  return {
    name: answer,
    mayPublish: give,
    maySubscribe: give,
    mayUnsubscribe: give,
    mayReceive: () => answer,
  };
}

function admits(answer: LoginAnswer, later = false): Backend {
  return { name: 'login', authenticate: () => (later ? Promise.resolve(answer) : answer) };
}

/** What becomes of a client. */
const outcome = async (
  backends: readonly Backend[],
  anonymous: boolean,
  username?: string,
): Promise<string> =>
  (await new AccessChain(backends).authenticate(credentials(anonymous, username))).outcome;

/** Who a client is that was let in. */
const principalOf = (chain: AccessChain, who: Credentials): Principal => {
  const verdict = chain.authenticate(who);
  assert.ok(!(verdict instanceof Promise) && verdict.outcome === 'accepted');
  return verdict.principal;
};

/** Knows the key of one identity. */
const key = (byte: number): Backend => ({
  name: 'keys',
  pskKey: (identity) => (identity === `id${byte}` ? Uint8Array.of(byte) : undefined),
});
/** Straight from the words of the interface: the first that decides; all deferred is a no; nobody is a yes. */
function expected(answers: readonly Answer[]): boolean {
  const decided = answers.find((answer) => answer === 'allow' || answer === 'deny');
  return decided === undefined ? !answers.includes('defer') : decided === 'allow';
}

describe('rights', () => {
  test('the first backend that decides, at once or later; all deferred is a no, nobody a yes', async () => {
    const principal: Principal = { clientId: 'c' };
    for (const first of ANSWERS) {
      for (const second of ANSWERS) {
        for (const third of ANSWERS) {
          const answers = [first, second, third];
          for (let later = 0; later < 8; later++) {
            const chain = new AccessChain(answers.map((one, at) => says(one, (later & (1 << at)) !== 0)));
            const name = `${answers.join(' ')} ${later}`;
            assert.equal(await chain.mayPublish(principal, 't', MESSAGE), expected(answers), name);
            assert.equal(await chain.maySubscribe(principal, 't', 0), expected(answers), name);
            assert.equal(await chain.mayUnsubscribe(principal, 't'), expected(answers), name);
            assert.equal(chain.mayReceive(principal, 't', MESSAGE), expected(answers), name);
          }
        }
      }
    }
  });

  test('without any backend everything is allowed', () => {
    const chain = new AccessChain([]);
    assert.equal(chain.mayPublish({ clientId: 'c' }, 't', MESSAGE), true);
    assert.equal(chain.mayReceive({ clientId: 'c' }, 't', MESSAGE), true);
  });
});

describe('logins', () => {
  test('the first backend that decides', async () => {
    for (const later of [false, true]) {
      assert.equal(await outcome([admits('ignore', later), admits(ACCEPTED, later)], false, 'u'), 'accepted');
      assert.equal(await outcome([admits('defer', later), admits(REFUSED, later)], true, 'u'), 'refused');
      assert.equal(await outcome([admits(REFUSED, later), admits(ACCEPTED, later)], true, 'u'), 'refused');
    }
  });

  test('where nobody answers, allow_anonymous lets in clients with and without a user name', async () => {
    for (const username of [undefined, 'u']) {
      assert.equal(await outcome([admits('ignore')], true, username), 'accepted');
      assert.equal(await outcome([], false, username), 'refused');
    }
  });

  test('where all deferred, it lets in only those without one', async () => {
    assert.equal(await outcome([admits('defer')], true), 'accepted');
    assert.equal(await outcome([admits('defer')], true, 'u'), 'refused');
  });

  test('a backend may give other names', async () => {
    const chain = new AccessChain([admits({ outcome: 'accepted', username: 'ada', clientId: 'd' }, true)]);
    const verdict = await chain.authenticate(credentials(false, 'token'));
    assert.partialDeepStrictEqual(verdict, { principal: { clientId: 'd', username: 'ada' } });
  });
});

describe('after the rules have changed', () => {
  test('one that allow_anonymous let in stays while it does, and nobody asks for passwords', () => {
    for (const username of [undefined, 'u']) {
      const who = credentials(true, username);
      const principal = principalOf(new AccessChain([]), who);
      assert.equal(new AccessChain([]).mayStay(principal), true);
      assert.equal(new AccessChain([admits(ACCEPTED)]).mayStay(principal), username === undefined);
      who.listener.settings = { ...DEFAULT_LISTENER, allowAnonymous: false };
      assert.equal(new AccessChain([]).mayStay(principal), false);
    }
  });

  test('one backend that would refuse is enough', () => {
    const principal: Principal = { clientId: 'c', username: 'u' };
    const chain = new AccessChain([
      { name: 'a', mayStay: () => true },
      { name: 'b', mayStay: () => false },
    ]);
    assert.equal(chain.mayStay(principal), false);
  });

  test('one with a grant needs the backend that gave it', () => {
    const principal: Principal = { clientId: 'c', username: 'u', grant: { by: 'jwt' } };
    assert.equal(new AccessChain([{ name: 'jwt', mayStay: () => true }]).mayStay(principal), true);
    assert.equal(new AccessChain([{ name: 'jwt', mayStay: () => false }]).mayStay(principal), false);
    assert.equal(new AccessChain([{ name: 'other', mayStay: () => true }]).mayStay(principal), false);
  });
});

test('the key of an identity is that of the first backend that knows it', () => {
  const chain = new AccessChain([key(1), key(2)]);
  assert.deepEqual(chain.pskKey('id2'), Uint8Array.of(2));
  assert.equal(chain.pskKey('id3'), undefined);
});
