/** The log as messages: `$SYS/broker/log/#`. */
import type { LogType } from '../base/log-dialect.ts';
import type { LogLine } from '../base/log.ts';

/** How long a line that was published as a message is of interest. As Mosquitto. */
export const LOG_MESSAGE_EXPIRY_SECONDS = 20;

/** The topic of each level. Without one it is never published: publishing makes more lines of these levels. */
const TOPICS: Readonly<Partial<Record<LogType, string>>> = {
  information: '$SYS/broker/log/I',
  notice: '$SYS/broker/log/N',
  warning: '$SYS/broker/log/W',
  error: '$SYS/broker/log/E',
  subscribe: '$SYS/broker/log/M/subscribe',
  unsubscribe: '$SYS/broker/log/M/unsubscribe',
  websockets: '$SYS/broker/log/WS',
};

/**
 * Lines as messages. They are published at `flush` and not before, because a line can be logged while the broker is
 * in the middle of a publish; and what publishing itself logs is not published, or it might never end.
 */
export class TopicLines {
  readonly #publish: (topic: string, payload: string) => void;
  #lines: LogLine[] = [];
  #publishing = false;

  /** `publish` is called once per line; the payload is the whole line, its time included. */
  constructor(publish: (topic: string, payload: string) => void) {
    this.#publish = publish;
  }

  /** Takes a line. */
  write(line: LogLine): void {
    if (!this.#publishing && TOPICS[line.level] !== undefined) this.#lines.push(line);
  }

  /** Publishes what was collected. */
  flush(): void {
    if (this.#publishing) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#publishing = true;
    try {
      for (const { level, text } of lines) this.#publish(TOPICS[level] ?? '', text);
    } finally {
      this.#publishing = false;
    }
  }

  /** Forgets what was collected: whoever could receive it is gone. */
  finish(): void {
    this.#lines = [];
  }
}
