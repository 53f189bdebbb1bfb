/** `pub --timestamp`: when a message was sent, for `sub --stats` to tell how long it took. */

/** The user property: milliseconds since 1970, with a fraction. */
export const TIMESTAMP = 'timestamp';

/** The time now, as the property's value. */
export function timestampNow(): string {
  return (performance.timeOrigin + performance.now()).toFixed(3);
}
