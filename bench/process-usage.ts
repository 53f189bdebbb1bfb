/** What a process uses, as Linux tells it in `/proc`. Elsewhere nothing is known, and every answer is null. */
import { readFileSync } from 'node:fs';

/** `USER_HZ`: the unit of times in `/proc`, 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process, all its threads, user and system; in steps of 10 ms. */
export function cpuSeconds(pid: number): number | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return null;
  // The second field is the name in parentheses, which may hold spaces; the 14th and 15th are utime and stime
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process. */
export function residentKib(pid: number): number | null {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '');
  return line === null ? null : Number(line[1]);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no Linux, or the process has ended
  }
}
