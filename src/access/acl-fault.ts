/** What can be wrong with a line of an ACL file, and what the operator reads of it. */
import type { FileProblem } from './file.ts';

/** What can be wrong with a line. */
export type Fault = 'keyword' | 'nul' | 'missingUser' | 'missingFilter' | 'access' | 'filter';

interface FaultRow {
  /** Mosquitto's line. */
  readonly text: (path: string, subject: string) => string;
  readonly hint: (subject: string) => string;
}

const LINES =
  'A line is `user NAME`, `topic [ACCESS] FILTER` or `pattern [ACCESS] FILTER`, with ACCESS one of read, write, ' +
  'readwrite and deny.';

const invalidLine = (path: string, keyword: string): string =>
  `Error: Invalid line in acl_file "${path}": ${keyword}.`;

const FAULTS: Readonly<Record<Fault, FaultRow>> = {
  keyword: { text: invalidLine, hint: (keyword) => `${mistakeIn(keyword)}${LINES}` },
  nul: { text: invalidLine, hint: () => 'The line holds a NUL character.' },
  missingUser: {
    text: (path) => `Error: Missing username in acl_file "${path}".`,
    hint: () =>
      'A user name must stand behind `user`. Rules for clients without one stand above the first `user`.',
  },
  missingFilter: {
    text: (path) => `Error: Empty topic in acl_file "${path}".`,
    hint: (keyword) => `A topic filter must stand behind \`${keyword}\`.`,
  },
  access: {
    text: (path, access) => `Error: Invalid topic access type "${access}" in acl_file "${path}".`,
    hint: () =>
      'It must be read, write, readwrite or deny. A topic filter with a blank in it needs one of these before it.',
  },
  filter: {
    text: (path, filter) => `Error: Invalid ACL topic "${filter}" in acl_file "${path}".`,
    hint: () =>
      'In a topic filter `+` and `#` stand alone on their level and `#` on the last one; it has up to 200 separators ' +
      'and 65535 bytes.',
  },
};

/** The first letters of what is often mistaken for a keyword, and what is wrong with it. */
function mistakeIn(keyword: string): string {
  if (keyword.startsWith('#')) return 'A comment must start in the first column. ';
  if (keyword.includes('\t')) return 'Only spaces separate words, a TAB does not. ';
  if (/^(?:user|topic|pattern)$/i.test(keyword)) return 'Keywords are written in small letters. ';
  return '';
}

/** An error: Mosquitto's line, and what is allowed. */
export function explainFault(
  fault: Fault,
  path: string,
  subject: string,
): Pick<FileProblem, 'level' | 'text' | 'hint'> {
  const { text, hint } = FAULTS[fault];
  return { level: 'error', text: text(path, subject), hint: hint(subject) };
}
