/** What the rules of an ACL file answer: tables seen at Mosquitto 2.0.11, and a model as simple as its manual. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import type { Principal } from '../broker/access.ts';
import { matches } from '../topic/topic.ts';
import { parseAcl } from './acl-parse.ts';
import type { AclRule } from './acl-parse.ts';
import { DENY, READ, WRITE } from './acl-rights.ts';
import { AclRules } from './acl-rules.ts';

const quiet = (): void => undefined;

function parse(text: string): readonly AclRule[] {
  const read = parseAcl('acl', text);
  assert.ok(read.ok, JSON.stringify(read.problems));
  return read.value;
}

const client = (clientId: string, username?: string): Principal => ({
  clientId,
  ...(username !== undefined && { username }),
});

const TOPICS = [
  'a',
  'a/b',
  'a/b/c',
  'a/',
  '/',
  'c1',
  'bob',
  'bob/c1',
  'c1/bob',
  'dev-bob/x',
  '%u',
  '$x',
  '$x/bob',
];
const ANONYMOUS = client('c1');
const BOB = client('c1', 'bob');

/** Which topics of TOPICS a client may receive; rules that say `read` show that of all kinds. */
const ANSWERS: readonly [name: string, text: string, who: Principal, readable: readonly string[]][] = [
  ['no rules: nothing', '', ANONYMOUS, []],
  ['no rules: nothing for users either', '# topic read #', BOB, []],
  ['rules without a user', 'topic read a/#', ANONYMOUS, ['a', 'a/b', 'a/b/c', 'a/']],
  ['are for no user', 'topic read a/#', BOB, []],
  ['nor for one of the same file', 'topic read a/#\nuser bob\ntopic read c1', BOB, ['c1']],
  ['an empty user name is none', 'topic read a', client('c1', ''), ['a']],
  ['and fills no placeholder', 'pattern read a/%u', client('c1', ''), []],
  ['rules of another user', 'user al\ntopic read #', BOB, []],
  [
    'sections add up',
    'user bob\ntopic read a\nuser al\ntopic read a/b\nuser bob\ntopic read c1',
    BOB,
    ['a', 'c1'],
  ],
  [
    'deny comes first',
    'user bob\ntopic read a/#\ntopic deny a/b/+\ntopic read a/b/c',
    BOB,
    ['a', 'a/b', 'a/'],
  ],
  ['deny forbids both', 'topic read a\ntopic deny a\ntopic write a', ANONYMOUS, []],
  ['write is not read', 'topic write a/#\ntopic read a/b', ANONYMOUS, ['a/b']],
  [
    'own rules before patterns',
    'user bob\ntopic read a/b\npattern deny a/#\npattern read +/+',
    BOB,
    ['a/b', '/', 'bob/c1', 'c1/bob', 'dev-bob/x'],
  ],
  ['own deny before patterns', 'user bob\ntopic deny a\npattern read +', BOB, ['c1', 'bob', '%u']],
  ['deny of patterns first', 'pattern read a/#\npattern deny a/b', BOB, ['a', 'a/b/c', 'a/']],
  [
    '`$` needs `$`',
    'topic read #\ntopic read +/bob',
    ANONYMOUS,
    TOPICS.filter((topic) => !topic.startsWith('$')),
  ],
  ['`$` has it', 'topic read $x/#', ANONYMOUS, ['$x', '$x/bob']],
  ['a placeholder is no `$`', 'pattern read %c/#', client('$x'), []],
  ['behind `$`', 'pattern read $x/%u', BOB, ['$x/bob']],
  ['%c', 'pattern read %c', BOB, ['c1']],
  ['%u', 'pattern read %u', BOB, ['bob']],
  ['%u without a user name', 'pattern read %u\npattern read a', ANONYMOUS, ['a']],
  ['both', 'pattern read %u/%c\npattern read %c/%u', BOB, ['bob/c1', 'c1/bob']],
  ['a placeholder and #', 'pattern read %u/#', BOB, ['bob', 'bob/c1']],
  ['a placeholder and +', 'pattern read +/%u', BOB, ['c1/bob']],
  ['the same level by two patterns', 'pattern read %u\npattern read %c\npattern deny %u', BOB, ['c1']],
  ['within a level it never matches', 'pattern read dev-%u/x\npattern read dev-bob/x/%c%c', BOB, []],
  ['not even itself', 'pattern read %u%u', client('c1', '%u%u'), []],
  ['in a topic line it is text', 'user bob\ntopic read %u', BOB, ['%u']],
  ['in a name it is text', 'pattern read %u', client('c1', '%u'), ['%u']],
];

for (const [name, text, who, readable] of ANSWERS)
  test(`acl: ${name}`, () => {
    const rules = new AclRules(parse(text), quiet);
    assert.deepEqual(
      TOPICS.filter((topic) => rules.allows(who, topic, READ)),
      readable,
    );
    const swapped = new AclRules(parse(text.replaceAll('read', 'readwrite')), quiet);
    for (const topic of readable) assert.ok(swapped.allows(who, topic, WRITE), topic);
  });

/** A wildcard in a name: own rules count, patterns deny. */
const DANGEROUS: readonly [who: Principal, told: string][] = [
  [client('c1', '+'), 'username +'],
  [client('c1', 'a#'), 'username a#'],
  [client('#', 'bob'), 'client id #'],
  [client('c+1'), 'client id c+1'],
  [client('+', '#'), 'username #'],
];

for (const [who, told] of DANGEROUS)
  test(`acl: patterns deny a ${told}, which is told once`, () => {
    const lines: string[] = [];
    const own = who.username === undefined ? '' : `user ${who.username}\n`;
    const rules = new AclRules(
      parse(`${own}topic read a\npattern read +\npattern read %u/%c/#\npattern read %c/#`),
      (field, name) => lines.push(`${field} ${name}`),
    );
    assert.ok(rules.allows(who, 'a', READ));
    assert.deepEqual(lines, []);
    for (const topic of ['b', 'c1', 'bob', 'c', 'x/y']) assert.ok(!rules.allows(who, topic, READ));
    assert.deepEqual(lines, [told]);
    assert.ok(!rules.allows({ ...who }, 'b', READ));
    assert.deepEqual(lines, [told, told], 'each connection is told of');
  });

test('acl: without patterns no name is dangerous', () => {
  const rules = new AclRules(parse('user #\ntopic read a'), () => assert.fail('nobody is'));
  assert.ok(rules.allows(client('+', '#'), 'a', READ));
  assert.ok(!rules.allows(client('+', '#'), 'b', READ));
});

test('acl: filters and topics of 201 levels, and as long as can be', () => {
  const deep = 'a/'.repeat(200);
  const rules = new AclRules(
    parse(
      `topic read ${'+/'.repeat(199)}+/#\npattern write ${'a/'.repeat(200)}%c\ntopic write ${'b'.repeat(65_535)}`,
    ),
    quiet,
  );
  assert.ok(rules.allows(client('q'), `${deep}q`, READ));
  assert.ok(rules.allows(client('q'), `${deep}q`, WRITE));
  assert.ok(!rules.allows(client('p'), `${deep}q`, WRITE));
  assert.ok(!rules.allows(client('q'), 'a/'.repeat(198), READ));
  assert.ok(rules.allows(client('q'), 'b'.repeat(65_535), WRITE));
});

// The model: lists gone through in order, `deny` put in front, as behaviours are written down

function modelAllows(rules: readonly AclRule[], who: Principal, topic: string, wanted: number): boolean {
  const username = who.username === '' ? undefined : who.username;
  const own = rules.filter((rule) => rule.kind === 'topic' && rule.username === username);
  for (const { filter, rights } of deniesFirst(own)) {
    if (!matches(filter, topic)) continue;
    if (rights === DENY) return false;
    if ((rights & wanted) !== 0) return true;
  }
  const patterns = rules.filter(({ kind }) => kind === 'pattern');
  if (patterns.length > 0 && /[+#]/.test((username ?? '') + who.clientId)) return false;
  for (const { filter, rights } of deniesFirst(patterns)) {
    const filled = fill(filter, topic, who.clientId, username);
    if (filled === undefined || !matches(filled, topic)) continue;
    if (rights === DENY) return false;
    if ((rights & wanted) !== 0) return true;
  }
  return false;
}

function deniesFirst(rules: readonly AclRule[]): AclRule[] {
  const list: AclRule[] = [];
  for (const rule of rules) {
    if (rule.rights === DENY) list.unshift(rule);
    else list.push(rule);
  }
  return list;
}

/** The filter of a pattern for one client, level by level; undefined where it cannot match. */
function fill(filter: string, topic: string, clientId: string, username?: string): string | undefined {
  if (topic.startsWith('$') && !filter.startsWith('$')) return undefined;
  const levels: string[] = [];
  for (const level of filter.split('/')) {
    const name = level === '%c' ? clientId : level === '%u' ? username : level;
    if (name === undefined || (name !== level && name.includes('/'))) return undefined;
    if (level !== '%c' && level !== '%u' && /%[cu]/.test(level)) return undefined;
    levels.push(name);
  }
  return levels.join('/');
}

const NAMES = [
  'a',
  'b',
  'bob',
  'c1',
  '',
  '$x',
  '%u',
  '%c',
  'a+',
  '+',
  '#',
  'a/b',
  '/',
  'a/#',
  'b/',
  'dev-b',
] as const;
const LEVELS = ['a', 'b', 'bob', 'c1', '', '%u', '%c', 'dev-b'] as const;
const level = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...LEVELS) },
  fc.string({ unit: fc.constantFrom('a', 'b', '%', 'c', 'u', '$'), maxLength: 3 }),
);
const head = fc.constantFrom<string[]>([], [], [], [], ['$x']);
const levelsOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.tuple(head, fc.array(one, { minLength: 1, maxLength: 4 })).map(([first, rest]) => first.concat(rest));
const topicName = levelsOf(level)
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const topicFilter = fc
  .tuple(
    levelsOf(fc.oneof({ weight: 3, arbitrary: level }, fc.constantFrom('+', '%c', '%u', 'dev-%u'))),
    fc.boolean(),
  )
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');
const rule: fc.Arbitrary<AclRule> = fc.record({
  line: fc.constant(1),
  kind: fc.constantFrom('topic', 'topic', 'pattern'),
  username: fc.option(fc.constantFrom(...NAMES.filter((name) => name !== '')), { nil: undefined }),
  rights: fc.constantFrom(READ, WRITE, READ | WRITE, DENY),
  filter: topicFilter,
});
const patterns = fc.array(
  rule.map((one) => ({ ...one, kind: 'pattern' as const })),
  { maxLength: 6 },
);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '+', '#', '%', 'c', 'u', '$'), maxLength: 4 }),
);
const principal = fc
  .record({ clientId: name, username: fc.option(name, { nil: undefined }) })
  .map(({ clientId, username }) => client(clientId, username));

test('acl: answers are those of the model, in any order of questions', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      fc.array(principal, { minLength: 1, maxLength: 4 }),
      fc.array(topicName, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (all, clients, topics, order) => {
        const rules = new AclRules(all, quiet);
        for (const at of order.take(30)) {
          const who = clients[at % clients.length]!;
          const topic = topics[(at >> 3) % topics.length]!;
          const wanted = at % 2 === 0 ? READ : WRITE;
          assert.equal(
            rules.allows(who, topic, wanted),
            modelAllows(all, who, topic, wanted),
            `${who.clientId} ${who.username} ${topic}`,
          );
        }
      },
    ),
    runs('acl-rules', 2000),
  );
});

/** A name that stands in no topic and no filter of the properties: nobody's. */
const NOBODY = 'nobody';

test('acl: a name with +, # or / is allowed no more than a name that stands nowhere', () => {
  const wild = name.filter((one) => /[+#/]/.test(one));
  fc.assert(
    fc.property(
      patterns,
      wild,
      wild,
      topicName,
      fc.constantFrom(READ, WRITE),
      (all, one, other, topic, wanted) => {
        const rules = new AclRules(all, quiet);
        const nobody = rules.allows(client(NOBODY, NOBODY), topic, wanted);
        for (const who of [client(one, other), client(one, NOBODY), client(NOBODY, other)])
          assert.ok(nobody || !rules.allows(who, topic, wanted), `${who.clientId} ${who.username}`);
      },
    ),
    runs('acl-names', 2000),
  );
});

test('acl: a placeholder stands for one level, whatever the name', () => {
  const any = fc.oneof(name, fc.string({ unit: 'grapheme' }));
  const plain = fc.array(fc.constantFrom<string[]>('a', 'b', '', 'bob'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(any, any, plain, fc.nat(4), (clientId, username, levels, place) => {
      const at = place % levels.length;
      const filter = levels.with(at, '%c').join('/');
      const topic = levels.with(at, clientId).join('/');
      fc.pre(topic !== '');
      const rules = new AclRules([{ kind: 'pattern', line: 1, rights: READ, filter }], quiet);
      const isPlain = !/[+#/]/.test(clientId) && !/[+#]/.test(username) && !topic.startsWith('$');
      assert.equal(rules.allows(client(clientId, username), topic, READ), isPlain, `${filter} ${topic}`);
    }),
    runs('acl-placeholder', 1000),
  );
});
