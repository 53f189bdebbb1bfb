/** The text of an ACL file to rules, as Mosquitto reads it. */
import { utf8Length } from '../protocol/bytes.ts';
import { isTopicFilter, LONGEST_TOPIC } from '../topic/topic.ts';
import { explainFault } from './acl-fault.ts';
import type { Fault } from './acl-fault.ts';
import { DEFAULT_RIGHTS, RIGHTS } from './acl-rights.ts';
import type { Read } from './file.ts';

/** What a line grants or forbids, and to whom. */
export type AclRule = Grant & { readonly line: number } & (
    | {
        readonly kind: 'topic';
        /** The user of the section; undefined above the first `user`: clients without a user name. */
        readonly username: string | undefined;
      }
    | { readonly kind: 'pattern' }
  );

interface Grant {
  /** Bits of `acl-rights.ts`. */
  readonly rights: number;
  readonly filter: string;
}

type Statement =
  | (Grant & { readonly kind: 'topic' | 'pattern' })
  | { readonly kind: 'user'; readonly username: string }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly subject: string };

/** The rules of a file in their order, or the first thing that is wrong with it. `path` is for the messages. */
export function parseAcl(path: string, text: string): Read<readonly AclRule[]> {
  const rules: AclRule[] = [];
  let username: string | undefined;
  for (const [at, whole] of text.split('\n').entries()) {
    const statement = readLine(whole);
    const line = at + 1;
    switch (statement?.kind) {
      case undefined:
        break;
      case 'user':
        ({ username } = statement);
        break;
      case 'topic':
        rules.push({ ...statement, kind: 'topic', username, line });
        break;
      case 'pattern':
        rules.push({ ...statement, kind: 'pattern', line });
        break;
      case 'fault': {
        const { fault, subject } = statement;
        return { ok: false, problems: [{ ...explainFault(fault, path, subject), file: path, line }] };
      }
    }
  }
  return { ok: true, value: rules, problems: [] };
}

/** Undefined for what says nothing: a blank line, a comment. */
function readLine(whole: string): Statement | undefined {
  if (whole.startsWith('#')) return undefined;
  const line = withoutTrailingBlanks(whole);
  if (line === '') return undefined;
  // Only the space separates, and any number of them; blanks within the rest belong to it
  const [, keyword = '', rest = ''] = /^ *([^ ]+) *(.*)$/s.exec(line) ?? [];
  // as Mosquitto does not: a NUL ends its line early
  if (line.includes('\0')) return { kind: 'fault', fault: 'nul', subject: keyword };
  switch (keyword) {
    case 'user':
      return rest === ''
        ? { kind: 'fault', fault: 'missingUser', subject: '' }
        : { kind: 'user', username: rest };
    case 'topic':
    case 'pattern':
      return readGrant(keyword, rest);
    default:
      return { kind: 'fault', fault: 'keyword', subject: keyword };
  }
}

/** `[read|write|readwrite|deny] FILTER`: of a single word Mosquitto makes the filter, even of `read`. */
function readGrant(kind: 'topic' | 'pattern', rest: string): Statement {
  const [, access, behind] = /^([^ ]+) +(.+)$/s.exec(rest) ?? [];
  const rights = access === undefined ? DEFAULT_RIGHTS : RIGHTS.get(access);
  const filter = behind ?? rest;
  if (filter === '') return { kind: 'fault', fault: 'missingFilter', subject: kind };
  if (rights === undefined) return { kind: 'fault', fault: 'access', subject: access ?? '' };
  if (!isTopicFilter(filter) || utf8Length(filter) > LONGEST_TOPIC)
    return { kind: 'fault', fault: 'filter', subject: filter };
  return { kind, rights, filter };
}

/** Without what C calls blanks at the end. `trimEnd` would take more, such as U+00A0; an expression, quadratic time. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(0, end);
}

/** Space, and TAB to CR. */
function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
