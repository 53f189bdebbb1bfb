/** Mosquitto's configuration grammar: lines in, a `Config` or the first error out. Never throws. */

import type { Use } from './actions.ts';
import { applyOption } from './apply.ts';
import { buildConfig } from './build.ts';
import { checkDraft } from './checks.ts';
import type { ParseResult } from './config.ts';
import { describeValues } from './describe.ts';
import type { Diagnostic } from './diagnostic.ts';
import { locationOf, newDraft, report, startOf, type Draft, type Place } from './draft.ts';
import { includedNames, noFiles, type FileSource, type FileTrouble } from './files.ts';
import type { Input } from './input.ts';
import type { Option } from './option.ts';
import { findOption, type FoundOption } from './options.ts';
import { persistenceNotes } from './persist-sqlite.ts';
import { empty, isRefusal, refuse, type Refusal } from './refusal.ts';
import { enterSection, sectionOf } from './sections.ts';
import { explainUnknown } from './suggest.ts';
import { splitLines, trimBlanks, type Line, type Tokens } from './tokens.ts';

/** Text that came from, or stands for, a file. */
export interface ConfigText {
  readonly file: string;
  readonly text: string | Uint8Array;
}

/**
 * Reads a configuration. Several texts are read one on top of the other, as several `-c` are; none gives
 * the defaults. Reading stops at the first error, as in Mosquitto.
 */
export function parseConfig(
  texts: ConfigText | readonly ConfigText[],
  files: FileSource = noFiles,
): ParseResult {
  const draft = newDraft(files);
  const all: readonly ConfigText[] = 'text' in texts ? [texts] : texts;
  for (const { file, text } of all) {
    if (!readText(draft, startOf(file), text)) return { ok: false, diagnostics: draft.diagnostics };
  }
  const problem = checkDraft(draft);
  if (problem !== undefined) return { ok: false, diagnostics: [...draft.diagnostics, problem] };
  draft.diagnostics.push(...persistenceNotes(draft));
  return { ok: true, config: buildConfig(draft, all.at(-1)?.file), diagnostics: draft.diagnostics };
}

/** The result for a main file that cannot be read. */
export function unreadableConfig(file: string, trouble: FileTrouble): ParseResult {
  const { refused: text, hint } = fileRefusal(file, trouble);
  const diagnostic: Diagnostic = { level: 'error', text, file, ...(hint !== undefined && { hint }) };
  return { ok: false, diagnostics: [diagnostic] };
}

function fileRefusal(file: string, { trouble, reason }: FileTrouble): Refusal {
  if (trouble === 'is a directory') {
    return refuse(
      `Error: Config file '${file}' is a directory.`,
      'Name a file, or use include_dir for a directory.',
    );
  }
  return refuse(`Error: Unable to open config file '${file}'.`, reason);
}

/** False after an error, which then is the last diagnostic. */
function readText(draft: Draft, place: Place, text: string | Uint8Array): boolean {
  for (const line of splitLines(text)) {
    place.line = line.number;
    const problem = readLine(draft, place, line);
    if (problem === 'reported') return false;
    if (problem !== undefined) {
      report(draft, place, 'error', problem.refused, problem.hint);
      return false;
    }
    if (line.cut) report(draft, place, 'warning', 'Warning: A NUL byte ends this line, the rest is ignored.');
  }
  return true;
}

function readLine(draft: Draft, place: Place, { tokens }: Line): Refusal | 'reported' | undefined {
  const word = tokens.next();
  if (word === undefined) return undefined;
  const found = findOption(word);
  if (found === undefined) {
    return refuse(`Error: Unknown configuration variable '${word}'.`, explainUnknown(word));
  }
  const missing = enterSection(draft, place, found, word);
  if (missing !== undefined) return missing;
  const input = inputFor(draft, place, found, word, tokens);
  const use = { draft, place, word, input };
  const problem = found.name === 'include_dir' ? includeDirectory(use) : applyOption(use, found);
  if (problem === undefined) warnOfRest(input, word);
  return isRefusal(problem) ? withHint(problem, found.option, word) : problem;
}

function inputFor(draft: Draft, place: Place, found: FoundOption, word: string, tokens: Tokens): Input {
  const { option, name } = found;
  const section = sectionOf(draft, place, option);
  return {
    name: option.printed ?? word,
    tokens,
    previous: section?.values.get(option.stores ?? name),
    previousAt: section?.setAt.get(name),
    note: (level, text) => report(draft, place, level, text),
  };
}

/** Every error says what is allowed. */
function withHint(problem: Refusal, option: Option, word: string): Refusal {
  if (problem.hint !== undefined) return problem;
  return refuse(problem.refused, `Allowed after '${word}': ${describeValues(option)}.`);
}

/** Mosquitto ignores words after a value, which is how a comment there works. Others may be a mistake. */
function warnOfRest(input: Input, word: string): void {
  const rest = trimBlanks(input.tokens.peek());
  if (rest === '' || rest.startsWith('#')) return;
  input.note('warning', `Warning: Text after the '${word}' value is ignored (${rest}).`);
}

/** Reads the files of a directory, each starting without a section. Only the main file can. */
function includeDirectory({ draft, place, input }: Use): Refusal | 'reported' | undefined {
  if (place.includedFrom !== undefined) {
    return refuse(
      'Error: The include_dir option is only valid in the main configuration file.',
      `This file is included already, from ${place.includedFrom.file}:${place.includedFrom.line}.`,
    );
  }
  const directory = trimBlanks(input.tokens.rest() ?? '');
  if (directory === '') return empty(input);
  const names = draft.files.list(directory);
  if (names === undefined) {
    return refuse(
      `Error: Unable to open include_dir '${directory}'.`,
      'It must be a directory that exists and that the broker may read.',
    );
  }
  for (const name of includedNames(names)) {
    const problem = includeFile(draft, place, `${directory}/${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function includeFile(draft: Draft, place: Place, file: string): Refusal | 'reported' | undefined {
  report(draft, place, 'information', `Loading config file '${file}'`);
  const text = draft.files.read(file);
  if (typeof text === 'object' && 'trouble' in text) return fileRefusal(file, text);
  return readText(draft, startOf(file, locationOf(place)), text) ? undefined : 'reported';
}
