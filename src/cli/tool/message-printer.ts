/** Messages on standard output: plain, with `-v`, or by a format. */
import type { Message } from '../../client/message.ts';
import { formatPieces } from './format.ts';
import type { Piece } from './format-directives.ts';
import type { Printer } from './printer.ts';
import { timeNow } from './time.ts';
import type { Tool } from './tool.ts';

const CYAN = '\u001B[36m';
const DEFAULT_COLOUR = '\u001B[39m';

/** A way to show messages. */
export interface Display {
  show(message: Message): void;
  /** There are no more. */
  end(): void;
}

export class MessagePrinter implements Display {
  readonly #tool: Tool;
  readonly #printer: Printer;
  readonly #pieces: readonly Piece[];

  constructor(tool: Tool, printer: Printer) {
    const { draft } = tool;
    this.#tool = tool;
    this.#printer = printer;
    this.#pieces = draft.format === undefined ? [plainPiece(tool)] : formatPieces(draft);
  }

  show(message: Message): void {
    const now = timeNow();
    for (const piece of this.#pieces) {
      const problem = this.#print(piece, message, now);
      if (problem !== undefined) this.#tool.complain(problem);
    }
  }

  /** A payload near the limit of MQTT can be more text than a string holds: that is no reason to end. */
  #print(piece: Piece, message: Message, now: number): string | void {
    try {
      return piece(this.#printer, message, now);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return 'Error: Out of memory.';
    }
  }

  end(): void {
    this.#printer.flush();
  }
}

/** Without a format: the payload, with `-v` after its topic. */
function plainPiece({ draft: { verbose, endOfLine }, isColoured }: Tool): Piece {
  const end = endOfLine ? '\n' : '';
  const [colour, plain] = isColoured ? [CYAN, DEFAULT_COLOUR] : ['', ''];
  return (sink, { topic, payload }) => {
    if (payload.length > 0) {
      if (verbose) sink.text(`${colour}${topic}${plain} `);
      sink.bytes(payload);
      sink.text(end);
    } else if (verbose && endOfLine) sink.text(`${colour}${topic}${plain} (null)\n`);
  };
}
