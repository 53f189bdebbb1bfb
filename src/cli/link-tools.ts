/** `zanzara link-tools`: the names of Mosquitto's programs as links to this one. */
import { accessSync, constants, lstatSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemText } from '../server/system-text.ts';
import type { Command, Io } from './io.ts';

/** What this program can be called instead of `zanzara`, and the manual page of what it then is. */
export const LINKS: readonly (readonly [name: string, page: string])[] = [
  ['mosquitto', 'zanzara-broker(8)'],
  ['mosquitto_pub', 'zanzara-pub(1)'],
  ['mosquitto_sub', 'zanzara-sub(1)'],
  ['mosquitto_rr', 'zanzara-rr(1)'],
  ['mosquitto_passwd', 'zanzara-passwd(1)'],
  ['mosquitto_db_dump', 'zanzara-db-dump(1)'],
];

const USAGE = `Usage: zanzara link-tools DIR

Makes links in the folder DIR, so that scripts find this program under the names of Mosquitto's:
${LINKS.map(([name]) => name).join(', ')}.
What is there already and is no link to this program is not touched.

The manual page, zanzara-link-tools(1), says more.
`;

/** What a name in the folder is. */
type Place = 'free' | 'ours' | 'taken';

export const linkTools: Command = async (argv, io) => {
  const [folder, ...rest] = argv;
  if (folder === '--help') {
    io.stdout(USAGE);
    return 0;
  }
  if (folder === undefined || rest.length > 0 || folder.startsWith('-')) {
    io.stderr('Error: link-tools needs one folder.\n');
    io.stdout(USAGE);
    return 1;
  }
  return link(resolve(folder), io);
};

/** All or nothing: a name that is taken, or a folder that is not there, and none is made. */
function link(folder: string, io: Io): number {
  const program = realpathSync(process.argv[1]!);
  try {
    const places = LINKS.map(([name]) => ({
      path: join(folder, name),
      is: placeOf(join(folder, name), program),
    }));
    const taken = places.filter(({ is }) => is === 'taken');
    for (const { path } of taken)
      io.stderr(`Error: ${path} is there already, and is no link to ${program}.\n`);
    if (taken.length > 0) {
      io.stderr('No link was made. Remove what stands in the way, or choose another folder.\n');
      return 1;
    }
    for (const { path, is } of places) {
      if (is === 'free') symlinkSync(program, path);
      io.stdout(`${path} -> ${program}${is === 'ours' ? ' (was there)' : ''}\n`);
    }
    if (!isExecutable(program))
      io.stderr(`Warning: The system does not run ${program} yet: chmod +x ${program}\n`);
    return 0;
  } catch (error) {
    io.stderr(`Error: Unable to make links in ${folder}. ${systemText(error as NodeJS.ErrnoException)}.\n`);
    return 1;
  }
}

function isExecutable(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false; // as in a source tree, where Node is called by name
  }
}

function placeOf(path: string, program: string): Place {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'free';
  if (!stats.isSymbolicLink()) return 'taken';
  return readlinkSync(path) === program || leadsTo(path, program) ? 'ours' : 'taken';
}

function leadsTo(path: string, program: string): boolean {
  try {
    return realpathSync(path) === program;
  } catch {
    return false; // a link to nothing is somebody else's
  }
}
