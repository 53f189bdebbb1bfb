import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestPorts } from '../../test/access/ports.ts';
import { ec, ed25519, jwk } from '../../test/access/tokens.ts';
import { SILENCE, Web } from '../../test/access/web.ts';
import type { Reply } from '../../test/access/web.ts';
import { LIMITS } from '../broker/limits.ts';
import { RemoteKeys } from './remote-keys.ts';

const OLD = ec('P-256', 'ES256');
const NEW = ec('P-256', 'ES256');
const oldKey = jwk(OLD, { kid: 'old' });
const newKey = jwk(NEW, { kid: 'new' });
const set =
  (...keys: readonly object[]): (() => Reply) =>
  () => ({ json: { keys } });

/** A server with keys, and who fetches them every five minutes. */
class Stage implements AsyncDisposable {
  readonly ports: TestPorts = new TestPorts();
  readonly web: Web;
  readonly keys: RemoteKeys;

  private constructor(web: Web) {
    this.web = web;
    this.keys = new RemoteKeys({ url: web.url('/jwks'), headers: {}, timeoutMs: 300 }, 300, this.ports);
  }

  static async set(reply: () => Reply): Promise<Stage> {
    return new Stage(await Web.start(reply));
  }

  /** The names of the keys for a token. */
  async names(kid?: string): Promise<readonly (string | undefined)[] | undefined> {
    return (await this.keys.candidates('ES256', kid))?.map((key) => key.kid);
  }

  /** Waits until the names of the keys for a token are these. */
  async becomes(kid: string, expected: readonly string[]): Promise<void> {
    for (let tries = 0; tries < 1000; tries++) {
      if ((await this.names(kid))?.join() === expected.join()) return;
      await sleep(5);
    }
    assert.fail(`the keys do not become ${expected.join()}`);
  }

  /** Waits until a fetch has come to its end: the next one is planned. */
  async settled(fetches: number): Promise<void> {
    for (let tries = 0; tries < 1000; tries++) {
      if (this.web.asked.length === fetches && this.ports.alarms === 1) return;
      await sleep(5);
    }
    assert.fail(`there were ${this.web.asked.length} fetches`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.keys.close();
    await this.web.stop();
  }
}

describe('keys from a server', () => {
  test('are there for the first token, and fetched once for many', async () => {
    await using stage = await Stage.set(set(oldKey, newKey, jwk(ed25519())));
    const all = await Promise.all(Array.from({ length: 50 }, () => stage.names('old')));
    assert.deepEqual(new Set(all.map((names) => names?.join())), new Set(['old']));
    assert.deepEqual(await stage.names(), ['old', 'new']);
    assert.equal(stage.web.asked.length, 1);
    assert.equal(stage.web.asked[0]?.method, 'GET');
    assert.deepEqual(stage.ports.said('keySetFetched'), [
      `Keys for tokens fetched from http://127.0.0.1:${stage.web.port}/jwks: 3.`,
    ]);
  });

  test('are fetched again and again: one that has left is not used any more', async () => {
    await using stage = await Stage.set(set(oldKey));
    assert.deepEqual(await stage.names('old'), ['old']);
    stage.web.reply = set(newKey);
    stage.ports.advance(300_000);
    await stage.becomes('old', []);
    assert.deepEqual(await stage.names('new'), ['new']);
    assert.equal(stage.ports.said('keySetFetched').length, 1, 'it is told once');
  });

  test('are fetched at once for a new name, but not for each that is invented', async () => {
    await using stage = await Stage.set(set(oldKey));
    assert.deepEqual(await stage.names('old'), ['old']);
    stage.web.reply = set(oldKey, newKey);
    assert.deepEqual(await stage.names('new'), [], 'the last fetch was a moment ago');
    stage.ports.advance(30_000);
    const storm = await Promise.all(Array.from({ length: 200 }, (_, at) => stage.names(`invented ${at}`)));
    assert.ok(storm.every((names) => names?.length === 0));
    assert.equal(stage.web.asked.length, 2, 'one fetch for all of them');
    assert.deepEqual(await stage.names('new'), ['new']);
    for (let at = 0; at < 50; at++) await stage.names(`invented ${at}`);
    assert.equal(stage.web.asked.length, 2);
  });

  test('stay in use while the server fails, and it is told once', async () => {
    await using stage = await Stage.set(set(oldKey));
    assert.deepEqual(await stage.names('old'), ['old']);
    const failures: readonly Reply[] = [
      { status: 500, json: { keys: [newKey] } },
      { text: 'what?' },
      { json: { keys: [] } },
      { json: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
      { text: ' '.repeat(LIMITS.webAnswerBytes + 1) },
      SILENCE,
    ];
    for (const [at, failure] of failures.entries()) {
      stage.web.reply = () => failure;
      stage.ports.advance(at === 0 ? 300_000 : 30_000);
      await stage.settled(at + 2);
      assert.deepEqual(await stage.names('old'), ['old']);
    }
    assert.equal(await stage.names('new'), undefined, 'it may be there, but cannot be fetched');
    assert.equal(stage.web.asked.length, 1 + failures.length);
    assert.deepEqual(stage.ports.said('keySetFailed'), [
      `Warning: The keys at http://127.0.0.1:${stage.web.port}/jwks cannot be fetched: HTTP status 500. Those known so far stay in use.`,
    ]);
    stage.web.reply = set(newKey);
    stage.ports.advance(30_000);
    await stage.becomes('new', ['new']);
    assert.equal(stage.ports.said('keySetFetched').length, 2);
  });

  test('that never came are waited for, and tried again later', async () => {
    await using stage = await Stage.set(() => SILENCE);
    const all = await Promise.all(Array.from({ length: 20 }, () => stage.names('old')));
    assert.ok(all.every((names) => names === undefined));
    assert.equal(stage.web.asked.length, 1);
    stage.web.reply = set(oldKey);
    assert.equal(await stage.names('old'), undefined);
    stage.ports.advance(30_000);
    assert.deepEqual(await stage.names('old'), ['old']);
  });

  test('are fetched no more when the last user has gone', async () => {
    await using stage = await Stage.set(set(oldKey));
    assert.deepEqual(await stage.names('old'), ['old']);
    const shared = stage.keys.share();
    stage.keys.close();
    assert.equal(stage.ports.alarms, 1);
    shared.close();
    assert.equal(stage.ports.alarms, 0);
    shared.share(); // for the end of the block
  });

  test('are given up in the middle without a word', async () => {
    await using stage = await Stage.set(() => SILENCE);
    stage.keys.close();
    assert.equal(await stage.names('old'), undefined);
    assert.deepEqual(stage.ports.lines, []);
    assert.equal(stage.ports.alarms, 0);
    stage.keys.share();
  });
});
