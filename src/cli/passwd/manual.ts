/** The manual page of `passwd`, made from the table of its options; run as a program it writes the file. */
import { writeFileSync } from 'node:fs';
import { PASSWD_OPTIONS } from './options.ts';
import type { PasswdOption } from './options.ts';

const FORMS = [
  '[-H hash] [-I iterations] [-c | -D] passwordfile username',
  '[-H hash] [-I iterations] [-c] -b passwordfile username password',
  '[-H hash] [-I iterations] -U passwordfile',
] as const;

const DESCRIPTION: readonly string[] = [
  'Keeps the users and the hashed passwords of a file that a broker reads with the option password_file. Also runs under the name mosquitto_passwd.',
  'Options stand in front of the file. Without -b the password is asked for twice; on a terminal it is not shown, and when standard input is a pipe its first two lines are read.',
  'A new file is for its owner alone (mode 0600). A file that is there keeps its owner and its permissions. It is replaced at once, so that a broker never reads half of it; where that is not possible it is overwritten, with a backup beside it until that is done. A file that is a symbolic link is refused.',
  'After a change tell the broker to read the file again: send it SIGHUP.',
];

const FORMAT: readonly string[] = [
  'A line is a user name, ":" and a hash. Lines that are empty or begin with "#" stay as they are. Hashes are $7$ (PBKDF2 with HMAC-SHA-512), $argon2id$ (Argon2id) and $6$ (SHA-512), of a salt of 64 bytes. Mosquitto 2.0 reads salts of 12 bytes only; files that it wrote are read here.',
];

const EXIT: readonly (readonly [code: string, when: string])[] = [
  ['0', 'It is done, or it was interrupted while it asked for the password: then nothing was changed.'],
  ['1', 'Anything is wrong, or there is no such user to delete. --help, too.'],
  ['2', 'The two passwords are different.'],
];

const ENVIRONMENT: readonly (readonly [name: string, text: string])[] = [
  ['MOSQUITTO_UNSAFE_ALLOW_SYMLINKS', 'If it is set, the file may be a symbolic link.'],
];

/** The page, in the macros of man(7). */
export function passwdManual(): string {
  return [
    '.\\" Made by src/cli/passwd/manual.ts',
    '.TH ZANZARA-PASSWD 1 "" Zanzara "User Commands"',
    '.SH NAME',
    'zanzara-passwd, mosquitto_passwd \\- manage password files of an MQTT broker',
    '.SH SYNOPSIS',
    ...FORMS.flatMap((form) => ['.B zanzara passwd', escape(form), '.br']),
    '.SH DESCRIPTION',
    ...paragraphs(DESCRIPTION),
    '.SH OPTIONS',
    ...PASSWD_OPTIONS.flatMap(option),
    '.SH FILE FORMAT',
    ...paragraphs(FORMAT),
    '.SH EXIT STATUS',
    ...EXIT.flatMap(tagged),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(tagged),
    '',
  ].join('\n');
}

function option({ name, value, text, more }: PasswdOption): string[] {
  const head = value === undefined ? `.B ${escape(name)}` : `.BI ${escape(name)} " ${value}"`;
  return ['.TP', head, escape(sentence(text)), ...(more === undefined ? [] : [escape(more)])];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function tagged([tag, text]: readonly [string, string]): string[] {
  return ['.TP', `.B ${escape(tag)}`, escape(text)];
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ['.PP', escape(text)]);
}

/** A line begins a request with a dot or an apostrophe; a plain `-` may be printed as a hyphen. */
function escape(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

if (import.meta.main) {
  writeFileSync(new URL('../../../man/zanzara-passwd.1', import.meta.url), passwdManual());
}
