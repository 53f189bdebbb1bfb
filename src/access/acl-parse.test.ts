/** The lines of an ACL file: what they mean, what is wrong with them, what should be known of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { adviceOn } from './acl-advice.ts';
import { parseAcl } from './acl-parse.ts';
import type { AclRule } from './acl-parse.ts';
import { DENY, READ, RIGHTS, WRITE } from './acl-rights.ts';

const PATH = '/etc/acl';

function rulesOf(text: string): readonly AclRule[] {
  const read = parseAcl(PATH, text);
  assert.ok(read.ok, JSON.stringify(read.problems));
  return read.value;
}

/** `bits filter`, with the user or `pattern` before it; `-` is a client without user name. */
const short = (rule: AclRule): string =>
  `${rule.kind === 'pattern' ? 'pattern' : (rule.username ?? '-')}: ${rule.rights} ${rule.filter}`;

const BOTH = READ | WRITE;

/** What Mosquitto 2.0.11 was seen to make of a file, in short form. */
const MEANINGS: readonly [name: string, text: string, rules: readonly string[]][] = [
  ['nothing', '', []],
  ['blank lines and comments', '\n  \n\t\r\n#topic a\n#', []],
  ['without an access word: both', 'topic a/b', [`-: ${BOTH} a/b`]],
  ['read', 'topic read a', [`-: ${READ} a`]],
  ['write', 'topic write a', [`-: ${WRITE} a`]],
  ['readwrite', 'topic readwrite a', [`-: ${BOTH} a`]],
  ['deny', 'topic deny a', [`-: ${DENY} a`]],
  ['patterns are nobody’s', 'user bob\npattern read a/%u', [`pattern: ${READ} a/%u`]],
  [
    'sections',
    'topic a\nuser bob\ntopic b\nuser al\ntopic c\nuser bob\ntopic d',
    [`-: ${BOTH} a`, `bob: ${BOTH} b`, `al: ${BOTH} c`, `bob: ${BOTH} d`],
  ],
  ['blanks in a user name', 'user  b  c \ntopic a', [`b  c: ${BOTH} a`]],
  ['a user name like an access word', 'user read\ntopic a', [`read: ${BOTH} a`]],
  ['blanks in a filter', 'topic read a  b/c ', [`-: ${READ} a  b/c`]],
  ['more blanks between words', '  topic   read    a', [`-: ${READ} a`]],
  ['a single word is the filter', 'topic read', [`-: ${BOTH} read`]],
  ['CR before LF', 'user bob\r\ntopic read a\r\n', [`bob: ${READ} a`]],
  ['no LF at the end', 'topic a\ntopic b', [`-: ${BOTH} a`, `-: ${BOTH} b`]],
  ['a TAB is a letter within a filter', 'topic read a\tb\t', [`-: ${READ} a\tb`]],
  ['other blanks of Unicode are letters', 'user bob\u00a0\ntopic a', [`bob\u00a0: ${BOTH} a`]],
  [
    'line separators of Unicode are letters',
    'user b\u2028c\ntopic read a\u2028b',
    [`b\u2028c: ${READ} a\u2028b`],
  ],
  ['# within a line', 'topic read a/#', [`-: ${READ} a/#`]],
];

for (const [name, text, rules] of MEANINGS)
  test(`acl_file: ${name}`, () => assert.deepEqual(rulesOf(text).map(short), rules));

test('a rule knows its line', () => {
  const lines = rulesOf('# head\n\ntopic a\n\npattern b/%c\nuser x\ntopic c').map(({ line }) => line);
  assert.deepEqual(lines, [3, 5, 7]);
});

const KEYWORDS = /`user NAME`, `topic \[ACCESS\] FILTER` or `pattern \[ACCESS\] FILTER`/;
const invalid = (word: string): string => `Error: Invalid line in acl_file "${PATH}": ${word}.`;
const badTopic = (filter: string): string => `Error: Invalid ACL topic "${filter}" in acl_file "${PATH}".`;

/** Texts are those of Mosquitto 2.0.11. */
const FAULTS: readonly [line: string, text: string, hint: RegExp][] = [
  ['foo bar baz', invalid('foo'), KEYWORDS],
  ['Topic a', invalid('Topic'), /small letters/],
  ['  # comment', invalid('#'), /first column/],
  ['topic\tread a', invalid('topic\tread'), /TAB/],
  ['\ufefftopic a', invalid('\ufefftopic'), KEYWORDS],
  ['constructor a', invalid('constructor'), KEYWORDS],
  ['topic deny a\0/#', invalid('topic'), /NUL/],
  ['user', `Error: Missing username in acl_file "${PATH}".`, /behind `user`/],
  ['user  ', `Error: Missing username in acl_file "${PATH}".`, /behind `user`/],
  ['topic', `Error: Empty topic in acl_file "${PATH}".`, /behind `topic`/],
  ['pattern  ', `Error: Empty topic in acl_file "${PATH}".`, /behind `pattern`/],
  ['topic foo bar', `Error: Invalid topic access type "foo" in acl_file "${PATH}".`, /read, write/],
  ['topic READ a', `Error: Invalid topic access type "READ" in acl_file "${PATH}".`, /read, write/],
  ['topic constructor a', `Error: Invalid topic access type "constructor" in acl_file "${PATH}".`, /read/],
  ['topic read a/#/b', badTopic('a/#/b'), /`\+` and `#`/],
  ['pattern a+/%c', badTopic('a+/%c'), /`\+` and `#`/],
  [`topic ${'/'.repeat(201)}`, badTopic('/'.repeat(201)), /200 separators/],
  [`topic ${'ü'.repeat(32_768)}`, badTopic('ü'.repeat(32_768)), /65535 bytes/],
];

for (const [line, text, hint] of FAULTS)
  test(`acl_file: ${JSON.stringify(line.slice(0, 40))} is an error`, () => {
    const read = parseAcl(PATH, `topic a\n\n${line}\nfoo\n`);
    assert.ok(!read.ok);
    const [problem, ...others] = read.problems;
    assert.deepEqual(others, []);
    const { hint: found, ...rest } = problem!;
    assert.deepEqual(rest, { level: 'error', text, file: PATH, line: 3 });
    assert.match(found!, hint);
  });

test('the deepest and the longest filter are valid', () => {
  for (const filter of ['/'.repeat(200), 'a'.repeat(65_535)]) rulesOf(`topic read ${filter}`);
});

/** Lines that do something else than they seem to. */
const ADVICE: readonly [line: string, text: string | undefined][] = [
  ['topic read a/#', undefined],
  ['pattern read a/%c/+/%u/#', undefined],
  ['pattern read pub/#', `Warning: ACL pattern 'pub/#' does not contain '%c' or '%u'.`],
  ['pattern deny dev-%u/x', `Warning: ACL pattern 'dev-%u/x' never matches.`],
  ['pattern read %c/%u%u', `Warning: ACL pattern '%c/%u%u' never matches.`],
  ['topic read home/%u', `Warning: ACL topic 'home/%u' contains '%c' or '%u'.`],
  ['topic read 100%up', undefined],
  ['topic $share/g/a', `Warning: ACL topic '$share/g/a' never matches.`],
  ['topic deny', `Warning: ACL topic 'deny' is an access word.`],
];

for (const [line, text] of ADVICE)
  test(`acl_file: ${line} ${text === undefined ? 'needs no word' : 'is told of'}`, () => {
    const problems = adviceOn(PATH, rulesOf(`# head\n${line}`));
    assert.ok(problems.every(({ hint = '' }) => hint.length > 10));
    assert.deepEqual(
      problems.map(({ level, text: told, file, line: at }) => [level, told, file, at]),
      text === undefined ? [] : [['warning', text, PATH, 2]],
    );
  });

test('a file without rules is told of: nobody may do anything', () => {
  for (const text of ['', '# all\n', 'user bob\n']) {
    const [problem, ...others] = adviceOn(PATH, rulesOf(text));
    assert.deepEqual(others, []);
    assert.equal(problem?.level, 'warning');
    assert.equal(problem?.text, `Warning: No rules in acl_file "${PATH}".`);
  }
});

test('any text is read or refused, and what is read can be written again', () => {
  const word = fc.constantFrom(
    'user',
    'topic',
    'pattern',
    'read',
    'deny',
    'a/+',
    '%c',
    '#',
    '\t',
    '\0',
    ' ',
    '\r',
  );
  const words = fc.array(fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 6 });
  const text = fc
    .array(
      words.map((all) => all.join(' ')),
      { maxLength: 6 },
    )
    .map((lines) => lines.join('\n'));
  const names = new Map([...RIGHTS].map(([name, bits]) => [bits, name]));
  const write = (rule: AclRule): string => {
    const line = `${rule.kind} ${names.get(rule.rights)} ${rule.filter}`;
    return isOfUser(rule) ? `user ${rule.username}\n${line}` : line;
  };
  fc.assert(
    fc.property(text, (content) => {
      const read = parseAcl(PATH, content);
      assert.equal(read.problems.length, read.ok ? 0 : 1);
      if (!read.ok) return;
      // Rules of no user cannot follow those of one
      const rules = read.value.toSorted((a, b) => Number(isOfUser(a)) - Number(isOfUser(b)));
      assert.deepEqual(rulesOf(rules.map(write).join('\n')).map(short), rules.map(short));
    }),
    runs('acl-parse', 500),
  );
});

function isOfUser(rule: AclRule): rule is AclRule & { readonly username: string } {
  return rule.kind === 'topic' && rule.username !== undefined;
}
