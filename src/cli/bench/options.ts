/** The options of `zanzara bench`: a row for each. */

/** What the options said; what is undefined was not said. */
export interface BenchDraft {
  scenario?: string;
  host?: string;
  port?: number;
  username?: string;
  password?: string;
  /** TLS is asked for, by whichever option. */
  secure?: boolean;
  cafile?: string;
  cert?: string;
  key?: string;
  insecure?: boolean;
  clients?: number;
  publishers?: number;
  subscribers?: number;
  size?: number;
  qos?: number;
  rate?: number;
  inflight?: number;
  duration?: number;
  json?: boolean;
  quiet?: boolean;
  help?: boolean;
}

export interface BenchOption {
  readonly names: readonly string[];
  /** The name of its value, in the help; undefined for a flag. */
  readonly value?: string;
  readonly about: string;
  /** Takes the value, which is empty for a flag; a text is what is wrong with it. */
  readonly take: (draft: BenchDraft, value: string) => string | undefined;
}

type Keys<Value> = {
  [K in keyof BenchDraft]-?: BenchDraft[K] extends Value | undefined ? K : never;
}[keyof BenchDraft];

function flag(names: readonly string[], key: Keys<boolean>, about: string): BenchOption {
  return { names, about, take: (draft) => void (draft[key] = true) };
}

function text(names: readonly string[], value: string, key: Keys<string>, about: string): BenchOption {
  return { names, value, about, take: (draft, word) => void (draft[key] = word) };
}

/** A file of TLS, which so is asked for. */
function tlsFile(name: string, key: 'cafile' | 'cert' | 'key', about: string): BenchOption {
  const take = (draft: BenchDraft, word: string): undefined => {
    draft[key] = word;
    draft.secure = true;
  };
  return { names: [name], value: 'FILE', about, take };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  /** Whether it may have decimals. */
  readonly isReal?: boolean;
}

function number(
  names: readonly string[],
  value: string,
  key: Keys<number>,
  { low, high, isReal = false }: Bounds,
  about: string,
): BenchOption {
  const form = isReal ? /^\d+(?:\.\d+)?$/ : /^\d+$/;
  const take = (draft: BenchDraft, word: string): string | undefined => {
    const read = Number(word);
    if (!form.test(word) || read < low || read > high)
      return `${names.at(-1)} is a${isReal ? '' : ' whole'} number from ${low} to ${high}, not '${word}'.`;
    draft[key] = read;
    return undefined;
  };
  return { names, value, about, take };
}

/** More would not find a port on one address. */
const CLIENTS: Bounds = { low: 1, high: 20_000 };

export const BENCH_OPTIONS: readonly BenchOption[] = [
  text(['--scenario'], 'NAME', 'scenario', 'the scenario; its name alone does too'),
  text(['-h', '--host'], 'HOST', 'host', 'the broker (localhost)'),
  number(['-p', '--port'], 'PORT', 'port', { low: 1, high: 65_535 }, 'its port (1883, with TLS 8883)'),
  text(['-u', '--username'], 'NAME', 'username', 'the user name of all clients'),
  text(['-P', '--pw'], 'PASSWORD', 'password', 'their password'),
  flag(['--tls'], 'secure', 'speak TLS, and trust the authorities of the system'),
  tlsFile('--cafile', 'cafile', 'speak TLS, and trust the authorities in this file, PEM'),
  tlsFile('--cert', 'cert', 'the certificate of all clients, PEM'),
  tlsFile('--key', 'key', 'the key of that certificate, PEM'),
  flag(['--insecure'], 'insecure', 'with TLS: do not check the name in the certificate of the broker'),
  number(['--clients'], 'N', 'clients', CLIENTS, 'how many there are where the scenario has many'),
  number(['--publishers'], 'N', 'publishers', CLIENTS, 'how many publish'),
  number(['--subscribers'], 'N', 'subscribers', CLIENTS, 'how many subscribe'),
  number(['--size'], 'BYTES', 'size', { low: 8, high: 1_048_576 }, 'the payload of each message (64)'),
  number(['--qos'], '0|1|2', 'qos', { low: 0, high: 2 }, 'of messages and subscriptions (0)'),
  number(
    ['--rate'],
    'N',
    'rate',
    { low: 0, high: 1_000_000, isReal: true },
    'messages a second of each publisher, connections a second of each client; 0 is as fast as it goes (0)',
  ),
  number(
    ['--inflight'],
    'N',
    'inflight',
    { low: 1, high: 60_000 },
    'messages that a publisher has under way (1000 among all, at least 5; at QoS 1 and 2 it has 20)',
  ),
  number(
    ['--duration'],
    'SECONDS',
    'duration',
    { low: 0.1, high: 86_400, isReal: true },
    'how long (10); Ctrl-C ends it early',
  ),
  flag(['--json'], 'json', 'print the result as JSON'),
  flag(['--quiet'], 'quiet', 'show no live rates; they are shown on a terminal only'),
  flag(['--help'], 'help', 'print this'),
];
