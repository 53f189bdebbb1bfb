/** `-F FORMAT`: what is printed of a message. A format is read once and becomes a list of pieces. */
import { strftime } from '../../base/strftime.ts';
import { DIRECTIVES, jsonPath } from './format-directives.ts';
import type { Field, Piece } from './format-directives.ts';
import { microseconds } from './time.ts';
import type { ToolDraft } from './tool-option.ts';

/** A format, or what is wrong with it. */
export type ReadFormat = { readonly pieces: readonly Piece[] } | { readonly problem: string };

/** `%[-][0][width][.precision][separator]X` */
const FIELD = /%(-?)(0?)(\d*)(?:(\.)(\d*))?([ !"#$&'()*+,\-./:;<=>?@[\\\]^_`{|}~]?)(.?)/suy;
const TIME = /@(.?)/suy;
const ESCAPE = /\\(.?)/suy;
const LITERAL = /[^%@\\]+/y;
/** `%j.name`, `%j.list[0]`, `%j.["any name"]`: a member of a payload that is JSON. */
const PATH = /\.(?:[A-Za-z_]\w*|\["[^"]*"\]|\[\d+\])(?:\.[A-Za-z_]\w*|\["[^"]*"\]|\[\d+\])*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  '0': '\0',
  a: '\u0007',
  e: '\u001B',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `-F`, checked when it is given; a text is what is wrong with it. */
export function takeFormat(draft: ToolDraft, format: string): string | undefined {
  const read = readFormat(format, draft.pretty);
  draft.format = format;
  return 'problem' in read ? read.problem : undefined;
}

export function readFormat(format: string, isPretty: boolean): ReadFormat {
  const pieces: Piece[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(format);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at < format.length) {
    const literal = take(LITERAL);
    const piece =
      literal === null
        ? (fieldOf(take(FIELD), take, isPretty) ?? timeOf(take(TIME)) ?? escapeOf(take(ESCAPE)))
        : textPiece(literal[0]);
    if (typeof piece !== 'function') return { problem: piece ?? INCOMPLETE };
    pieces.push(piece);
  }
  return { pieces };
}

const INCOMPLETE = 'Error: Incomplete format specifier.';
/** No field is wider: it would be a slip of the keyboard, and cost memory. Bytes. */
const WIDEST = 1_000_000;

function fieldOf(
  found: RegExpExecArray | null,
  take: (pattern: RegExp) => RegExpExecArray | null,
  isPretty: boolean,
): Piece | string | undefined {
  if (found === null) return undefined;
  const [, left, zero, width = '', point, precision, separator = '', letter = ''] = found;
  if (letter === '') return INCOMPLETE;
  const directive = DIRECTIVES.get(letter);
  if (directive === undefined) return `Error: Invalid format specifier '${letter}'.`;
  const field: Field = {
    isLeft: left === '-',
    isZero: zero === '0',
    width: Math.min(Number(width), WIDEST),
    precision: point === undefined ? undefined : Math.min(Number(precision), WIDEST),
    separator,
    isPretty,
  };
  const path = letter === 'j' || letter === 'J' ? take(PATH) : null;
  return path === null ? directive.make(field) : jsonPath(path[0], field);
}

function timeOf(found: RegExpExecArray | null): Piece | string | undefined {
  if (found === null) return undefined;
  const [, letter = ''] = found;
  if (letter === '') return INCOMPLETE;
  if (letter === '@') return textPiece('@');
  if (letter === 'N') return (sink, _message, now) => sink.text(`${microseconds(now)}000`);
  return (sink, _message, now) => sink.text(strftime(`%${letter}`, now));
}

function escapeOf(found: RegExpExecArray | null): Piece | string | undefined {
  if (found === null) return undefined;
  const [, letter = ''] = found;
  if (letter === '') return 'Error: Incomplete escape specifier.';
  const text = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  return text === undefined ? `Error: Invalid escape specifier '${letter}'.` : textPiece(text);
}

function textPiece(text: string): Piece {
  return (sink) => sink.text(text);
}

/** The pieces of the format that was given, and the end of the line. */
export function formatPieces(draft: ToolDraft): readonly Piece[] {
  const read = readFormat(draft.format ?? '', draft.pretty);
  const end = draft.endOfLine ? [textPiece('\n')] : [];
  return 'problem' in read ? end : [...read.pieces, ...end];
}
