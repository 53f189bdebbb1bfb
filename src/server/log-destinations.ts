/** Where the lines of the log go: standard error, standard output, a file, the system log, topics; or nowhere. */
import type { Writable } from 'node:stream';

import type { LogLine } from '../base/log.ts';
import { FdLines } from './log-fd.ts';
import { FileLines, openLogFile } from './log-file.ts';
import { StdoutLines } from './log-stdout.ts';
import { TopicLines } from './log-topic.ts';
import { Syslog } from './syslog.ts';

/** One `log_dest`. `none` is the empty list of them. */
export type LogDestinationSpec =
  | { readonly kind: 'stderr' | 'stdout' | 'topic' }
  /** `facility` is `log_facility`: 0–7 for local0–local7; without it, daemon. */
  | { readonly kind: 'syslog'; readonly facility?: number | undefined }
  | { readonly kind: 'file'; readonly path: string };

/** What the destinations need of the server. */
export interface LogDestinationOptions {
  /** Publishes a line: QoS 2, not retained, and for `LOG_MESSAGE_EXPIRY_SECONDS`. */
  readonly publish: (topic: string, payload: string) => void;
  /** Logs what went wrong with a destination: `log.event(event, { text })`. Never called by the constructor. */
  readonly report: (event: 'serverError' | 'serverWarning', text: string) => void;
  /** Whether the log file may be a symbolic link (`MOSQUITTO_UNSAFE_ALLOW_SYMLINKS`). */
  readonly allowSymlinks?: boolean | undefined;
  /** Standard error, standard output and `logger`, where they are others than those of this process. */
  readonly stderr?: number | undefined;
  readonly stdout?: Writable | undefined;
  readonly logger?: string | undefined;
}

/** One place that lines go to. `write` collects them, `flush` puts them out, `finish` does so for the last time. */
interface Destination {
  write(line: LogLine): void;
  flush(): void;
  finish(): void;
}

/**
 * All destinations of one log; each gets the same lines. What one turn of the event loop has logged is put out
 * together at its end, in order. Until `open` is called lines go to standard error, as Mosquitto's do while it reads
 * its configuration. Nothing here throws.
 */
export class LogDestinations {
  readonly #options: LogDestinationOptions;
  readonly #atExit = (): void => this.#destinations.forEach((destination) => destination.finish());
  #specs: readonly LogDestinationSpec[] = [{ kind: 'stderr' }];
  #destinations: readonly Destination[];
  #errorsOnly = false;
  #flush: NodeJS.Immediate | undefined;

  /** Waits for the end of the process, to put out the last lines, until `close`. */
  constructor(options: LogDestinationOptions) {
    this.#options = options;
    this.#destinations = [this.#openStderr()];
    process.on('exit', this.#atExit);
  }

  /**
   * Replaces all destinations. As Mosquitto, a log file that cannot be opened leaves standard error alone, and errors
   * alone on it; the answer is then false.
   */
  open(specs: readonly LogDestinationSpec[]): boolean {
    this.#specs = specs;
    this.#replace([]);
    const opened: Destination[] = [];
    for (const spec of specs) {
      const destination = this.#openOne(spec);
      if (destination === undefined) {
        this.#fallBack(opened, `Error: Unable to open log file ${pathOf(spec)} for writing.`);
        return false;
      }
      opened.push(destination);
    }
    this.#errorsOnly = false;
    this.#replace(opened);
    return true;
  }

  /** Opens the same destinations anew: a log file that was renamed is left, and another begun under its name. */
  reopen(): boolean {
    return this.open(this.#specs);
  }

  /** Takes a line for every destination. */
  write(line: LogLine): void {
    if (this.#errorsOnly && line.level !== 'error') return;
    if (this.#destinations.length === 0) return;
    for (const destination of this.#destinations) destination.write(line);
    this.#flush ??= setImmediate(() => this.flush());
  }

  /** Puts out now what the end of the turn would. For whoever is about to write to standard error himself. */
  flush(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    for (const destination of this.#destinations) destination.flush();
  }

  /**
   * Puts out the last lines and lets go of everything. What an unread standard output has not taken is still offered
   * to it, and keeps the process; end that with `process.exit`.
   */
  close(): void {
    clearImmediate(this.#flush);
    this.#replace([]);
    process.off('exit', this.#atExit);
  }

  #replace(destinations: readonly Destination[]): void {
    const old = this.#destinations;
    for (const destination of old) destination.flush();
    this.#destinations = destinations;
    for (const destination of old) destination.finish();
  }

  #fallBack(opened: readonly Destination[], error: string): void {
    for (const destination of opened) destination.finish();
    this.#errorsOnly = true;
    this.#replace([this.#openStderr()]);
    this.#options.report('serverError', error);
  }

  #openOne(spec: LogDestinationSpec): Destination | undefined {
    switch (spec.kind) {
      case 'stderr':
        return this.#openStderr();
      case 'stdout':
        return new StdoutLines(this.#options.stdout ?? process.stdout, this.#dropped('stdout'));
      case 'file':
        return this.#openFile(spec.path);
      case 'syslog':
        return this.#openSyslog(spec.facility);
      case 'topic':
        return new TopicLines(this.#options.publish);
    }
  }

  #openStderr(): Destination {
    return new FdLines(this.#options.stderr ?? 2, this.#dropped('stderr'));
  }

  #openFile(path: string): Destination | undefined {
    const fd = openLogFile(path, this.#options.allowSymlinks ?? false);
    return fd === undefined ? undefined : new FileLines(fd, this.#dropped(path));
  }

  #openSyslog(facility: number | undefined): Destination {
    const { logger, report } = this.#options;
    const failed = (why: string): void => report('serverError', `Error: Unable to log to syslog: ${why}.`);
    return new Syslog({ facility, command: logger, failed });
  }

  #dropped(name: string): (lines: number) => void {
    return (lines) =>
      this.#options.report(
        'serverWarning',
        `Warning: ${lines} lines of the log were not written to ${name}.`,
      );
  }
}

const pathOf = (spec: LogDestinationSpec): string => (spec.kind === 'file' ? spec.path : spec.kind);
