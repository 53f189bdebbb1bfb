/** Lines of an ACL file that are valid, and do something else than they seem to. */
import type { AclRule } from './acl-parse.ts';
import { hasPartialPlaceholder, hasPlaceholder, hasWholePlaceholder } from './acl-pattern.ts';
import { RIGHTS } from './acl-rights.ts';
import type { FileProblem } from './file.ts';

interface AdviceRow {
  readonly when: (rule: AclRule) => boolean;
  readonly text: (filter: string) => string;
  readonly hint: string;
}

const ADVICE: readonly AdviceRow[] = [
  {
    when: ({ kind, filter }) => kind === 'pattern' && !hasPlaceholder(filter),
    text: (filter) => `Warning: ACL pattern '${filter}' does not contain '%c' or '%u'.`,
    hint: 'This line is the same for every client, with or without a user name.',
  },
  {
    when: ({ kind, filter }) => kind === 'pattern' && hasPartialPlaceholder(filter),
    text: (filter) => `Warning: ACL pattern '${filter}' never matches.`,
    hint: '`%c` and `%u` must be a whole level, as in `dev/%u/x`. Mosquitto 2.0 replaced them within a level, 2.1 does not.',
  },
  {
    when: ({ kind, filter }) => kind === 'topic' && hasWholePlaceholder(filter),
    text: (filter) => `Warning: ACL topic '${filter}' contains '%c' or '%u'.`,
    hint: 'They are replaced in `pattern` lines only.',
  },
  {
    when: ({ filter }) => filter.startsWith('$share/'),
    text: (filter) => `Warning: ACL topic '${filter}' never matches.`,
    hint: 'Rules are about the topics of messages: write the topic filter that stands behind `$share/<name>/`.',
  },
  {
    when: ({ filter }) => RIGHTS.has(filter),
    text: (filter) => `Warning: ACL topic '${filter}' is an access word.`,
    hint: 'It is taken for the topic filter: one must stand behind the access word.',
  },
];

/** What should be known of rules that are valid. */
export function adviceOn(path: string, rules: readonly AclRule[]): FileProblem[] {
  if (rules.length === 0) return [emptiness(path)];
  return rules.flatMap((rule) =>
    ADVICE.filter(({ when }) => when(rule)).map(({ text, hint }): FileProblem => ({
      level: 'warning',
      text: text(rule.filter),
      file: path,
      line: rule.line,
      hint,
    })),
  );
}

function emptiness(path: string): FileProblem {
  return {
    level: 'warning',
    text: `Warning: No rules in acl_file "${path}".`,
    file: path,
    hint: 'Nobody may publish or receive anything. `topic readwrite #` is for clients without a user name, `pattern readwrite #` for all.',
  };
}
