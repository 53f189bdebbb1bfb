/** Random ACL files, and Debian's mosquitto as the oracle: who may receive what, and publish what. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startZanzara } from '../cli/program.ts';
import type { Client } from '../conformance/harness/client.ts';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { Guarded } from './guarded.ts';

/** The same files in every run, so that a difference is there again tomorrow; `ZANZARA_SEED` for others. */
const SEED = Number(process.env['ZANZARA_SEED'] ?? 20_112);
const FILES = Math.round(30 * Number(process.env['ZANZARA_RUNS'] ?? 1));

/**
 * Clients by client identifier and user name. None has a `/` or a `$` in its names: mosquitto 2.0 puts names into
 * filters, where these mean something. We do not.
 */
const CLIENTS: readonly (readonly [clientId: string, username?: string])[] = [
  ['c1'],
  ['a'],
  ['c2', 'bob'],
  ['b', 'bob'],
  ['bob', 'al'],
  ['c3', 'a+'],
  ['c#', 'al'],
  ['%c', '%u'],
  ['c4', ''],
  ['c5', 'b b'],
];

const TOPICS =
  'a,b,bob,/,a/,%u,a/b,bob/a,a/bob,c1/x,a/c2/x,al/bob,b b/b,a/b/c/d,$x,$x/a,$x/bob,$x/a/c1'.split(',');

/** Sees all, and may publish all: the broker's other end. */
const OBSERVER = 'user observer\ntopic #\ntopic $x/#\n';

const level = fc.constantFrom('a', 'b', 'bob', 'c1', 'x', '', '+', '+');
const access = fc.constantFrom('', 'read ', 'write ', 'readwrite ', 'deny ');
// Within a level, a placeholder means something to 2.0 and nothing to 2.1
const filterOf = (...levels: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('', '', '', '$x/'),
      fc.array(levels.length === 0 ? level : fc.oneof(level, fc.constantFrom(...levels)), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom('', '', '/#'),
    )
    .map(([head, names, tail]) => `${head}${names.join('/')}${tail}`)
    .map((filter) => (filter === '' ? '#' : filter));
const topicLine = fc.tuple(access, filterOf()).map(([word, filter]) => `topic ${word}${filter}`);
const patternLine = fc
  .tuple(access, filterOf('%c', '%u', '%u'))
  .map(([word, filter]) => `pattern ${word}${filter}`);
const line = fc.oneof(
  { weight: 5, arbitrary: topicLine },
  { weight: 2, arbitrary: patternLine },
  { weight: 1, arbitrary: fc.constantFrom('', '# nothing') },
);
const section = fc
  .tuple(fc.constantFrom('bob', 'al', 'a+', '%u', 'b b', 'nobody'), fc.array(line, { maxLength: 4 }))
  .map(([username, lines]) => [`user ${username}`].concat(lines));
const file = fc
  .tuple(fc.array(line, { maxLength: 4 }), fc.array(section, { maxLength: 4 }))
  .map(([head, sections]) => [...head, ...sections.flat()].join('\n'));

/** Who receives and who publishes what under an ACL file, as lines to compare. */
async function rightsUnder(acl: string, broker: Guarded): Promise<string[]> {
  await broker.change(`${acl}\n${OBSERVER}`);
  const observer = await broker.connect('observer');
  const players: [name: string, client: Client][] = [];
  for (const [clientId, username] of CLIENTS) {
    const client = await broker.connect(username, { clientId });
    await subscribe(client);
    players.push([`${clientId} as ${username}`, client]);
  }
  const rights: string[] = [];
  await publishAll(observer, '');
  for (const [name, client] of players)
    for (const { topic } of await take(client)) rights.push(`${name} receives ${topic}`);
  await subscribe(observer);
  for (const [name, client] of players) await publishAll(client, name);
  for (const { topic, payload } of await take(observer)) rights.push(`${payload} publishes ${topic}`);
  for (const client of [observer, ...players.map(([, one]) => one)]) client.drop();
  return rights;
}

async function subscribe(client: Client): Promise<void> {
  for (const filter of ['#', '$x/#']) await client.subscribe(filter);
}

async function publishAll(client: Client, payload: string): Promise<void> {
  for (const topic of TOPICS) client.send(client.p.publish(topic, payload));
  await take(client);
}

/** Every message that has been sent to a client so far: until the answer to a PINGREQ. */
async function take(client: Client): Promise<{ topic: string; payload: string }[]> {
  const messages = [];
  client.send(client.p.pingreq());
  for (let packet = await client.next(); packet.type !== 'pingresp'; packet = await client.next()) {
    assert.equal(packet.type, 'publish');
    messages.push({ topic: packet.topic, payload: packet.payload });
  }
  return messages;
}

testWithMosquitto(`${FILES} random ACL files mean the same to both brokers`, async () => {
  console.log(`acl-oracle: seed ${SEED}`);
  await using ours = await Guarded.start(startZanzara, OBSERVER);
  await using theirs = await Guarded.start(startMosquitto, OBSERVER, 'set_tcp_nodelay true');
  let rights = 0;
  for (const acl of fc.sample(file, { seed: SEED, numRuns: FILES })) {
    const [expected, actual] = await Promise.all([rightsUnder(acl, theirs), rightsUnder(acl, ours)]);
    assert.deepEqual(actual, expected, `under this file:\n${acl}`);
    rights += expected.length;
  }
  assert.ok(rights > 10 * FILES, 'the files allow something');
});
