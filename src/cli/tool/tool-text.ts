/** What a tool is and how it is called, for its help and its manual page. */
import type { ToolLetter } from './tool-option.ts';

export interface ToolText {
  readonly letter: ToolLetter;
  /** One line, without the name. */
  readonly summary: string;
  /** What the call cannot do without. */
  readonly needs: string;
}

export const TOOL_TEXTS: Readonly<Record<'pub' | 'sub' | 'rr', ToolText>> = {
  pub: {
    letter: 'P',
    summary: 'is a simple mqtt client that will publish a message on a single topic and exit.',
    needs: '{-f file | -l | -n | -m message | -s} {-t topic | -L URL}',
  },
  sub: {
    letter: 'S',
    summary:
      'is a simple mqtt client that will subscribe to a set of topics and print all messages it receives.',
    needs: '{-t topic ... | -U topic ... | -L URL}',
  },
  rr: {
    letter: 'R',
    summary: 'is an mqtt client that can be used to publish a request message and wait for a response.',
    needs: '{-f file | -n | -m message | -s} {-t topic | -L URL} -e response-topic',
  },
};
