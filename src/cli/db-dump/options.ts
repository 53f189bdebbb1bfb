/** The command line of `db-dump`: one table for reading it, the usage and the manual page. */

/** What is printed. */
export type DumpForm = 'text' | 'stats' | 'client-stats' | 'json';

export interface DumpOption {
  readonly name: string;
  readonly form: DumpForm;
  readonly text: string;
}

/** In the order of the usage. */
export const DUMP_OPTIONS: readonly DumpOption[] = [
  { name: '--stats', form: 'stats', text: 'print how many chunks of each kind there are.' },
  {
    name: '--client-stats',
    form: 'client-stats',
    text: 'print for each client its subscriptions (SC) and their bytes (SS), its messages (MC) and their bytes (MS).',
  },
  { name: '--json', form: 'json', text: 'print everything as JSON.' },
];

const FORMS: ReadonlyMap<string, DumpForm> = new Map(DUMP_OPTIONS.map(({ name, form }) => [name, form]));

/** What the command line asks for. */
export type DumpCommand =
  | { readonly kind: 'dump'; readonly form: DumpForm; readonly file: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong' };

/** At most one option, then the file. */
export function parseDumpArguments(argv: readonly string[]): DumpCommand {
  const [first = '', second] = argv;
  if (first === '--help') return { kind: 'help' };
  const form = FORMS.get(first);
  if (form !== undefined)
    return argv.length === 2 && second !== undefined
      ? { kind: 'dump', form, file: second }
      : { kind: 'wrong' };
  return argv.length === 1 && first !== '' && !first.startsWith('-')
    ? { kind: 'dump', form: 'text', file: first }
    : { kind: 'wrong' };
}

/** As `mosquitto_db_dump` says it. */
export const DUMP_USAGE = 'Usage: db_dump [--stats | --client-stats | --json] <mosquitto db filename>\n';

/** What `--help` adds. */
export function dumpHelp(): string {
  const width = Math.max(...DUMP_OPTIONS.map(({ name }) => name.length));
  return [
    DUMP_USAGE,
    'Prints what a mosquitto.db holds, of Mosquitto or of Zanzara; or a store in a file of SQLite.',
    ...DUMP_OPTIONS.map(({ name, text }) => ` ${name.padEnd(width)} : ${text}`),
    '',
    'The manual page, zanzara-db-dump(1), says more.',
    '',
  ].join('\n');
}
