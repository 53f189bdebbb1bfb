/** Root only as long as needed: the broker goes on as the user of its configuration. */
import { readFileSync } from 'node:fs';
import type { Log } from '../base/log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The user of `user`, when it is not set: as Mosquitto. */
const DEFAULT_USER = 'mosquitto';
const FALLBACK_USER = 'nobody';

/**
 * Started as root, becomes another user: by `PUID` and `PGID`, else `user`. False if that user does not exist;
 * the log says so. Does nothing for anyone but root.
 */
export function dropPrivileges(user: string | undefined, env: Environment, log: Log): boolean {
  if (process.getuid?.() !== 0) return true;
  if (env['PUID'] !== undefined || env['PGID'] !== undefined) return becomeIds(env, log);
  const wanted = user ?? DEFAULT_USER;
  if (wanted === 'root') return warnRoot(log);
  if (become(wanted, log)) return true;
  log.event('serverError', {
    text: `${missing(wanted)}${wanted === DEFAULT_USER ? ` Trying '${FALLBACK_USER}' instead.` : ''}`,
  });
  if (wanted !== DEFAULT_USER) return false;
  if (become(FALLBACK_USER, log)) return true;
  log.event('serverError', { text: `Error: Unable to drop privileges to '${FALLBACK_USER}'.` });
  return false;
}

function missing(user: string): string {
  const level = user === DEFAULT_USER ? 'Warning' : 'Error';
  return `${level}: Unable to drop privileges to '${user}' because this user does not exist.`;
}

function become(user: string, log: Log): boolean {
  const ids = accountOf(user);
  if (ids === undefined) return false;
  process.setgroups?.([ids.gid, ...groupsOf(user)]);
  process.setgid?.(ids.gid);
  process.setuid?.(ids.uid);
  log.event('runningAsUser', { user });
  return true;
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** An account of this machine; undefined if there is none of that name. */
function accountOf(user: string): Ids | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = lines.find((line) => line.startsWith(`${user}:`))?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The further groups that an account is a member of. */
function groupsOf(user: string): number[] {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, , gid, members = ''] = line.split(':');
    return gid !== undefined && members.split(',').includes(user) ? [Number(gid)] : [];
  });
}

/** Containers name the ids to run as; 0 leaves that one as it is. */
function becomeIds(env: Environment, log: Log): boolean {
  const uid = readId('PUID', env, log);
  const gid = readId('PGID', env, log);
  if (uid === undefined || gid === undefined) return false;
  if (gid > 0) {
    process.setgroups?.([gid]);
    process.setgid?.(gid);
  }
  if (uid > 0) process.setuid?.(uid);
  return process.getuid?.() === 0 ? warnRoot(log) : true;
}

/** 0 where the variable is not set; undefined where it is no id, and the log says so. */
function readId(name: string, env: Environment, log: Log): number | undefined {
  const text = env[name] ?? '0';
  if (/^\d+$/.test(text)) return Number(text);
  const problem = /^-\d+$/.test(text) ? `${name} must not be negative` : `${name} not a valid ID '${text}'`;
  log.event('serverError', { text: `Error: ${problem}` });
  return undefined;
}

function warnRoot(log: Log): true {
  log.event('runningAsRoot', {});
  return true;
}
