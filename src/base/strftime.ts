/**
 * strftime() of C99 for local time, in the C locale. Local is what the process says it is (`TZ`).
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

const two = (value: number, pad = '0'): string => String(value).padStart(2, pad);

const hour12 = (time: Date): number => time.getHours() % 12 || 12;

/** Counted from 0, by the calendar: days do not all have 24 hours. */
function dayOfYear(time: Date): number {
  const midnight = Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return Math.round((midnight - Date.UTC(time.getFullYear(), 0, 1)) / 86_400_000);
}

/** The week of the year that starts with its first `firstDay` (0 is Sunday); the days before it are week 0. */
function week(time: Date, firstDay: number): number {
  const sinceFirstDay = (time.getDay() - firstDay + 7) % 7;
  return Math.floor((dayOfYear(time) + 7 - sinceFirstDay) / 7);
}

/** ISO 8601: the week of a day, and its year, are those of the Thursday of that week. */
function thursday(time: Date): Date {
  const fromMonday = (time.getDay() + 6) % 7;
  // at noon, because in some zones a day has no midnight
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() - fromMonday + 3, 12);
}

function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(Math.trunc(size % 60))}`;
}

/** The zone's abbreviation. JavaScript gives one only to those whose own zone it is: hence one locale per region. */
const ZONE_LOCALES = [
  'en-US',
  'en-GB',
  'en-AU',
  'en-NZ',
  'en-IN',
  'en-ZA',
  'en-HK',
  'ja-JP',
  'id-ID',
] as const;

/** Abbreviations that no locale knows, of zones that have no summer time. */
const ZONES: Readonly<Record<string, string>> = {
  'Asia/Karachi': 'PKT',
  'Asia/Macau': 'CST',
  'Asia/Manila': 'PST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Europe/Moscow': 'MSK',
};

function zone(time: Date): string {
  const known = ZONES[new Intl.DateTimeFormat().resolvedOptions().timeZone];
  if (known !== undefined) return known;
  for (const locale of ZONE_LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(time);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value;
    if (name !== undefined && !/^(?:GMT|UTC)./.test(name)) return name;
  }
  // Where there is no abbreviation the zone database itself writes the offset, without minutes if they are 0.
  return offset(time).replace(/00$/, '');
}

const CONVERSIONS: Readonly<Record<string, (time: Date) => string>> = {
  a: (time) => (DAYS[time.getDay()] ?? '').slice(0, 3),
  A: (time) => DAYS[time.getDay()] ?? '',
  b: (time) => (MONTHS[time.getMonth()] ?? '').slice(0, 3),
  B: (time) => MONTHS[time.getMonth()] ?? '',
  c: (time) => print('%a %b %e %H:%M:%S %Y', time),
  C: (time) => two(Math.floor(time.getFullYear() / 100)),
  d: (time) => two(time.getDate()),
  D: (time) => print('%m/%d/%y', time),
  e: (time) => two(time.getDate(), ' '),
  F: (time) => print('%Y-%m-%d', time),
  g: (time) => two(thursday(time).getFullYear() % 100),
  G: (time) => String(thursday(time).getFullYear()),
  h: (time) => print('%b', time),
  H: (time) => two(time.getHours()),
  I: (time) => two(hour12(time)),
  j: (time) => String(dayOfYear(time) + 1).padStart(3, '0'),
  // GNU and BSD have these three on top of C99
  k: (time) => two(time.getHours(), ' '),
  l: (time) => two(hour12(time), ' '),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  m: (time) => two(time.getMonth() + 1),
  M: (time) => two(time.getMinutes()),
  n: () => '\n',
  p: (time) => (time.getHours() < 12 ? 'AM' : 'PM'),
  P: (time) => (time.getHours() < 12 ? 'am' : 'pm'),
  r: (time) => print('%I:%M:%S %p', time),
  R: (time) => print('%H:%M', time),
  S: (time) => two(time.getSeconds()),
  t: () => '\t',
  T: (time) => print('%H:%M:%S', time),
  u: (time) => String(time.getDay() || 7),
  U: (time) => two(week(time, 0)),
  V: (time) => two(Math.floor(dayOfYear(thursday(time)) / 7) + 1),
  w: (time) => String(time.getDay()),
  W: (time) => two(week(time, 1)),
  x: (time) => print('%m/%d/%y', time),
  X: (time) => print('%H:%M:%S', time),
  y: (time) => two(time.getFullYear() % 100),
  Y: (time) => String(time.getFullYear()),
  z: offset,
  Z: zone,
  '%': () => '%',
};

function print(format: string, time: Date): string {
  // The C locale has no alternative calendar or digits, so %Ey is %y and %Od is %d.
  return format.replaceAll(/%[EO]?(.)/gsu, (whole, letter: string) => CONVERSIONS[letter]?.(time) ?? whole);
}

/** Formats `now` (ms since 1970) as strftime() does. A conversion that does not exist is printed as it stands. */
export function strftime(format: string, now: number): string {
  return print(format, new Date(now));
}
