/** The command line of `pub`, `sub` and `rr`: options file first, then the words, later ones win. */
import { readFileSync } from 'node:fs';
import { nearestWord } from '../../base/nearest.ts';
import { checkDraft } from './checks.ts';
import type { ToolDraft, ToolLetter, ToolOption, Words } from './tool-option.ts';
import { TOOL_OPTIONS } from './tool-options.ts';

/** What the command line came to: what to do, or what is wrong. Problems that end in a line feed print one more. */
export type Parsed =
  | { readonly kind: 'run'; readonly draft: ToolDraft }
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** The names by which tools are known to their options files. */
const FILES: Readonly<Record<ToolLetter, string>> = {
  P: 'mosquitto_pub',
  S: 'mosquitto_sub',
  R: 'mosquitto_rr',
};

export function parseArguments(
  tool: ToolLetter,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Parsed {
  const found = findOptionsFile(tool, argv);
  if (typeof found === 'object') return { kind: 'wrong', problem: found.problem };
  const draft = newDraft(tool);
  const path = found ?? defaultFile(tool, env);
  for (const line of path === undefined ? [] : linesOf(path)) {
    const problem = takeWords(draft, line);
    if (problem !== undefined) return { kind: 'wrong', problem };
  }
  const problem = takeWords(draft, argv);
  if (problem !== undefined) return { kind: 'wrong', problem };
  if (draft.show !== undefined) return { kind: draft.show };
  const wrong = checkDraft(draft);
  return wrong === undefined ? { kind: 'run', draft } : { kind: 'wrong', problem: wrong };
}

/** The options of one tool. */
export function optionsOf(tool: ToolLetter): readonly ToolOption[] {
  return TOOL_OPTIONS.filter(({ tools }) => tools.includes(tool));
}

/** `-o FILE` counts before everything else: the words are read once only to find it. */
function findOptionsFile(
  tool: ToolLetter,
  argv: readonly string[],
): string | undefined | { readonly problem: string } {
  const scout = newDraft(tool);
  const problem = takeWords(scout, argv);
  return scout.optionsFileProblem && problem !== undefined ? { problem } : scout.optionsFile;
}

function defaultFile(
  tool: ToolLetter,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home, USERPROFILE: profile } = env;
  if (process.platform === 'win32') return profile && `${profile}\\${FILES[tool]}.conf`;
  return config ? `${config}/${FILES[tool]}` : home && `${home}/.config/${FILES[tool]}`;
}

/** Lines of an options file as words: an option, and what follows its first space. A file that is missing is empty. */
function linesOf(path: string): string[][] {
  const lines = textOf(path).split(/\r*\n/);
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? [line] : [line.slice(0, space), line.slice(space + 1)];
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // as Mosquitto, also for `-o`
  }
}

/** Takes options until there are no more words; a text is what is wrong with one. */
function takeWords(draft: ToolDraft, list: readonly string[]): string | undefined {
  let at = 0;
  const words: Words = { next: () => list[at++] };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const option = OPTION_BY_NAME.get(word);
    if (!option?.tools.includes(draft.tool)) return unknown(word, draft.tool);
    const problem = option.take(draft, words, word);
    if (problem !== undefined) return problem;
    if (draft.show !== undefined) return undefined;
  }
  return undefined;
}

const OPTION_BY_NAME: ReadonlyMap<string, ToolOption> = new Map(
  TOOL_OPTIONS.flatMap((option) => option.names.map((name) => [name, option])),
);

function unknown(word: string, tool: ToolLetter): string {
  const text = `Error: Unknown option '${word}'.`;
  if (!word.startsWith('--')) return text;
  const nearest = nearestWord(
    word,
    optionsOf(tool).flatMap(({ names }) => names),
  );
  return nearest === undefined ? text : `${text}\nDid you mean '${nearest}'?`;
}

function newDraft(tool: ToolLetter): ToolDraft {
  return {
    tool,
    optionsFile: undefined,
    optionsFileProblem: false,
    host: undefined,
    port: undefined,
    unixPath: undefined,
    bindAddress: undefined,
    proxy: undefined,
    webSocket: false,
    clientId: undefined,
    clientIdPrefix: undefined,
    cleanStart: true,
    keepAlive: 60,
    username: undefined,
    password: undefined,
    version: undefined,
    sessionExpiry: undefined,
    inflight: 20,
    qos: 0,
    debug: false,
    quiet: false,
    verbose: false,
    topics: [],
    unsubscribe: [],
    filterOut: [],
    properties: {},
    will: {},
    tls: {},
    payload: undefined,
    retain: false,
    repeat: 1,
    repeatDelaySeconds: 0,
    responseTopic: undefined,
    latency: false,
    timestamp: false,
    format: undefined,
    pretty: false,
    endOfLine: true,
    count: 0,
    timeoutSeconds: 0,
    exitAfterSuback: false,
    retained: 'all',
    removeRetained: false,
    retainAsPublished: false,
    retainHandling: 0,
    randomPercent: undefined,
    messageRate: false,
    watch: false,
    progress: false,
    stats: false,
    show: undefined,
  };
}
