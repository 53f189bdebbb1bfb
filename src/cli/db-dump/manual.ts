/** The manual page of `db-dump`, made from the table of its options. */
import { sentence } from '../manual/page.ts';
import type { Entry, Page } from '../manual/page.ts';
import { DUMP_OPTIONS } from './options.ts';

const DESCRIPTION: readonly string[] = [
  'Prints what the persistence file of an MQTT broker holds: a mosquitto.db of Mosquitto or of Zanzara, versions 2 to 6. Also runs under the name mosquitto_db_dump. A broker that has the file open is not disturbed.',
  'Without an option each chunk of the file is printed with its fields, one a line. Payloads are shown that are shorter than 256 bytes and are text.',
  'A store of Zanzara in a file of SQLite is printed in the same forms, as the mosquitto.db that would be written from it: without wills, which have no place there.',
];

const JSON_FORM: readonly string[] = [
  '--json prints one object with the lists base-messages, clients, client-messages, retained-messages and subscriptions, one record a line. Payloads are in Base64, times in seconds since 1970, 0 for never. storeid is the number of a message in the file. It has up to 64 bits: more than most programs keep of a number.',
];

const EXIT: readonly Entry[] = [
  { term: '0', text: 'All of the file was printed.' },
  {
    term: '1',
    text: 'The command line is wrong, or the file cannot be read or is damaged. What stands in front of the damage is printed.',
  },
];

/** The page. */
export function dumpManual(): Page {
  return {
    name: 'zanzara-db-dump',
    chapter: 1,
    alias: 'mosquitto_db_dump',
    summary: 'print the persistence file of an MQTT broker',
    calls: [['zanzara db-dump', '[--stats | --client-stats | --json] file']],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      {
        title: 'OPTIONS',
        entries: DUMP_OPTIONS.map(({ name, text }) => ({ term: name, text: sentence(text) })),
      },
      { title: 'JSON', paragraphs: JSON_FORM },
      { title: 'EXIT STATUS', entries: EXIT },
    ],
    seeAlso: ['zanzara(1)', 'zanzara-broker(8)', 'zanzara.conf(5)'],
  };
}
