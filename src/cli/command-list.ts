/** What commands `zanzara` has, and what each is for: for the help and the manual pages. */

/** Their names. */
export type CommandName =
  | 'bench'
  | 'broker'
  | 'db-dump'
  | 'help'
  | 'link-tools'
  | 'passwd'
  | 'pub'
  | 'rr'
  | 'sub';

/** What is said of one. */
export interface CommandText {
  readonly about: string;
  /** Its manual page. */
  readonly page: string;
}

/** In the order of the help: the broker, the clients, the tools. */
export const COMMAND_TEXTS: Readonly<Record<CommandName, CommandText>> = {
  broker: {
    about: 'the broker; without a command, too, so that "zanzara -c FILE" starts it',
    page: 'zanzara-broker(8)',
  },
  pub: { about: 'publish messages', page: 'zanzara-pub(1)' },
  sub: { about: 'subscribe to topics, and print the messages that come', page: 'zanzara-sub(1)' },
  rr: { about: 'publish a request, and print its response', page: 'zanzara-rr(1)' },
  passwd: { about: 'manage password files', page: 'zanzara-passwd(1)' },
  'db-dump': {
    about: 'print what a mosquitto.db or a store of the broker holds',
    page: 'zanzara-db-dump(1)',
  },
  bench: { about: 'load a broker, and tell how fast it was', page: 'zanzara-bench(1)' },
  'link-tools': {
    about: "make links under the names of Mosquitto's programs",
    page: 'zanzara-link-tools(1)',
  },
  help: { about: 'list the commands, or show the options of one', page: 'zanzara(1)' },
};

/** Columns of the names. */
const NAMES = 12;

/** What `zanzara help` says. */
export function commandList(version: string): string {
  const rows = Object.entries(COMMAND_TEXTS).map(([name, { about }]) => `  ${name.padEnd(NAMES)} ${about}`);
  return `zanzara ${version}

Usage: zanzara COMMAND [options]

${rows.join('\n')}

'zanzara help COMMAND' shows its options. The manual pages say more: zanzara(1) names them.
`;
}
