/** The command line of `passwd`: one table for reading it, the usage and the manual page. */
import type { PasswordAlgorithm } from '../../access/password-hash.ts';
import { MOST_ITERATIONS } from '../../access/password-hash.ts';

/** What is to be done with which file. `-` as the file of `create` is standard output. */
export type PasswdTask =
  | {
      readonly task: 'create' | 'set';
      readonly file: string;
      readonly user: string;
      readonly password?: string;
    }
  | { readonly task: 'delete'; readonly file: string; readonly user: string }
  | { readonly task: 'hash all'; readonly file: string };

/** How new hashes are made. */
export interface Recipe {
  readonly algorithm: PasswordAlgorithm;
  /** Of PBKDF2; undefined for what `mosquitto_passwd` takes. */
  readonly iterations: number | undefined;
}

/** What the command line says; or what is wrong with it; or that it is not complete, so that the usage is shown. */
export type PasswdCommand =
  | { readonly kind: 'run'; readonly task: PasswdTask; readonly recipe: Recipe }
  | { readonly kind: 'wrong'; readonly problem: string }
  | { readonly kind: 'usage' };

interface Draft {
  batch: boolean;
  create: boolean;
  delete: boolean;
  hashAll: boolean;
  algorithm: PasswordAlgorithm;
  iterations: number | undefined;
}

/** One option. */
export interface PasswdOption {
  readonly name: string;
  /** The name of its value; undefined for a flag. */
  readonly value?: string;
  /** What the usage says. */
  readonly text: string;
  /** What the manual page adds. */
  readonly more?: string;
  /** Takes it; a text is what is wrong. */
  readonly take: (draft: Draft, value: string) => string | undefined | void;
}

const ALGORITHMS: readonly PasswordAlgorithm[] = ['argon2id', 'sha512-pbkdf2', 'sha512'];

/** In the order of the usage. */
export const PASSWD_OPTIONS: readonly PasswdOption[] = [
  {
    name: '-b',
    text: 'run in batch mode to allow passing passwords on the command line.',
    more: 'Other users of the machine may see them while the command runs, and the shell may keep them.',
    take: (draft) => void (draft.batch = true),
  },
  {
    name: '-c',
    text: 'create a new password file. A file that exists is an error. "-" prints the line instead.',
    more: 'Questions are then asked on standard error, so that standard output has the line alone.',
    take: (draft) => void (draft.create = true),
  },
  {
    name: '-D',
    text: 'delete the username rather than adding/updating its password.',
    take: (draft) => void (draft.delete = true),
  },
  {
    name: '-H',
    value: 'hash',
    text: 'specify the hashing algorithm: argon2id, sha512-pbkdf2 or sha512. Defaults to sha512-pbkdf2.',
    more: 'argon2id costs an attacker most; Mosquitto before 2.1 cannot read it. sha512 is quick to guess.',
    take: (draft, value) => {
      const algorithm = ALGORITHMS.find((name) => name === value);
      if (algorithm === undefined) return `Error: Unknown hash type '${value}'`;
      draft.algorithm = algorithm;
      return undefined;
    },
  },
  {
    name: '-I',
    value: 'iterations',
    text: `the iterations of sha512-pbkdf2, from 1 to ${MOST_ITERATIONS}. Defaults to 1000.`,
    more: 'More of them make guessing dearer, and every login.',
    take: (draft, value) => {
      const iterations = /^\d+$/.test(value) ? Number(value) : 0;
      if (iterations < 1) return 'Error: Number of iterations must be > 0.';
      if (iterations > MOST_ITERATIONS) return `Error: Number of iterations must be <= ${MOST_ITERATIONS}.`;
      draft.iterations = iterations;
      return undefined;
    },
  },
  {
    name: '-U',
    text: 'update a plain text password file to use hashed passwords. Lines that are hashed stay as they are.',
    take: (draft) => void (draft.hashAll = true),
  },
  {
    name: '--',
    text: 'what follows is no option: for files and users whose names begin with "-".',
    take: () => undefined,
  },
];

const BY_NAME: ReadonlyMap<string, PasswdOption> = new Map(PASSWD_OPTIONS.map((row) => [row.name, row]));

/** What cannot be said together, in the order of Mosquitto's checks. */
const EXCLUSIVE: readonly (readonly [one: keyof Draft, other: keyof Draft, names: string])[] = [
  ['create', 'delete', '-c and -D'],
  ['create', 'hashAll', '-c and -U'],
  ['delete', 'hashAll', '-D and -U'],
  ['batch', 'delete', '-b and -D'],
];

/** Reads a command line. Nothing of it is guessed: a word too many or an option out of place is an error. */
export function parsePasswdArguments(argv: readonly string[]): PasswdCommand {
  const draft: Draft = {
    batch: false,
    create: false,
    delete: false,
    hashAll: false,
    algorithm: 'sha512-pbkdf2',
    iterations: undefined,
  };
  const read = takeOptions(draft, argv);
  if (typeof read === 'string') return { kind: 'wrong', problem: read };
  if (read === undefined) return { kind: 'usage' };
  const clash = EXCLUSIVE.find(([one, other]) => draft[one] && draft[other]);
  if (clash !== undefined) return { kind: 'wrong', problem: `Error: ${clash[2]} cannot be used together.` };
  const task = taskOf(draft, read);
  if (typeof task === 'string') return { kind: 'wrong', problem: task };
  const { algorithm, iterations } = draft;
  return task === undefined ? { kind: 'usage' } : { kind: 'run', task, recipe: { algorithm, iterations } };
}

/** The words after the options; a text is what is wrong; undefined if help is asked for. */
function takeOptions(draft: Draft, argv: readonly string[]): readonly string[] | string | undefined {
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--help') return undefined;
    if (word === '--') return argv.slice(at + 1);
    if (!word.startsWith('-') || word === '-') break;
    const option = BY_NAME.get(word);
    if (option === undefined) return unknownOption(word);
    if (option.value !== undefined && ++at === argv.length)
      return `Error: ${word} argument given but not enough other arguments.`;
    const problem = option.take(draft, argv[at]!);
    if (problem !== undefined) return problem;
  }
  return misplaced(argv.slice(at), draft) ?? argv.slice(at);
}

function unknownOption(word: string): string {
  return `Error: Unknown option '${word}'. Write -- in front of a file whose name begins with '-'.`;
}

/**
 * An option that stands behind the file would be taken for a user, and the user for the password. What stands in the
 * place of the password may look like anything.
 */
function misplaced([, user]: readonly string[], { hashAll }: Draft): string | undefined {
  if (user === undefined || hashAll || !BY_NAME.has(user)) return undefined;
  return `Error: Option '${user}' must stand in front of the password file. Write -- there for a user of that name.`;
}

/** What is to be done; a text is what is wrong, undefined an incomplete command line. */
function taskOf(draft: Draft, words: readonly string[]): PasswdTask | string | undefined {
  const [file = '', user = '', password] = words;
  if (draft.hashAll) {
    if (words.length !== 1) return 'Error: -U argument given but password file missing.';
    return { task: 'hash all', file };
  }
  const wanted = draft.batch ? 3 : 2;
  if (words.length < wanted) return missing(draft);
  if (words.length > wanted) return draft.create || draft.delete ? tooMany(draft) : undefined;
  if (draft.delete) return { task: 'delete', file, user };
  const task = draft.create ? 'create' : 'set';
  return password === undefined ? { task, file, user } : { task, file, user, password };
}

/** Mosquitto's words where it has any; else it shows the usage. */
function missing({ batch, create, delete: remove }: Draft): string | undefined {
  if (remove) return 'Error: -D argument given but password file or username missing.';
  if (!create) return undefined;
  return batch
    ? 'Error: -c argument given but password file, username, or password missing.'
    : 'Error: -c argument given but password file or username missing.';
}

function tooMany({ batch, create }: Draft): string {
  const hint = create && !batch ? ' A password on the command line needs -b.' : '';
  return `Error: Too many arguments.${hint}`;
}

/** What is shown when the command line is not complete. */
export function passwdUsage(name: string): string {
  const indent = ' '.repeat('Usage: '.length);
  return [
    `${name} is a tool for managing password files for mosquitto.`,
    '',
    `Usage: ${name} [-H hash] [-I iterations] [-c | -D] passwordfile username`,
    `${indent}${name} [-H hash] [-I iterations] [-c] -b passwordfile username password`,
    `${indent}${name} [-H hash] [-I iterations] -U passwordfile`,
    ...PASSWD_OPTIONS.map((option) => ` ${option.name} : ${option.text}`),
    '',
    'The manual page, zanzara-passwd(1), says more.',
    '',
    '',
  ].join('\n');
}
