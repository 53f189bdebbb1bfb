/** What `pub`, `sub` and `rr` have in common: from the command line to a broker, and what is said when that fails. */
import type { OpenChannel } from '../../client/channel.ts';
import type { MqttError } from '../../client/error.ts';
import { connackText } from '../../client/libmosquitto-texts.ts';
import type { Connect } from '../../protocol/packet.ts';
import { Reason } from '../../protocol/reason.ts';
import type { Io } from '../io.ts';
import { parseArguments } from './arguments.ts';
import { usesTls, wayToBroker } from './broker-address.ts';
import { connectPacket } from './connect-options.ts';
import { LibraryError, NoWay, libraryText, reasonName } from './error-text.ts';
import { isTlsError } from './link.ts';
import type { Ending } from './link.ts';
import type { ToolDraft } from './tool-option.ts';
import type { Cause } from './unreachable.ts';
import { TOOL_TEXTS } from './tool-text.ts';

export type ToolName = keyof typeof TOOL_TEXTS;

/** A tool whose command line is in order. */
export class Tool {
  /** As its user calls it. */
  readonly name: string;
  readonly which: ToolName;
  readonly draft: ToolDraft;
  readonly io: Io;

  constructor(which: ToolName, draft: ToolDraft, io: Io) {
    this.which = which;
    this.name = nameOf(which, io);
    this.draft = draft;
    this.io = io;
  }

  /** Whether a person reads standard output, and likes colours: https://no-color.org */
  get isColoured(): boolean {
    const { env, isTerminal } = this.io;
    return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  }

  /** The text of `--help`. */
  async usage(): Promise<string> {
    return (await import('./usage.ts')).usage(this.name, TOOL_TEXTS[this.which]);
  }

  /** The command line lacks something: says so, and gives the exit code. */
  misused(problem: string): number {
    this.io.stderr(wrongUse(this.name, problem));
    return 1;
  }

  /** An error, unless `--quiet`. */
  complain(text: string): void {
    if (!this.draft.quiet) this.io.stderr(`${text}\n`);
  }

  /** Which CONNECT goes out, and where to; undefined if that cannot be, and the reason has been told. */
  async prepare(): Promise<{ readonly open: OpenChannel; readonly connect: Connect } | undefined> {
    const connect = connectPacket(this.draft);
    if (typeof connect === 'string') {
      this.complain(connect);
      return undefined;
    }
    try {
      return { connect, open: await wayToBroker(this.draft) };
    } catch (error) {
      if (!(error instanceof NoWay)) throw error;
      this.complain(error.message);
      return undefined;
    }
  }

  /** Tells how it ended, and gives the exit code. */
  async report(ending: Ending): Promise<number> {
    switch (ending.kind) {
      case 'done':
        return 0;
      case 'refused':
        return this.#reportRefusal(ending.error.reasonCode ?? 0);
      case 'unreachable':
        return this.#reportUnreachable(ending.error.cause as Cause | undefined);
      case 'dismissed':
        if (this.which === 'sub') return 0; // as Mosquitto
        return this.#fail(LibraryError.notConnected);
      case 'lost':
        return this.#reportLoss(ending.error);
    }
  }

  #fail(number: number): number {
    this.complain(`Error: ${libraryText(number)}`);
    return number;
  }

  /** The alert of TLS, if there was one, says what libmosquitto's text does not. */
  #reportLoss(error: MqttError): number {
    const { cause } = error;
    const number = this.#fail(lossNumber(error));
    if (isTlsError(cause)) this.complain(`Reason: ${cause.reason ?? cause.message}`);
    return number;
  }

  #reportRefusal(code: number): number {
    const hint = '. Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.';
    const isOld = this.draft.version === 5 && code === Reason.unsupportedProtocolVersion;
    const text = code < 0x80 ? connackText(code) : reasonName(code);
    this.complain(`Connection error: ${text}${isOld ? hint : ''}`);
    return code;
  }

  async #reportUnreachable(cause: Cause | undefined): Promise<number> {
    const { describeFailure } = await import('./unreachable.ts');
    const { text, code } = describeFailure(cause, usesTls(this.draft));
    this.complain(text);
    return code;
  }
}

/** Reads the command line; a number is an exit code: there is nothing more to do. */
export async function startTool(which: ToolName, argv: readonly string[], io: Io): Promise<Tool | number> {
  const name = nameOf(which, io);
  const text = TOOL_TEXTS[which];
  const parsed = parseArguments(text.letter, argv, io.env);
  switch (parsed.kind) {
    case 'run':
      return new Tool(which, parsed.draft, io);
    case 'wrong':
      io.stderr(wrongUse(name, parsed.problem));
      return 1;
    case 'version':
    case 'help': {
      const { usage, versionLine } = await import('./usage.ts');
      io.stdout(parsed.kind === 'help' ? usage(name, text) : versionLine(name));
      return 1; // as Mosquitto
    }
  }
}

function wrongUse(name: string, problem: string): string {
  return `${problem}\n\nUse '${name} --help' to see usage.\n`;
}

function nameOf(which: ToolName, io: Io): string {
  return io.name === `mosquitto_${which}` ? io.name : `zanzara ${which}`;
}

/** libmosquitto's number for the end of a connection that nobody has asked for. */
function lossNumber({ code, reasonCode }: MqttError): number {
  if (code === 'PROTOCOL_ERROR') return LibraryError.protocol;
  const isSilent = code === 'TIMED_OUT' || reasonCode === Reason.keepAliveTimeout;
  return isSilent ? LibraryError.keepAlive : LibraryError.connectionLost;
}
