/** `zanzara pub`, `mosquitto_pub`: publishes messages. */
import type { MqttError } from '../client/error.ts';
import type { Publication } from '../client/message.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Command } from './io.ts';
import { versionOf } from './tool/checks.ts';
import { LibraryError, libraryText, reasonName } from './tool/error-text.ts';
import { Link } from './tool/link.ts';
import { PayloadProblem, inputLines, readPayload } from './tool/payload.ts';
import { Printer } from './tool/printer.ts';
import { Progress, pace } from './tool/progress.ts';
import { propertiesFor } from './tool/property-option.ts';
import { TIMESTAMP, timeNow } from './tool/time.ts';
import { startTool } from './tool/tool.ts';
import type { Tool } from './tool/tool.ts';
import type { PayloadSource, ToolDraft } from './tool/tool-option.ts';
import { Tracer } from './tool/trace.ts';

/** What waits to be acknowledged before more lines are read. */
const MOST_UNFINISHED = { messages: 1000, bytes: 16 * 1024 * 1024 } as const;

const IGNORED = { behind: () => {}, caughtUp: () => {}, gone: () => {} } as const;

export const pub: Command = async (argv, io) => {
  const tool = await startTool('pub', argv, io);
  if (typeof tool === 'number') return tool;
  const { topics, payload } = tool.draft;
  const topic = topics.at(-1);
  if (topic === undefined || payload === undefined) {
    io.stderr('Error: Both topic and message must be supplied.\n');
    io.stdout(await tool.usage());
    return 1;
  }
  try {
    return await new Publisher(tool, topic).run(payload);
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    tool.complain(error.message);
    return 1;
  }
};

class Publisher {
  readonly #tool: Tool;
  readonly #topic: string;
  readonly #printer: Printer;
  #link: Link | undefined;
  /** The one message; undefined if there is one a line. */
  #payload: Uint8Array | undefined;
  /** Messages whose flow is complete. */
  #done = 0;
  #unfinished = { messages: 0, bytes: 0 };
  #isReading = false;
  /** Called when something is done. */
  #progressed: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tool: Tool, topic: string) {
    this.#tool = tool;
    this.#topic = topic;
    this.#printer = new Printer(tool.io, IGNORED);
  }

  async run(source: PayloadSource): Promise<number> {
    const { draft, io } = this.#tool;
    if (source.from !== 'stdin lines') this.#payload = await readPayload(source, io);
    const prepared = await this.#tool.prepare();
    if (prepared === undefined) return 1;
    const link = new Link(
      {
        ...prepared,
        inflight: draft.inflight,
        reconnects: source.from === 'stdin lines',
        trace: draft.debug ? new Tracer(this.#printer, prepared.connect.clientId).trace : undefined,
      },
      { connected: () => this.#begin(), received: () => {} },
    );
    this.#link = link;
    const progress = draft.progress ? new Progress(io, (seconds) => this.#describe(seconds)) : undefined;
    const ending = await link.ended;
    clearTimeout(this.#timer);
    progress?.end();
    this.#printer.flush();
    const code = await this.#tool.report(ending);
    if (ending.kind === 'refused') this.#tool.complain(`Error: ${libraryText(LibraryError.refused)}`);
    return code;
  }

  #begin(): void {
    if (this.#payload !== undefined) this.#publishNext(this.#payload);
    else if (!this.#isReading) void this.#publishLines();
  }

  /** One after the other: the next when the one before it is done. */
  #publishNext(payload: Uint8Array): void {
    const { repeat, repeatDelaySeconds } = this.#tool.draft;
    this.#publish(payload, () => {
      if (this.#done === repeat) this.#leave();
      else if (repeatDelaySeconds === 0) queueMicrotask(() => this.#publishNext(payload));
      else this.#timer = setTimeout(() => this.#publishNext(payload), repeatDelaySeconds * 1000);
    });
  }

  async #publishLines(): Promise<void> {
    this.#isReading = true;
    for await (const lines of inputLines(this.#tool.io)) {
      for (const line of lines) {
        this.#publish(line, () => this.#progressed?.());
        while (this.#isBehind()) await this.#progress();
      }
    }
    while (this.#unfinished.messages > 0) await this.#progress();
    this.#leave();
  }

  #isBehind(): boolean {
    const { messages, bytes } = this.#unfinished;
    return messages >= MOST_UNFINISHED.messages || bytes >= MOST_UNFINISHED.bytes;
  }

  /** Until something is done. */
  #progress(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#progressed = resolve;
    return promise;
  }

  #publish(payload: Uint8Array, settled: () => void): void {
    const { draft } = this.#tool;
    const link = this.#link!;
    const { maximumQoS = 2, retainAvailable = 1 } = link.connack?.properties ?? {};
    const properties = versionOf(draft) === 5 ? propertiesOf(draft) : NO_PROPERTIES;
    const problem = problemOf(draft, this.#topic, properties, maximumQoS);
    if (problem !== undefined) {
      this.#tool.complain(problem);
      this.#leave();
      return;
    }
    this.#unfinished.messages++;
    this.#unfinished.bytes += payload.length;
    const { qos } = draft;
    const retain = draft.retain && retainAvailable === 1;
    link.publish({ topic: this.#topic, payload, qos, retain, properties }, (publication, error) => {
      this.#unfinished.messages--;
      this.#unfinished.bytes -= payload.length;
      this.#done++;
      if (error !== undefined && !this.#tell(publication, error as MqttError)) this.#leave();
      else settled();
    });
  }

  /** A message was not taken; false if none will be. */
  #tell({ packetId }: Publication, { code, reasonCode = 0, reasonString }: MqttError): boolean {
    if (code === 'REFUSED') {
      const why = reasonString === undefined ? '' : `\n${reasonString}`;
      this.#tool.complain(`Warning: Publish ${packetId} failed: ${reasonName(reasonCode)}.${why}`);
      return true;
    }
    if (code !== 'INVALID') return true; // the connection has ended: that is told
    this.#tool.complain('Error: Message payload is too large.');
    return false;
  }

  #leave(): void {
    void this.#link?.finish(propertiesFor(this.#tool.draft.properties, 'disconnect'));
  }

  #describe(seconds: number): string {
    const { repeat } = this.#tool.draft;
    if (this.#payload === undefined || repeat > 1) return pace(this.#done, seconds);
    const bytes = this.#payload.length;
    const sent = this.#done === 0 ? 0 : Math.max(0, bytes - (this.#link?.unsentBytes ?? 0));
    return `${sent} of ${bytes} bytes`;
  }
}

function propertiesOf(draft: ToolDraft): Properties {
  const properties = propertiesFor(draft.properties, 'publish');
  if (!draft.timestamp) return properties;
  const { userProperties = [] } = properties;
  return { ...properties, userProperties: [...userProperties, [TIMESTAMP, timeNow().toFixed(3)]] };
}

/** Why nothing can be published. */
function problemOf(
  { qos }: ToolDraft,
  topic: string,
  { topicAlias }: Properties,
  maximumQoS: number,
): string | undefined {
  if (topic === '' && topicAlias === undefined)
    return "Error: Invalid input. Does your topic contain '+' or '#'?";
  return qos > maximumQoS ? 'Error: Message QoS not supported on broker, try a lower QoS.' : undefined;
}
