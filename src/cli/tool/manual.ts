/** The manual pages of `pub`, `sub` and `rr`, made from the tables. */
import { sentence } from '../manual/page.ts';
import type { Entry, Example, Page } from '../manual/page.ts';
import { optionsOf } from './arguments.ts';
import { DIRECTIVES } from './format-directives.ts';
import { PROPERTIES } from './property-option.ts';
import type { ToolOption } from './tool-option.ts';
import { TOOL_TEXTS } from './tool-text.ts';

type ToolName = keyof typeof TOOL_TEXTS;

/** A part of a page, and the tools on whose pages it stands. */
interface Section {
  readonly tools: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly entries?: readonly (readonly [term: string, text: string])[];
}

const DESCRIPTIONS: Readonly<Record<ToolName, string>> = {
  pub: 'Connects to an MQTT broker, publishes what it was given on one topic, and ends when the broker has it.',
  sub: 'Connects to an MQTT broker, subscribes to topics, and prints each message that comes. When the connection is lost it comes back, a second later, for as long as it takes.',
  rr: 'Connects to an MQTT broker, subscribes to a response topic, publishes a request, prints the first response, and ends. With MQTT v5 the request says where the response is to go.',
};

const FORMAT: readonly string[] = [
  'Without -F the payload is printed as it is, and a line feed; with -v the topic and a space in front of it. An empty payload prints nothing; with -v "(null)".',
  'A format is text with directives: % and a letter. Between them may stand - to begin at the left of the field, 0 to fill it with zeros, its width, a dot and its precision. With %x and %X the precision is how many digits stand together, and the character after it what stands between them: %.2:x prints 61:62:63.',
  'With %p and %x the width cuts as well as fills. With %t, %C and %R the precision cuts; with %f and %d it is the number of decimals. A property that a message does not have is as many blanks as the field is wide.',
  'A path after %j or %J prints a part of a payload that is JSON: %j.temperature, %j.list[0].name, %j.["any name"]. A string is printed as it is, anything else as JSON, and what is not there as nothing.',
  '@ and a letter prints the time of day as strftime(3) does with % and that letter; @N prints nanoseconds, @@ an @. \\\\ \\0 \\a \\e \\n \\r \\t and \\v are what they are in C.',
];

const SECTIONS: readonly Section[] = [
  {
    tools: 'SR',
    title: 'OUTPUT FORMAT',
    paragraphs: FORMAT,
    entries: [...DIRECTIVES].map(([letter, { text }]) => [`%${letter}`, sentence(text)]),
  },
  {
    tools: 'PSR',
    title: 'PROPERTIES',
    paragraphs: [
      'With -D, of MQTT v5. Each with the packets that it can be given for; user-property has two values and may be repeated.',
    ],
    entries: Object.entries(PROPERTIES)
      .filter(([, { commands }]) => commands.length > 0)
      .map(([name, { commands }]) => [name, `${commands.join(', ')}.`]),
  },
  {
    tools: 'S',
    title: 'LATENCIES',
    paragraphs: [
      'pub --timestamp adds the user property "timestamp": when the message was sent, in milliseconds since 1970, with three decimals. sub --stats compares it with its own clock, and prints the median and the 99th percentile of each second. The clocks of two machines differ: rather publish and subscribe on one.',
    ],
  },
  {
    tools: 'PSR',
    title: 'FILES',
    paragraphs: [
      'Options may stand in a file, one a line: the option, a space, and its value, which is the rest of the line. A line that begins with # is a comment. The options of the command line come after those of the file, and win.',
    ],
    entries: [
      [
        '$XDG_CONFIG_HOME/mosquitto_TOOL',
        'The options of TOOL: pub, sub or rr. Not read if -o names another file.',
      ],
      ['$HOME/.config/mosquitto_TOOL', 'The same, if XDG_CONFIG_HOME is not set.'],
    ],
  },
  {
    tools: 'PSR',
    title: 'ENVIRONMENT',
    paragraphs: [],
    entries: [
      ['XDG_CONFIG_HOME, HOME', 'Where the options file is.'],
      ['SSL_CERT_FILE, SSL_CERT_DIR', 'The authorities that --tls-use-os-certs trusts.'],
      ['NO_COLOR', 'If it is set, nothing is coloured. On what is no terminal nothing is anyway.'],
      ['TZ', 'The time zone of what is printed.'],
    ],
  },
  {
    tools: 'PSR',
    title: 'EXIT STATUS',
    paragraphs: [],
    entries: [
      ['0', 'Success.'],
      [
        '1',
        'The command line is wrong, a file cannot be read, or the broker cannot be reached. --help and --version, too.',
      ],
      ['2', 'The broker broke the protocol.'],
      ['7', 'The connection was lost.'],
      ['8', 'TLS failed.'],
      ['27', 'The time given with -W is over.'],
      ['other', 'The broker refused the connection: its return code, or its reason code with MQTT v5.'],
      ['255', 'sub was interrupted before the broker had answered.'],
    ],
  },
];

const EXAMPLES: Readonly<Record<ToolName, readonly Example[]>> = {
  pub: [
    {
      text: 'Publish a temperature, for who comes later too.',
      lines: ['zanzara pub -t attic/temperature -m 21.5 -r'],
    },
    { text: 'Publish each line of a program.', lines: ['sensors | zanzara pub -t attic -l -q 1'] },
  ],
  sub: [
    { text: 'Print everything, with its topics.', lines: ["zanzara sub -t '#' -v"] },
    {
      text: 'Print the time, the topic and a part of each payload.',
      lines: ["zanzara sub -t 'attic/#' -F '@H:@M %t %j.temperature'"],
    },
    {
      text: 'Forget all retained messages.',
      lines: ["zanzara sub -t '#' --retained-only --remove-retained -W 5"],
    },
  ],
  rr: [
    {
      text: 'Ask, and wait for five seconds at the most.',
      lines: ['zanzara rr -t attic/ask -e attic/answer/1 -m temperature -W 5'],
    },
  ],
};

/** The page of one of them. */
export function toolManual(name: ToolName): Page {
  const { letter, needs, summary } = TOOL_TEXTS[name];
  const others = Object.keys(TOOL_TEXTS).filter((other) => other !== name);
  return {
    name: `zanzara-${name}`,
    chapter: 1,
    alias: `mosquitto_${name}`,
    summary: summary.replace(/^is (?:an?|a simple) /, '').replace(/\.$/, ''),
    calls: [[`zanzara ${name}`, `${needs} [options]`]],
    parts: [
      {
        title: 'DESCRIPTION',
        paragraphs: [
          `${DESCRIPTIONS[name]} Also runs under the name mosquitto_${name}, whose options, output and exit codes it has.`,
        ],
      },
      { title: 'OPTIONS', entries: optionsOf(letter).map(option) },
      ...SECTIONS.filter(({ tools }) => tools.includes(letter)).map(
        ({ title, paragraphs, entries = [] }) => ({
          title,
          paragraphs,
          entries: entries.map(([term, text]) => ({ term, text })),
        }),
      ),
      { title: 'EXAMPLES', examples: EXAMPLES[name] },
    ],
    seeAlso: ['zanzara(1)', ...others.map((other) => `zanzara-${other}(1)`)],
  };
}

function option({ names, value, text }: ToolOption): Entry {
  return { term: names.join(', '), ...(value === undefined ? {} : { value }), text: sentence(text) };
}
