/**
 * The log. Code says what happened (an event of `log-events.ts`); a dialect of `log-dialect.ts` says how that
 * reads; this class decides whether anybody wants to read it and puts the time in front.
 */
import { LOG_TABLE, type LogForm, type LogRow, type LogType } from './log-dialect.ts';
import type { LogEventName, LogEvents } from './log-events.ts';
import { capped, jsonLine, printable, TimePrefix } from './log-line.ts';

/** How events are printed: the lines of Mosquitto 2.1, those of its 1.4 series, or one JSON object a line. */
export type LogDialect = 'mosquitto' | 'mosquitto-1.4' | 'json';

/** What is printed and how. `all` and `none` of `log_type` are resolved by whoever makes one of these. */
export interface LogSettings {
  readonly types: ReadonlySet<LogType>;
  readonly dialect: LogDialect;
  /** Whether lines start with their time; in `json`, whether objects have a `time`. */
  readonly timestamp: boolean;
  /** For strftime, in local time; without it, time is in seconds since 1970. In `json` time is always ISO 8601. */
  readonly timestampFormat?: string;
  /** Whether clients that come and go are logged. */
  readonly connectionMessages: boolean;
}

/** One line on its way to the destinations. `text` is complete, but for the LF. */
export interface LogLine {
  readonly level: LogType;
  readonly event: LogEventName;
  readonly text: string;
}

/** What Mosquitto does without a configuration, and always before it has read one. */
export const DEFAULT_LOG_SETTINGS: LogSettings = {
  types: new Set<LogType>(['error', 'warning', 'notice', 'information']),
  dialect: 'mosquitto',
  timestamp: true,
  connectionMessages: true,
};

/** Events in, lines out. */
export class Log {
  /**
   * Whether anybody reads events of level debug. The path of a PUBLISH asks before it builds the fields:
   * `if (log.debug) log.event('publishSent', { … })`.
   */
  readonly debug: boolean = false;

  readonly #now: () => number;
  readonly #write: (line: LogLine) => void;
  #settings: LogSettings = DEFAULT_LOG_SETTINGS;
  #prefix: TimePrefix = new TimePrefix(undefined);

  /** `now` is in ms since 1970. `write` gets every line, in order; it must not throw. */
  constructor(settings: LogSettings, now: () => number, write: (line: LogLine) => void) {
    this.#now = now;
    this.#write = write;
    this.configure(settings);
  }

  /** Changes what is printed and how, from the next event on. */
  configure(settings: LogSettings): void {
    this.#settings = settings;
    this.#prefix = new TimePrefix(settings.timestampFormat);
    // Read-only to everybody else, and a plain field because the hot path reads it.
    (this as { debug: boolean }).debug = settings.types.has('debug');
  }

  /** Prints the event, if its level is on, in as many lines as the dialect has for it. */
  event<E extends LogEventName>(name: E, fields: LogEvents[E]): void {
    const row: LogRow<LogEvents[E]> = LOG_TABLE[name];
    const { dialect, types, connectionMessages } = this.#settings;
    const level = dialect === 'mosquitto-1.4' ? (row.oldLevel?.(fields) ?? row.level) : row.level;
    if (!types.has(level)) return;
    if (!connectionMessages && row.aboutConnection?.(fields) === true) return;
    if (dialect === 'json') {
      this.#write({ level, event: name, text: this.#json(level, name, fields) });
      return;
    }
    const messages = formOf(row, dialect)(printable(fields));
    if (typeof messages === 'string') this.#print(level, name, messages);
    else messages?.forEach((message) => this.#print(level, name, message));
  }

  #print(level: LogType, event: LogEventName, message: string): void {
    const time = this.#settings.timestamp ? this.#prefix.at(this.#now()) : '';
    this.#write({ level, event, text: capped(time + message) });
  }

  #json(level: LogType, event: LogEventName, fields: object): string {
    const time = this.#settings.timestamp ? { time: new Date(this.#now()).toISOString() } : {};
    return jsonLine({ ...time, level, event, ...fields });
  }
}

function formOf<Fields>(row: LogRow<Fields>, dialect: 'mosquitto' | 'mosquitto-1.4'): LogForm<Fields> {
  return dialect === 'mosquitto-1.4' ? (row['mosquitto-1.4'] ?? row.mosquitto) : row.mosquitto;
}

/** A log that nobody reads. */
export const SILENT: Log = new Log(
  { ...DEFAULT_LOG_SETTINGS, types: new Set() },
  () => 0,
  () => {},
);
