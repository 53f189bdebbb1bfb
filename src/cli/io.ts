/** What a command line has of the outside: so that tests can run a command without a process. */
export interface Io {
  /** Writes; false if its reader is behind: `drained` says when it has caught up. */
  readonly stdout: (data: string | Uint8Array) => boolean | void;
  /** Resolves when all that was written has been taken, or will never be. */
  readonly drained?: () => Promise<void>;
  /** Aborts when the reader of standard output has gone. */
  readonly readerGone?: AbortSignal;
  readonly stderr: (text: string) => void;
  /** Standard input, read when it is asked for. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name the program was started under, without its path: `zanzara`, `mosquitto`, … */
  readonly name: string;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Whether a person reads standard error. */
  readonly isErrorTerminal?: boolean;
  /** Whether a person writes standard input. */
  readonly isInputTerminal: boolean;
  /** Whether the terminal of standard input hands over each key at once, and shows none. There if it is a terminal. */
  readonly setRawMode?: (isRaw: boolean) => void;
}

/** A command: gives the exit code. */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;
