/** The time of day as tools print it and send it: in milliseconds since 1970, to the microsecond. */

/** `pub --timestamp` adds a user property of this name: when the message was sent. `sub --stats` reads it. */
export const TIMESTAMP = 'timestamp';

/** Now. More digits than these a number of this size does not hold. */
export function timeNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

/** The six digits after the seconds. */
export function microseconds(time: number): string {
  return String(Math.round(time * 1000) % 1e6).padStart(6, '0');
}
