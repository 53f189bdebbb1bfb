/** The manual page of `db-dump`, made from the table of its options; run as a program it writes the file. */
import { writeFileSync } from 'node:fs';
import { DUMP_OPTIONS } from './options.ts';

const DESCRIPTION: readonly string[] = [
  'Prints what the persistence file of an MQTT broker holds: a mosquitto.db of Mosquitto or of Zanzara, versions 2 to 6. Also runs under the name mosquitto_db_dump. A broker that has the file open is not disturbed.',
  'Without an option each chunk of the file is printed with its fields, one a line. Payloads are shown that are shorter than 256 bytes and are text.',
  'A store of Zanzara in a file of SQLite is printed in the same forms, as the mosquitto.db that would be written from it: without wills, which have no place there.',
];

const JSON_FORM: readonly string[] = [
  '--json prints one object with the lists base-messages, clients, client-messages, retained-messages and subscriptions, one record a line. Payloads are in Base64, times in seconds since 1970, 0 for never. storeid is the number of a message in the file. It has up to 64 bits: more than most programs keep of a number.',
];

const EXIT: readonly (readonly [code: string, when: string])[] = [
  ['0', 'All of the file was printed.'],
  [
    '1',
    'The command line is wrong, or the file cannot be read or is damaged. What stands in front of the damage is printed.',
  ],
];

/** The page, in the macros of man(7). */
export function dumpManual(): string {
  return [
    '.\\" Made by src/cli/db-dump/manual.ts',
    '.TH ZANZARA-DB-DUMP 1 "" Zanzara "User Commands"',
    '.SH NAME',
    'zanzara-db-dump, mosquitto_db_dump \\- print the persistence file of an MQTT broker',
    '.SH SYNOPSIS',
    '.B zanzara db\\-dump',
    escape('[--stats | --client-stats | --json] file'),
    '.SH DESCRIPTION',
    ...paragraphs(DESCRIPTION),
    '.SH OPTIONS',
    ...DUMP_OPTIONS.flatMap(({ name, text }) => tagged([name, sentence(text)])),
    '.SH JSON',
    ...paragraphs(JSON_FORM),
    '.SH EXIT STATUS',
    ...EXIT.flatMap(tagged),
    '',
  ].join('\n');
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
  writeFileSync(new URL('../../../man/zanzara-db-dump.1', import.meta.url), dumpManual());
}
