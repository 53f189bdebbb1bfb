/** Writes a manual page in the macros of man(7), so that neither groff nor mandoc finds fault with it. */
import { VERSION } from '../../server/version.ts';
import type { Chapter, Entry, Example, Page, Part } from './page.ts';

/** The day of the version. */
const DATE = '2026-11-23';

const CHAPTERS: Readonly<Record<Chapter, string>> = {
  1: 'User Commands',
  5: 'File Formats',
  8: 'System Administration',
};

/** Columns of a line of text; mandoc wants 80 at the most. */
const WIDTH = 78;

/** The text of the file. */
export function roff(page: Page): string {
  const { name, chapter, alias, summary, calls, parts, seeAlso } = page;
  const names = alias === undefined ? name : `${name}, ${alias}`;
  return [
    '.\\" Made by src/cli/manual/pages.ts',
    `.TH ${name.toUpperCase()} ${chapter} ${DATE} "Zanzara ${VERSION}" "${CHAPTERS[chapter]}"`,
    '.nh', // words are not cut: a name with a hyphen would be another one
    '.ad l',
    '.SH NAME',
    ...lines(`${names} - ${summary}`),
    ...(calls.length === 0 ? [] : ['.SH SYNOPSIS', ...calls.flatMap(call)]),
    ...parts.flatMap(part),
    ...(seeAlso.length === 0 ? [] : ['.SH "SEE ALSO"', ...seeAlso.map(reference)]),
    '',
  ].join('\n');
}

function call([command, rest]: Page['calls'][number], at: number): string[] {
  return [...(at === 0 ? [] : ['.br']), `.B ${escape(command)}`, ...lines(rest)];
}

/** A paragraph needs its macro unless a heading stands above it. */
function part({ title, paragraphs = [], entries = [], examples = [] }: Part): string[] {
  const texts = paragraphs.flatMap((text, at) => [...(at === 0 ? [] : ['.PP']), ...lines(text)]);
  const isFirst = paragraphs.length === 0;
  return [
    `.SH ${quoted(title)}`,
    ...texts,
    ...entries.flatMap(entry),
    ...examples.flatMap((shown, at) => example(shown, isFirst && at === 0)),
  ];
}

function entry({ term, value, text, facts }: Entry): string[] {
  const head = value === undefined ? `.B ${quoted(term)}` : `.BI ${quoted(term)} ${quoted(` ${value}`)}`;
  return ['.TP', head, ...lines(text), ...(facts === undefined ? [] : ['.br', ...lines(facts)])];
}

function example({ text, lines: code }: Example, isFirst: boolean): string[] {
  return [
    ...(isFirst ? [] : ['.PP']),
    ...lines(text),
    '.PP',
    '.RS 4',
    '.nf',
    ...code.map(escape),
    '.fi',
    '.RE',
  ];
}

function reference(page: string, at: number, { length }: readonly string[]): string {
  const [, name, chapter] = /^(.*)(\(\d\))$/.exec(page)!;
  return `.BR ${escape(name!)} ${chapter}${at === length - 1 ? '' : ' ,'}`;
}

/** Text to be filled: each sentence begins a line, as the space after one is for the formatter to choose. */
function lines(text: string): string[] {
  return text.split(/(?<=[.?!][`*]*) (?=[`*]*[A-Z])/).flatMap(wrapped);
}

function wrapped(words: string): string[] {
  const filled: string[] = [];
  let line = '';
  for (const word of bold(words).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > WIDTH && line !== '') {
      filled.push(line);
      line = word;
    } else line = longer;
  }
  return [...filled, line].map(guarded);
}

/** The marks of emphasis as those of roff. */
function bold(text: string): string {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((piece, at) =>
      at % 2 === 0 ? escaped(piece) : `\\fB${escaped(piece.replaceAll(/^(?:`|\*\*)|(?:`|\*\*)$/g, ''))}\\fR`,
    )
    .join('');
}

/** An argument of a macro. */
function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}

/** A whole line as it is. */
function escape(text: string): string {
  return guarded(escaped(text));
}

/** A line that begins with a dot would be a request. */
function guarded(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-', // a plain one may be printed as a hyphen
  "'": '\\(aq', // may begin a request, or be printed as a quotation mark
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

function escaped(text: string): string {
  return text.replaceAll(/[\\\-'`^~]|[^ -~]/gu, (sign) => ESCAPES[sign] ?? named(sign));
}

/** A letter beyond ASCII by its number, of four digits at least. */
function named(sign: string): string {
  return `\\[u${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
}
