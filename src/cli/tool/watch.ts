/** `-w`: a line for each topic on a terminal, where its latest message stands. */
import type { Message } from '../../client/message.ts';
import { MessagePrinter } from './message-printer.ts';
import type { Display } from './message-printer.ts';
import type { Printer } from './printer.ts';
import type { Tool } from './tool.ts';

const ESCAPE = '\u001B[';
const CLEAR = `${ESCAPE}2J${ESCAPE}1;1H`;
const CLEAR_LINE = `${ESCAPE}2K`;
/** Topics come from others: those that have no line any more are not remembered. */
const MOST_LINES = 10_000;

export class Watch implements Display {
  readonly #printer: Printer;
  readonly #messages: MessagePrinter;
  readonly #lines = new Map<string, number>();

  constructor(tool: Tool, printer: Printer) {
    this.#printer = printer;
    this.#messages = new MessagePrinter(tool, printer);
    printer.text(`${CLEAR}Broker: ${tool.draft.host ?? 'localhost'}\n`);
  }

  show(message: Message): void {
    const line = this.#lineOf(message.topic);
    if (line === undefined) return;
    this.#printer.text(`${ESCAPE}${line};1H${CLEAR_LINE}`);
    this.#messages.show(message);
    this.#printer.text(`${ESCAPE}${this.#lines.size + 2};1H`);
  }

  end(): void {
    this.#printer.flush();
  }

  /** The first topic stands below the broker's name. */
  #lineOf(topic: string): number | undefined {
    const known = this.#lines.get(topic);
    if (known !== undefined || this.#lines.size === MOST_LINES) return known;
    const line = this.#lines.size + 2;
    this.#lines.set(topic, line);
    return line;
  }
}
