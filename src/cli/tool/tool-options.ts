/** Every option of `pub`, `sub` and `rr`: the parser, the help and the manual pages come from these rows. */
import type { QoS } from '../../protocol/packet.ts';
import { connectionOptions } from './connection-options.ts';
import { flag, integer, limited, text } from './option-kinds.ts';
import { takeFormat } from './format.ts';
import { argumentBytes } from './raw-argument.ts';
import type { ToolDraft, ToolOption } from './tool-option.ts';
import { checkFilter, checkTopic, takeTopic } from './topic-option.ts';

const RETAIN_HANDLING: Readonly<Record<string, 0 | 1 | 2>> = { always: 0, new: 1, never: 2 };

const publishing: readonly ToolOption[] = [
  text('PR', ['-f', '--file'], 'FILE', 'file', 'send the contents of a file as the message.', (draft, path) =>
    payload(draft, { from: 'file', path }),
  ),
  flag(
    'P',
    ['-l', '--stdin-line'],
    'read messages from stdin, sending a separate message for each line.',
    (draft) => payload(draft, { from: 'stdin lines' }),
  ),
  text('PR', ['-m', '--message'], 'MESSAGE', 'message', 'message payload to send.', (draft, value) =>
    payload(draft, { from: 'text', bytes: argumentBytes(value) }),
  ),
  flag('PR', ['-n', '--null-message'], 'send a null (zero length) message.', (draft) =>
    payload(draft, { from: 'nothing' }),
  ),
  flag('P', ['-r', '--retain'], 'message should be retained.', (draft) => void (draft.retain = true)),
  integer(
    'P',
    ['--repeat'],
    'N',
    'count',
    'if publish mode is -f, -m, -n or -s, then repeat the publish N times.',
    {
      low: 1,
      refuse: () => 'Error: --repeat argument must be >0.\n',
      set: (draft, count) => void (draft.repeat = count),
    },
  ),
  text(
    'P',
    ['--repeat-delay'],
    'SECONDS',
    'time',
    'if using --repeat, wait so many seconds between publishes. Defaults to 0.',
    (draft, value) => {
      const seconds = Number.parseFloat(value) || 0;
      if (seconds < 0) return 'Error: --repeat-delay argument must be >=0.0.\n';
      draft.repeatDelaySeconds = seconds;
      return undefined;
    },
  ),
  flag(
    'PR',
    ['-s', '--stdin-file'],
    'read message from stdin, sending the entire input as a message.',
    (draft) => payload(draft, { from: 'stdin' }),
  ),
  text(
    'R',
    ['-e'],
    'TOPIC',
    'response topic',
    'the topic on which the response is expected.',
    (draft, topic) => {
      draft.responseTopic = topic;
      return checkTopic(topic, 'response', '-e');
    },
  ),
  flag('R', ['--latency'], 'print how long the response took.', (draft) => void (draft.latency = true)),
  flag(
    'P',
    ['--timestamp'],
    "add the time of sending as a user property; 'sub --stats' reads it.",
    (draft) => {
      draft.timestamp = true;
      draft.version = 5;
    },
  ),
  flag(
    'PS',
    ['--progress'],
    'show on a terminal how many messages went through.',
    (draft) => void (draft.progress = true),
  ),
];

const subscribing: readonly ToolOption[] = [
  integer('S', ['-C'], 'COUNT', 'count', 'disconnect and exit after receiving so many messages.', {
    low: 1,
    refuse: (count) => `Error: Invalid message count "${count}".\n`,
    set: (draft, count) => void (draft.count = count),
  }),
  flag(
    'S',
    ['-E'],
    'exit once all subscriptions have been acknowledged by the broker.',
    (draft) => void (draft.exitAfterSuback = true),
  ),
  text(
    'SR',
    ['-F'],
    'FORMAT',
    'format',
    'print messages by this format: see OUTPUT FORMAT in the manual page.',
    takeFormat,
  ),
  flag(
    'SR',
    ['-N'],
    'do not add an end of line character when printing the payload.',
    (draft) => void (draft.endOfLine = false),
  ),
  flag('SR', ['--pretty'], 'print JSON indented.', (draft) => void (draft.pretty = true)),
  flag('SR', ['-R'], 'do not print stale messages (those with retain set).', (draft) => {
    if (draft.retained === 'only') return "Error: Combining '-R' and '--retained-only' makes no sense.";
    draft.retained = 'not';
    draft.retainHandling = 2;
    return undefined;
  }),
  flag(
    'S',
    ['--retained-only'],
    'only handle messages with the retained flag set, and exit at the first without.',
    (draft) => {
      if (draft.retained === 'not') return "Error: Combining '-R' and '--retained-only' makes no sense.";
      draft.retained = 'only';
      return undefined;
    },
  ),
  flag(
    'S',
    ['--remove-retained'],
    'clear the retained messages that are received; -T keeps some.',
    (draft) => void (draft.removeRetained = true),
  ),
  flag(
    'SR',
    ['--retain-as-published'],
    'MQTT v5: keep the retain flag as it was published.',
    (draft) => void (draft.retainAsPublished = true),
  ),
  text(
    'SR',
    ['--retain-handling'],
    'WHEN',
    'retain handling',
    'MQTT v5: always, new or never send retained messages.',
    (draft, value) => {
      const handling = Object.hasOwn(RETAIN_HANDLING, value) ? RETAIN_HANDLING[value] : undefined;
      if (handling === undefined) return `Error: Unknown value '${value}' for --retain-handling.\n`;
      draft.retainHandling = handling;
      return undefined;
    },
  ),
  text(
    'S',
    ['--random-filter'],
    'PERCENT',
    'chance',
    'only print this percentage of the messages, from 0.1 to 100.',
    (draft, value) => {
      const percent = Number.parseFloat(value) || 0;
      if (percent < 0.1 || percent > 100) return 'Error: --random-filter chance must be between 0.1-100.0\n';
      draft.randomPercent = percent;
      return undefined;
    },
  ),
  flag(
    'S',
    ['--message-rate'],
    'print how many messages came in each second, in the place of them.',
    (draft) => void (draft.messageRate = true),
  ),
  flag('S', ['--stats'], 'print rates and latencies once a second, in the place of messages.', (draft) => {
    draft.stats = true;
    draft.version ??= 5; // times of sending are a property
  }),
  text(
    'S',
    ['-T', '--filter-out'],
    'FILTER',
    'topic filter',
    'topics not to print. May be repeated.',
    (draft, filter) => {
      draft.filterOut.push(filter);
      return checkFilter(filter, 'filter', '-T');
    },
  ),
  text(
    'S',
    ['-U', '--unsubscribe'],
    'FILTER',
    'unsubscribe topic',
    'unsubscribe from a topic. May be repeated.',
    (draft, filter) => {
      draft.unsubscribe.push(filter);
      return checkFilter(filter, 'unsubscribe', '-U');
    },
  ),
  flag(
    'SR',
    ['-v', '--verbose'],
    'print the topic in front of each message.',
    (draft) => void (draft.verbose = true),
  ),
  flag(
    'S',
    ['-w', '--watch'],
    'give each topic a line of its own on the screen.',
    (draft) => void (draft.watch = true),
  ),
  integer('SR', ['-W'], 'SECONDS', 'timeout', 'end after so many seconds.', {
    low: 1,
    refuse: (seconds) => `Error: Invalid timeout "${seconds}".\n`,
    set: (draft, seconds) => void (draft.timeoutSeconds = seconds),
  }),
];

const both: readonly ToolOption[] = [
  flag('PSR', ['-d', '--debug'], 'print what is sent and received.', (draft) => void (draft.debug = true)),
  limited('PSR', ['-q', '--qos'], 'QOS', 'QoS', 'quality of service, 0, 1 or 2. Defaults to 0.', {
    low: 0,
    high: 2,
    refuse: (qos) => `Error: Invalid QoS given: ${qos}`,
    set: (draft, qos) => void (draft.qos = qos as QoS),
  }),
  flag('PSR', ['--quiet'], "don't print error messages.", (draft) => void (draft.quiet = true)),
  text('PSR', ['-t', '--topic'], 'TOPIC', 'topic', 'the topic; sub takes several filters.', (draft, topic) =>
    takeTopic(draft, topic, '-t'),
  ),
  flag('PSR', ['--help'], 'display this message.', (draft) => void (draft.show = 'help')),
  flag('PSR', ['--version'], 'display the version.', (draft) => void (draft.show = 'version')),
];

/** In the order of the help: what names one letter, then what is spelled out. */
export const TOOL_OPTIONS: readonly ToolOption[] = [
  ...both,
  ...connectionOptions,
  ...publishing,
  ...subscribing,
].toSorted((a, b) => rank(a) - rank(b) || compare(a.names[0]!, b.names[0]!));

function rank({ names }: ToolOption): number {
  return names[0]!.startsWith('--') ? 1 : 0;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en');
}

function payload(draft: ToolDraft, source: ToolDraft['payload']): string | undefined {
  if (draft.payload !== undefined) return 'Error: Only one type of message can be sent at once.\n';
  draft.payload = source;
  return undefined;
}
