/** What a command line has of the outside: so that tests can run a command without a process. */
export interface Io {
  readonly stdout: (data: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  /** Standard input, read when it is asked for. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name the program was started under, without its path: `zanzara`, `mosquitto`, … */
  readonly name: string;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Whether a person writes standard input. */
  readonly isInputTerminal: boolean;
}

/** A command: gives the exit code. */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;
