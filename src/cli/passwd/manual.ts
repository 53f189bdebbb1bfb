/** The manual page of `passwd`, made from the table of its options. */
import { sentence } from '../manual/page.ts';
import type { Entry, Page } from '../manual/page.ts';
import { PASSWD_OPTIONS } from './options.ts';
import type { PasswdOption } from './options.ts';

const FORMS = [
  '[-H hash] [-I iterations] [-c | -D] passwordfile username',
  '[-H hash] [-I iterations] [-c] -b passwordfile username password',
  '[-H hash] [-I iterations] -U passwordfile',
] as const;

const DESCRIPTION: readonly string[] = [
  'Keeps the users and the hashed passwords of a file that a broker reads with the option password_file. Also runs under the name mosquitto_passwd.',
  'Options stand in front of the file. Without -b the password is asked for twice; on a terminal it is not shown, and when standard input is a pipe its first two lines are read.',
  'A new file is for its owner alone (mode 0600). A file that is there keeps its owner and its permissions. It is replaced at once, so that a broker never reads half of it; where that is not possible it is overwritten, with a backup beside it until that is done. A file that is a symbolic link is refused.',
  'After a change tell the broker to read the file again: send it SIGHUP.',
];

const FORMAT: readonly string[] = [
  'A line is a user name, ":" and a hash. Lines that are empty or begin with "#" stay as they are. Hashes are $7$ (PBKDF2 with HMAC-SHA-512), $argon2id$ (Argon2id) and $6$ (SHA-512), of a salt of 64 bytes. Mosquitto 2.0 reads salts of 12 bytes only; files that it wrote are read here.',
];

const EXIT: readonly Entry[] = [
  {
    term: '0',
    text: 'It is done, or it was interrupted while it asked for the password: then nothing was changed.',
  },
  { term: '1', text: 'Anything is wrong, or there is no such user to delete. --help, too.' },
  { term: '2', text: 'The two passwords are different.' },
];

const ENVIRONMENT: readonly Entry[] = [
  { term: 'MOSQUITTO_UNSAFE_ALLOW_SYMLINKS', text: 'If it is set, the file may be a symbolic link.' },
];

/** The page. */
export function passwdManual(): Page {
  return {
    name: 'zanzara-passwd',
    chapter: 1,
    alias: 'mosquitto_passwd',
    summary: 'manage password files of an MQTT broker',
    calls: FORMS.map((form) => ['zanzara passwd', form]),
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      { title: 'OPTIONS', entries: PASSWD_OPTIONS.map(option) },
      { title: 'FILE FORMAT', paragraphs: FORMAT },
      { title: 'EXIT STATUS', entries: EXIT },
      { title: 'ENVIRONMENT', entries: ENVIRONMENT },
    ],
    seeAlso: ['zanzara(1)', 'zanzara-broker(8)', 'zanzara.conf(5)'],
  };
}

function option({ name, value, text, more }: PasswdOption): Entry {
  return {
    term: name,
    ...(value === undefined ? {} : { value }),
    text: [sentence(text), more ?? []].flat().join(' '),
  };
}
