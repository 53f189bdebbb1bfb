/** The manual page of `zanzara` itself, made from the table of its commands. */
import { COMMAND_TEXTS } from '../command-list.ts';
import { sentence } from './page.ts';
import type { Example, Page } from './page.ts';

const DESCRIPTION: readonly string[] = [
  'An MQTT broker and its tools, in one program. Without a command it is the broker.',
  "It is a drop-in for Mosquitto: the broker reads its configuration, the tools have the options, the output and the exit codes of its tools. Started through a link that has the name of one of Mosquitto's programs it behaves as that program: zanzara-link-tools(1) makes such links.",
  'The package is a library too, for TypeScript and JavaScript: the broker (zanzara) and clients (zanzara/client, zanzara/mosquitto) inside a program. Its folder docs describes them.',
];

const OPTIONS: readonly string[] = [
  'Options without a command are those of the broker. Each command but help shows its own with --help.',
];

const EXAMPLES: readonly Example[] = [
  {
    text: 'A broker, and in other terminals a subscriber and a publisher:',
    lines: ['zanzara', "zanzara sub -t 'hello/#' -v", "zanzara pub -t hello/world -m 'it works'"],
  },
];

/** The page. */
export function overviewManual(): Page {
  const commands = Object.entries(COMMAND_TEXTS);
  const pages = commands.map(([, { page }]) => page).filter((page) => page !== 'zanzara(1)');
  return {
    name: 'zanzara',
    chapter: 1,
    summary: 'MQTT broker and tools',
    calls: [
      ['zanzara', '[options of the broker]'],
      ['zanzara', 'command [options]'],
    ],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      {
        title: 'COMMANDS',
        entries: commands.map(([name, { about, page }]) => ({
          term: name,
          text: sentence(page === 'zanzara(1)' ? about : `${about}: ${page}`),
        })),
      },
      { title: 'OPTIONS', paragraphs: OPTIONS },
      {
        title: 'EXIT STATUS',
        paragraphs: ['That of the command.'],
        entries: [{ term: '3', text: 'There is no such command.' }],
      },
      { title: 'EXAMPLES', examples: EXAMPLES },
    ],
    seeAlso: [...pages, 'zanzara.conf(5)'],
  };
}
