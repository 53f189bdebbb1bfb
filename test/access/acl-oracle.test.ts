/** Random ACL files, and Debian's mosquitto as the oracle: who may receive what, and publish what. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { connectTo, Scratch, startZanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import type { Client } from '../conformance/harness/client.ts';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';

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

/** What each client received, and what the observer received of each. */
interface Seen {
  readonly received: Readonly<Record<string, readonly string[]>>;
  readonly published: Readonly<Record<string, readonly string[]>>;
}

/** A broker that reads one ACL file after the other. */
class Subject implements AsyncDisposable {
  readonly #broker: Running;
  readonly #scratch: Scratch;

  private constructor(broker: Running, scratch: Scratch) {
    this.#broker = broker;
    this.#scratch = scratch;
  }

  static async start(startBroker: (config: string) => Promise<Running>): Promise<Subject> {
    const scratch = new Scratch();
    const acl = scratch.file('acl', OBSERVER);
    return new Subject(await startBroker(`acl_file ${acl}\nlog_type information`), scratch);
  }

  async seenUnder(acl: string): Promise<Seen> {
    const { program, port } = this.#broker;
    this.#scratch.file('acl', `${acl}\n${OBSERVER}`);
    program.stderr = '';
    program.signal('SIGHUP');
    await program.until('Reloading config.');
    const observer = await connectTo(port, { clientId: 'observer', username: 'observer' });
    const players = new Map<string, Client>();
    for (const [clientId, username] of CLIENTS) {
      const client = await connectTo(port, { clientId, ...(username !== undefined && { username }) });
      await subscribe(client);
      players.set(`${clientId}:${username ?? ''}`, client);
    }
    publishAll(observer, 'observer');
    await take(observer);
    const received = new Map<string, string[]>();
    for (const [name, client] of players)
      received.set(
        name,
        (await take(client)).map(({ topic }) => topic),
      );
    await subscribe(observer);
    for (const [name, client] of players) {
      publishAll(client, name);
      await take(client);
    }
    const published = Object.groupBy(await take(observer), ({ payload }) => payload);
    for (const client of [observer, ...players.values()])
      await client.disconnect().catch(() => client.drop());
    return {
      received: Object.fromEntries(received),
      published: Object.fromEntries(
        Object.entries(published).map(([name, messages = []]) => [name, messages.map(({ topic }) => topic)]),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }
}

async function subscribe(client: Client): Promise<void> {
  for (const filter of ['#', '$x/#']) await client.subscribe(filter);
}

function publishAll(client: Client, payload: string): void {
  for (const topic of TOPICS) client.send(client.p.publish(topic, payload));
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
  await using ours = await Subject.start(startZanzara);
  await using theirs = await Subject.start(startMosquitto);
  let allowed = 0;
  for (const acl of fc.sample(file, { seed: SEED, numRuns: FILES })) {
    const [expected, actual] = await Promise.all([theirs.seenUnder(acl), ours.seenUnder(acl)]);
    assert.deepEqual(actual, expected, `under this file:\n${acl}`);
    allowed += Object.values({ ...expected.received, ...expected.published }).flat().length;
  }
  assert.ok(allowed > 10 * FILES, 'the files allow something');
});
