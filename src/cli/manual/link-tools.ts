/** The manual page of `link-tools`, made from the table of its links. */
import { LINKS } from '../link-tools.ts';
import type { Page } from './page.ts';

const DESCRIPTION: readonly string[] = [
  "Makes links to this program in a folder, under the names of Mosquitto's programs, so that scripts and service files find them. The program behaves as the name says that it is started under.",
  'What is there already and is no link to this program is not touched: then no link is made. Links to this program stay as they are. The folder must be there. A folder that stands in PATH in front of that of another Mosquitto wins.',
];

/** The page. */
export function linkToolsManual(): Page {
  return {
    name: 'zanzara-link-tools',
    chapter: 1,
    summary: "make links under the names of Mosquitto's programs",
    calls: [['zanzara link-tools', 'folder']],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      {
        title: 'OPTIONS',
        entries: [{ term: '--help', text: 'Show how it is called, and the names of the links.' }],
      },
      { title: 'LINKS', entries: LINKS.map(([name, page]) => ({ term: name, text: `See ${page}.` })) },
      {
        title: 'EXIT STATUS',
        entries: [
          { term: '0', text: 'All links are there.' },
          { term: '1', text: 'No folder was given, it cannot be written, or a name is taken.' },
        ],
      },
      {
        title: 'EXAMPLES',
        examples: [
          { text: 'Let all users of the machine find them.', lines: ['zanzara link-tools /usr/local/bin'] },
        ],
      },
    ],
    seeAlso: ['zanzara(1)'],
  };
}
