/** The system log. Node has no Unix datagram sockets, so the lines go through one long-lived `logger` process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

import type { LogType } from '../base/log-dialect.ts';
import type { LogLine } from '../base/log.ts';

/** Syslog's severities, as Mosquitto maps its levels to them. */
const SEVERITIES: Readonly<Record<LogType, number>> = {
  error: 3,
  internal: 3,
  warning: 4,
  notice: 5,
  subscribe: 5,
  unsubscribe: 5,
  information: 6,
  debug: 7,
  websockets: 7,
};

const DAEMON = 3;
const LOCAL0 = 16;

/** Lines that wait for `logger`, at most; what comes on top is dropped. */
const PENDING_BYTES = 1024 * 1024;

/** A `logger` that ends early is started again so many times in a row, each time after a longer pause. */
const STARTS = 4;
const PAUSE_MS = 1000;

/** One that has lived so long had worked. */
const WORKED_MS = 60_000;

/** What `Syslog` needs to know. */
export interface SyslogOptions {
  /** 0–7 for local0–local7; without it, daemon. */
  readonly facility?: number | undefined;
  /** The program to run, for tests. */
  readonly command?: string | undefined;
  /** Told that the system log cannot be reached: once until it has been. */
  readonly failed: (why: string) => void;
}

/** Lines to the system log, under the name `mosquitto` and the id of this process. Never throws. */
export class Syslog {
  readonly #options: SyslogOptions;
  readonly #facility: number;
  #text = '';
  #starts = 0;
  #startedAt = 0;
  #logger: ChildProcess | undefined;
  #pause: NodeJS.Timeout | undefined;
  #closed = false;

  /** Starts `logger` at once, so that a missing one is noticed at once. */
  constructor(options: SyslogOptions) {
    this.#options = options;
    this.#facility = options.facility === undefined ? DAEMON : LOCAL0 + options.facility;
    this.#start();
  }

  /** Takes a line; it is handed over at the next `flush`. */
  write(line: LogLine): void {
    const waiting = this.#text.length + (this.#logger?.stdin?.writableLength ?? 0);
    if (this.#closed || waiting > PENDING_BYTES) return;
    this.#text += `<${this.#facility * 8 + SEVERITIES[line.level]}>${line.text}\n`;
  }

  /** Hands over what was collected; while `logger` is being restarted it waits. */
  flush(): void {
    const stdin = this.#logger?.stdin;
    if (this.#text === '' || stdin?.writable !== true) return;
    stdin.write(this.#text);
    this.#text = '';
  }

  /** Hands over the last lines and lets `logger` end when it has read them. */
  finish(): void {
    this.flush();
    this.#closed = true;
    clearTimeout(this.#pause);
    this.#logger?.stdin?.end();
  }

  #start(): void {
    this.#starts++;
    this.#startedAt = performance.now();
    let logger: ChildProcess;
    try {
      logger = startLogger(this.#options.command ?? 'logger');
    } catch (error) {
      this.#ended(undefined, String(error)); // no memory for a process; most other reasons arrive as an event
      return;
    }
    this.#logger = logger;
    logger.once('error', (error) => this.#ended(logger, error.message));
    logger.once('exit', (code, signal) => this.#ended(logger, `logger ended with ${signal ?? code}`));
    // What it does not take is followed by its end, which is seen to above.
    logger.stdin?.on('error', () => {});
  }

  #ended(logger: ChildProcess | undefined, why: string): void {
    if (this.#closed || this.#logger !== logger) return;
    this.#logger = undefined;
    if (performance.now() - this.#startedAt > WORKED_MS) this.#starts = 1;
    if (this.#starts === 1) this.#options.failed(why);
    if (this.#starts < STARTS)
      this.#pause = setTimeout(() => this.#restart(), PAUSE_MS * 2 ** this.#starts).unref();
    else this.#giveUp();
  }

  #restart(): void {
    this.#start();
    this.flush();
  }

  #giveUp(): void {
    this.#closed = true;
    this.#text = '';
  }
}

function startLogger(command: string): ChildProcess {
  // --size: the default of 1 KiB would cut JSON; --socket-errors: else a missing /dev/log is no error to it
  const options = [
    '--tag=mosquitto',
    `--id=${process.pid}`,
    '--prio-prefix',
    '--size=8192',
    '--socket-errors=on',
  ];
  // In a session of its own: Ctrl-C is for us, and our last lines have still to be logged.
  const logger = spawn(command, options, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Logging is no reason for the process to stay.
  logger.unref();
  if (logger.stdin instanceof Socket) logger.stdin.unref();
  return logger;
}
