/** `zanzara passwd`, `mosquitto_passwd`: users and their hashed passwords in a file. */
import { accessSync, constants } from 'node:fs';
import { hashPassword } from '../access/password-hash.ts';
import { readSensitiveFile } from '../access/sensitive-file.ts';
import { systemText } from '../server/system-text.ts';
import type { Command, Io } from './io.ts';
import { parsePasswdArguments, passwdUsage } from './passwd/options.ts';
import type { PasswdTask, Recipe } from './passwd/options.ts';
import { CorruptLine, withHashes, withUser, withoutUser } from './passwd/password-lines.ts';
import { HalfWritten, NoBackup, createFile, replaceFile } from './passwd/replace-file.ts';
import { Interrupted, SecretPrompt } from './secret-prompt.ts';
import { argumentBytes, isMalformed } from './tool/raw-argument.ts';

const EXIT = { ok: 0, failed: 1, different: 2 } as const;

/** The longest user name and the longest password that MQTT carries. */
const MOST_BYTES = 65_535;

/** As the file of `-c`: standard output. */
const STANDARD_OUTPUT = '-';

/** Why nothing was done. */
class PasswdProblem extends Error {
  readonly code: number;

  constructor(text: string, code: number = EXIT.failed) {
    super(text);
    this.code = code;
  }
}

export const passwd: Command = async (argv, io) => {
  const command = parsePasswdArguments(argv);
  if (command.kind === 'usage') {
    io.stdout(passwdUsage(io.name === 'mosquitto_passwd' ? io.name : 'zanzara passwd'));
    return EXIT.failed; // as Mosquitto
  }
  if (command.kind === 'wrong') {
    io.stderr(`${command.problem}\n`);
    return EXIT.failed;
  }
  try {
    await carryOut(command.task, command.recipe, io);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.ok; // as Mosquitto
    if (!(error instanceof PasswdProblem)) throw error;
    io.stderr(`${error.message}\n`);
    return error.code;
  }
};

async function carryOut(task: PasswdTask, recipe: Recipe, io: Io): Promise<void> {
  if ('user' in task) checkUser(task.user);
  if (recipe.iterations !== undefined && recipe.algorithm !== 'sha512-pbkdf2')
    io.stderr(`Warning: -I counts for sha512-pbkdf2, not for ${recipe.algorithm}.\n`);
  switch (task.task) {
    case 'create':
      return create(task, recipe, io);
    case 'set':
      return set(task, recipe, io);
    case 'delete':
      return remove(task, io);
    case 'hash all': {
      const text = read(task.file, io, 'tell');
      const hashed = await withHashes(text, (password) => hash(password, recipe)).catch(corrupt);
      return write(task.file, hashed, text);
    }
  }
}

type Setting = Extract<PasswdTask, { task: 'create' | 'set' }>;

async function create(task: Setting, recipe: Recipe, io: Io): Promise<void> {
  const { file, user } = task;
  if (file === STANDARD_OUTPUT) {
    const password = await passwordOf(task, io, io.stderr);
    io.stdout(`${user}:${await hash(password, recipe)}\n`);
    return;
  }
  if (exists(file)) throw unwritable(file, 'File exists');
  const password = await passwordOf(task, io, io.stdout);
  const line = `${user}:${await hash(password, recipe)}\n`;
  try {
    createFile(file, line);
  } catch (error) {
    throw unwritable(file, systemText(error as NodeJS.ErrnoException));
  }
  io.stdout(`Adding password for user ${user}\n`);
}

async function set(task: Setting, recipe: Recipe, io: Io): Promise<void> {
  const { file, user } = task;
  edit(read(file, io, 'tell'), (text) => withoutUser(text, user)); // a bad file is told of before anything is asked
  const password = await passwordOf(task, io, io.stdout);
  const own = await hash(password, recipe);
  const text = read(file, io, 'told'); // somebody may have written it meanwhile
  const edited = edit(text, (before) => withUser(before, user, own));
  write(file, edited.text, text);
  io.stdout(`${edited.found ? 'Updating' : 'Adding'} password for user ${user}\n`);
}

function remove({ file, user }: Extract<PasswdTask, { task: 'delete' }>, io: Io): void {
  const text = read(file, io, 'tell');
  const edited = edit(text, (before) => withoutUser(before, user));
  if (!edited.found) throw new PasswdProblem(`Warning: User ${user} not found in password file.`);
  write(file, edited.text, text);
}

/** Names that a broker would not read back, or that no client can bring. */
const USER_FAULTS: readonly (readonly [is: (user: string) => boolean, text: string])[] = [
  [(user) => user === '', 'Error: Username must not be empty.'],
  [
    (user) => Buffer.byteLength(user) > MOST_BYTES,
    'Error: Username must be less than 65536 characters long.',
  ],
  [(user) => /\p{Cc}/u.test(user), 'Error: Username must not contain control characters.'],
  [(user) => user.includes(':'), "Error: Username must not contain the ':' character."],
  [isMalformed, 'Error: Username must be valid UTF-8.'],
  [(user) => user.startsWith('#'), "Error: Username must not begin with '#': its line would be a comment."],
  [(user) => user.trim() !== user, 'Error: Username must not begin or end with a blank.'],
];

function checkUser(user: string): void {
  const [, text] = USER_FAULTS.find(([is]) => is(user)) ?? [];
  if (text !== undefined) throw new PasswdProblem(text);
}

/** From the command line, or asked for twice. */
async function passwordOf(
  { password }: Setting,
  io: Io,
  show: Io['stderr'] | Io['stdout'],
): Promise<Uint8Array> {
  if (password !== undefined) return checked(argumentBytes(password));
  using prompt = new SecretPrompt(io, (text) => void show(text));
  const first = checked(await prompt.ask('Password: '));
  const second = checked(await prompt.ask('Reenter password: '));
  if (Buffer.compare(first, second) !== 0)
    throw new PasswdProblem('Error: Passwords do not match.', EXIT.different);
  return first;
}

function checked(password: Uint8Array): Uint8Array {
  if (password.length === 0) throw new PasswdProblem('Error: Empty password.');
  if (password.length > MOST_BYTES)
    throw new PasswdProblem('Error: Password must be less than 65536 characters long.');
  return password;
}

function hash(password: Uint8Array, { algorithm, iterations }: Recipe): Promise<string> {
  return hashPassword(algorithm, password, iterations === undefined ? {} : { iterations });
}

function exists(file: string): boolean {
  try {
    accessSync(file, constants.F_OK);
    return true;
  } catch {
    return false; // what else hinders is told when it is made
  }
}

function unwritable(file: string, reason: string): PasswdProblem {
  return new PasswdProblem(`Error: Unable to open file ${file} for writing. ${reason}.`);
}

/** The text of a password file that can be written, too. */
function read(file: string, io: Io, warnings: 'tell' | 'told'): string {
  const unopened = `Error: Unable to open password file ${file}.`;
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new PasswdProblem(`${unopened} ${systemText(error as NodeJS.ErrnoException)}.`);
  }
  const allowSymlinks = io.env['MOSQUITTO_UNSAFE_ALLOW_SYMLINKS'] !== undefined;
  const result = readSensitiveFile(file, { allowSymlinks, unopened });
  const told = result.problems.map(({ text, hint }) => (hint === undefined ? text : `${text} ${hint}`));
  if (!result.ok) throw new PasswdProblem(told.join('\n'));
  if (warnings === 'tell') for (const line of told) io.stderr(`${line}\n`);
  return result.value;
}

function edit<T>(text: string, how: (text: string) => T): T {
  try {
    return how(text);
  } catch (error) {
    return corrupt(error);
  }
}

function corrupt(error: unknown): never {
  if (!(error instanceof CorruptLine)) throw error;
  const { line, message } = error;
  throw new PasswdProblem(`Error: Corrupt password file at line ${line}.\n${message} Nothing was changed.`);
}

function write(file: string, text: string, previous: string): void {
  try {
    if (text !== previous) replaceFile(file, text, previous);
  } catch (error) {
    throw new PasswdProblem(writeFault(error as Error));
  }
}

function writeFault(error: Error): string {
  if (error instanceof NoBackup)
    return `Error creating backup password file "${error.backup}", not continuing. ${reasonOf(error.cause)}.`;
  const text = 'Error occurred updating password file.';
  return error instanceof HalfWritten
    ? `${text} ${reasonOf(error.cause)}.\nPassword file may be corrupt, check the backup file: ${error.backup}.`
    : `${text} ${reasonOf(error)}. Nothing was changed.`;
}

function reasonOf(error: unknown): string {
  return systemText(error as NodeJS.ErrnoException);
}
