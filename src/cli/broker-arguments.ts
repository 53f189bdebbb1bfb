/** The command line of the broker: one table of options. */

export interface BrokerArguments {
  readonly configFiles: readonly string[];
  readonly ports: readonly number[];
  readonly daemon: boolean;
  readonly verbosity: 'verbose' | 'quiet' | undefined;
  readonly testConfig: boolean;
  readonly keyLogFile: string | undefined;
  readonly show: 'help' | 'version' | undefined;
}

interface Draft {
  configFiles: string[];
  ports: number[];
  daemon: boolean;
  verbose: boolean;
  quiet: boolean;
  testConfig: boolean;
  keyLogFile: string | undefined;
  show: 'help' | 'version' | undefined;
}

/** One option of the broker's command line. */
export interface BrokerOption {
  readonly names: readonly string[];
  /** The name of its value, and what to call a missing one. */
  readonly value?: { readonly name: string; readonly missing: string };
  readonly text: string;
  /** Takes the flag; a text is what is wrong with it. */
  readonly take: (draft: Draft, value: string) => string | undefined;
}

const MOST_PORTS = 10;

/** In the order of the help. */
export const BROKER_OPTIONS: readonly BrokerOption[] = [
  {
    names: ['-c', '--config-file'],
    value: { name: 'FILE', missing: 'Error: -c argument given, but no config file specified.' },
    text: 'Read the configuration from FILE. May be given again: later files go on top.',
    take: (draft, file) => {
      draft.configFiles.push(file);
      return undefined;
    },
  },
  {
    names: ['-d', '--daemon'],
    text: 'Run in the background.',
    take: (draft) => {
      draft.daemon = true;
      return undefined;
    },
  },
  {
    names: ['-h', '--help'],
    text: 'Show this text.',
    take: (draft) => {
      draft.show = 'help';
      return undefined;
    },
  },
  {
    names: ['-p', '--port'],
    value: { name: 'PORT', missing: 'Error: -p argument given, but no port specified.' },
    text: 'Listen on PORT, for clients on this machine. May be given up to 10 times.\nCounts only if the configuration defines no listener.',
    take: takePort,
  },
  {
    names: ['-q', '--quiet'],
    text: 'Log nothing, whatever the configuration says.',
    take: (draft) => {
      draft.quiet = true;
      return undefined;
    },
  },
  {
    names: ['-v', '--verbose'],
    text: 'Log everything, whatever the configuration says.',
    take: (draft) => {
      draft.verbose = true;
      return undefined;
    },
  },
  {
    names: ['-V', '--version'],
    text: 'Show the version.',
    take: (draft) => {
      draft.show = 'version';
      return undefined;
    },
  },
  {
    names: ['--tls-keylog'],
    value: { name: 'FILE', missing: 'Error: --tls-keylog argument given, but no file specified.' },
    text: 'Write the secrets of all TLS connections to FILE. For debugging: they decrypt everything.',
    take: (draft, file) => {
      draft.keyLogFile = file;
      return undefined;
    },
  },
  {
    names: ['--test-config'],
    text: 'Check the configuration, say what is wrong with it, and end.',
    take: (draft) => {
      draft.testConfig = true;
      return undefined;
    },
  },
];

function takePort(draft: Draft, value: string): string | undefined {
  const port = Number.parseInt(value, 10) || 0;
  if (port < 1 || port > 65_535) return `Error: Invalid port specified (${port}).`;
  if (draft.ports.length === MOST_PORTS)
    return `Error: Only ${MOST_PORTS} ports can be specified on the command line.`;
  draft.ports.push(port);
  return undefined;
}

/** Reads the arguments; a text is what is wrong with them. */
export function parseBrokerArguments(argv: readonly string[]): BrokerArguments | string {
  const draft: Draft = {
    configFiles: [],
    ports: [],
    daemon: false,
    verbose: false,
    quiet: false,
    testConfig: false,
    keyLogFile: undefined,
    show: undefined,
  };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const flag = BROKER_OPTIONS.find(({ names }) => names.includes(word));
    if (flag === undefined) return `Error: Unknown option '${word}'.`;
    const value = flag.value === undefined ? '' : argv[++at];
    if (value === undefined) return flag.value!.missing;
    const problem = flag.take(draft, value);
    if (problem !== undefined) return problem;
  }
  const { quiet, verbose, ...rest } = draft;
  return { ...rest, verbosity: quiet ? 'quiet' : verbose ? 'verbose' : undefined };
}

/** The text of `--help`. */
export function brokerUsage(name: string, version: string): string {
  const rows = BROKER_OPTIONS.map(({ names, value, text }) => {
    const left = names.join(', ') + (value === undefined ? '' : ` ${value.name}`);
    return ` ${left.padEnd(26)} ${text.replaceAll('\n', `\n${' '.repeat(28)}`)}`;
  });
  return [
    `${name} version ${version}`,
    '',
    `${name} is an MQTT v5.0/v3.1.1/v3.1 broker.`,
    '',
    `Usage: ${name} [-c FILE] [-d] [-h] [-p PORT] [-q] [-v] [-V] [--test-config] [--tls-keylog FILE]`,
    '',
    ...rows,
    '',
    'Without a configuration it listens on port 1883 for clients on this machine.',
    '',
    'The manual pages zanzara-broker(8) and zanzara.conf(5) say more; zanzara(1) has the other commands.',
    '',
  ].join('\n');
}
