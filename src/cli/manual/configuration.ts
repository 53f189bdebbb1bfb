/** The manual page of the configuration file, made from the tables of its options. */
import { describeValues } from '../../config/describe.ts';
import { defaultOf, meaning, SCOPE_TEXTS } from '../../config/document.ts';
import type { Option } from '../../config/option.ts';
import { optionsByScope } from '../../config/options.ts';
import { sentence } from './page.ts';
import type { Entry, Example, Page, Part } from './page.ts';

const DESCRIPTION: readonly string[] = [
  'The file that zanzara -c names: a mosquitto.conf, with the options of Mosquitto 2.1 and more, which are marked "Zanzara only". It may have any name.',
  'After a change "zanzara -c FILE --test-config" checks it, and SIGHUP makes a running broker read it again. Some options count from the next start only: these say "Not on SIGHUP".',
];

const FORM: readonly string[] = [
  'A line is an option, a space and its value. A line that begins with # is a comment; an empty one means nothing. A TAB is no space, and nothing is quoted: a text is the rest of the line, and a # in it is part of it.',
  'Whole numbers may be decimal, hexadecimal (0x10) or octal (010). true and false may be written 1 and 0.',
  'A `listener` line begins a listener, to which the options of listeners below it belong; a `connection` line so begins a bridge, and a `plugin` line a plugin. Each lasts to the next one of its kind, or to the end of the file. Other options may stand anywhere.',
  'Where an option stands twice, a number or a word that counts last wins. A text that stands twice is an error, unless it may be repeated. An unknown option is an error, too.',
  '`include_dir` reads further files. -c may be given again on the command line: later files go on top.',
];

const EXAMPLES: readonly Example[] = [
  {
    text: 'Clients of all machines, with users and passwords, over TLS too. What was acknowledged is kept.',
    lines: [
      'persistence true',
      'persistence_location /var/lib/mosquitto',
      '',
      'allow_anonymous false',
      'password_file /etc/mosquitto/passwords',
      '',
      'listener 1883',
      '',
      'listener 8883',
      'certfile /etc/mosquitto/server.crt',
      'keyfile /etc/mosquitto/server.key',
    ],
  },
];

/** The page. */
export function configurationManual(): Page {
  return {
    name: 'zanzara.conf',
    chapter: 5,
    alias: 'mosquitto.conf',
    summary: 'the configuration file of an MQTT broker',
    calls: [],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      { title: 'FORM OF THE FILE', paragraphs: FORM },
      ...SCOPE_TEXTS.map(options),
      { title: 'EXAMPLES', examples: EXAMPLES },
    ],
    seeAlso: ['zanzara-broker(8)', 'zanzara-passwd(1)'],
  };
}

function options([scope, title, text]: (typeof SCOPE_TEXTS)[number]): Part {
  return {
    title: title.toUpperCase(),
    paragraphs: [text],
    entries: Object.entries(optionsByScope[scope]).map(entry),
  };
}

function entry([name, option]: readonly [string, Option]): Entry {
  const preset = defaultOf(option);
  const value = `Value: ${describeValues(option)}`;
  const facts = sentence(preset === '' ? value : `${value}; default \`${preset}\``);
  return { term: name, text: meaning(option), facts: option.reload ? facts : `${facts} Not on SIGHUP.` };
}
