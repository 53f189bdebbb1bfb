/** What `--help` says, from the rows of the options. */
import { FULL_VERSION, MOSQUITTO_VERSION } from '../../server/version.ts';
import { optionsOf } from './arguments.ts';
import type { ToolLetter, ToolOption } from './tool-option.ts';
import { TOOL_TEXTS } from './tool-text.ts';
import type { ToolText } from './tool-text.ts';

/** Columns. */
const WIDTH = 100;

/** The line of `--version`. */
export function versionLine(name: string): string {
  return `${name} version ${FULL_VERSION} running on libmosquitto ${MOSQUITTO_VERSION}.\n`;
}

/** The text of `--help`. */
export function usage(name: string, { letter, summary, needs }: ToolText): string {
  const head = `Usage: ${name} `;
  const options = optionsOf(letter).map(bracketed);
  return [
    `${name} ${summary}`,
    versionLine(name),
    ...wrapped([needs, ...options], head, ' '.repeat(head.length)),
    '',
    ...optionsOf(letter).flatMap(described),
    '',
    `The manual page, zanzara-${nameOf(letter)}(1), says more: properties, formats, exit codes.`,
    '',
    '',
  ].join('\n');
}

function nameOf(letter: ToolLetter): string {
  return Object.entries(TOOL_TEXTS).find(([, text]) => text.letter === letter)![0];
}

function bracketed({ names, value }: ToolOption): string {
  return value === undefined ? `[${names[0]}]` : `[${names[0]} ${value.toLowerCase()}]`;
}

/** ` -h, --host : the host …`, with its further lines below its text. */
function described({ names, text }: ToolOption): string[] {
  const head = ` ${names.join(', ')} : `;
  return wrapped(text.split(' '), head, ' '.repeat(Math.min(head.length, 6)));
}

/** Words in lines of a width: the first begins with `head`, the others with `indent`. */
function wrapped(words: readonly string[], head: string, indent: string): string[] {
  const lines: string[] = [];
  let line = head;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + word.length >= WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
    isEmpty = false;
  }
  return [...lines, line.trimEnd()];
}
