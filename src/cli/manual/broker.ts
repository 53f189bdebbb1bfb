/** The manual page of the broker, made from the tables of its options and exit codes. */
import { BROKER_OPTIONS } from '../broker-arguments.ts';
import type { BrokerOption } from '../broker-arguments.ts';
import { EXIT, EXIT_TEXTS } from '../broker-exit.ts';
import { sentence } from './page.ts';
import type { Entry, Example, Page } from './page.ts';

const DESCRIPTION: readonly string[] = [
  'A broker for MQTT 5.0, 3.1.1 and 3.1. It reads the configuration of Mosquitto, writes its log, and takes its signals; started through a link named mosquitto it has that name.',
  'Without a configuration it listens on port 1883 of 127.0.0.1 and ::1, for clients on this machine, and lets everybody in. A configuration with a listener lets in who it says: see zanzara.conf(5). No file is read unless -c names it.',
  'Started as root it becomes another user once the configuration is read: the one of the option `user`, which is mosquitto without it, or nobody if there is no such user. With `user root` it stays root.',
  'In the background (-d) nothing is written to the terminal: `log_dest` says where the log goes.',
];

const SIGNALS: readonly Entry[] = [
  {
    term: 'SIGINT, SIGTERM',
    text: 'End: the wills of connected clients are published, what is to be kept is stored, connections and log are closed.',
  },
  {
    term: 'SIGHUP',
    text: 'Read the configuration again, with its users, rules, certificates and keys, and open the log files anew. Counts all or not at all: with an error in it nothing changes, and the log says what is wrong. Some options count from a start only: see zanzara.conf(5).',
  },
  {
    term: 'SIGUSR1',
    text: 'Write mosquitto.db now. Only with `persistence_durability interval` is there something to write.',
  },
  { term: 'SIGUSR2', text: 'Print the tree of all subscriptions on standard output.' },
];

const ENVIRONMENT: readonly Entry[] = [
  {
    term: 'MOSQUITTO_PERSISTENCE_LOCATION',
    text: 'Instead of `persistence_location`, for what the plugin persist-sqlite stores. Does not count for `persistence true`, as in Mosquitto.',
  },
  {
    term: 'MOSQUITTO_UNSAFE_ALLOW_SYMLINKS',
    text: 'If it is set, files of users, of rules and of pre-shared keys, and a mosquitto.db that is read, may be symbolic links.',
  },
  {
    term: 'PUID, PGID',
    text: 'Started as root: the user and the group to become, as numbers, instead of the option `user`. 0 leaves it as it is.',
  },
  { term: 'TZ', text: 'The time zone of `log_timestamp_format`.' },
];

const FILES: readonly Entry[] = [
  {
    term: 'mosquitto.sqlite3',
    text: 'With `persistence true`: what the broker keeps, in the folder of `persistence_location`, with two files beside it while it runs. It is named after `persistence_file`. zanzara-db-dump(1) prints it.',
  },
  {
    term: 'mosquitto.db',
    text: "Mosquitto's database. Taken over at the first start, and written in its place with `persistence_durability interval`.",
  },
];

const EXAMPLES: readonly Example[] = [
  {
    text: 'Is a configuration right, and if not, why not?',
    lines: ['zanzara -c /etc/mosquitto/mosquitto.conf --test-config'],
  },
  { text: 'Start with it, and log everything.', lines: ['zanzara -c /etc/mosquitto/mosquitto.conf -v'] },
  { text: 'Start on another port, for clients on this machine.', lines: ['zanzara -p 1884'] },
];

/** The page. */
export function brokerManual(): Page {
  return {
    name: 'zanzara-broker',
    chapter: 8,
    alias: 'mosquitto',
    summary: 'MQTT broker',
    calls: [
      ['zanzara', '[options]'],
      ['zanzara broker', '[options]'],
    ],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      { title: 'OPTIONS', entries: BROKER_OPTIONS.map(option) },
      { title: 'SIGNALS', entries: SIGNALS },
      { title: 'ENVIRONMENT', entries: ENVIRONMENT },
      { title: 'FILES', entries: FILES },
      { title: 'EXIT STATUS', entries: Object.entries(EXIT).map(exit) },
      { title: 'EXAMPLES', examples: EXAMPLES },
    ],
    seeAlso: ['zanzara(1)', 'zanzara.conf(5)', 'zanzara-passwd(1)', 'zanzara-db-dump(1)'],
  };
}

function option({ names, value, text }: BrokerOption): Entry {
  return {
    term: names.join(', '),
    ...(value === undefined ? {} : { value: value.name }),
    text: sentence(text.replaceAll('\n', ' ')),
  };
}

function exit([why, code]: readonly [string, number]): Entry {
  return { term: String(code), text: EXIT_TEXTS[why as keyof typeof EXIT] };
}
