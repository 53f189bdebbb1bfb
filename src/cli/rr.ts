/** `zanzara rr`, `mosquitto_rr`: publishes a request, and prints the first response. */
import type { Message } from '../client/message.ts';
import type { Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { Command } from './io.ts';
import { versionOf } from './tool/checks.ts';
import { LibraryError } from './tool/error-text.ts';
import { Link } from './tool/link.ts';
import { MessagePrinter } from './tool/message-printer.ts';
import { PayloadProblem, readPayload } from './tool/payload.ts';
import { Printer } from './tool/printer.ts';
import { propertiesFor } from './tool/property-option.ts';
import { startTool } from './tool/tool.ts';
import type { Tool } from './tool/tool.ts';
import { Tracer } from './tool/trace.ts';

export const rr: Command = async (argv, io) => {
  const tool = await startTool('rr', argv, io);
  if (typeof tool === 'number') return tool;
  const { topics, payload, responseTopic, properties } = tool.draft;
  const topic = topics.at(-1);
  if (topic === undefined || responseTopic === undefined || payload === undefined)
    return tool.misused('Error: All of topic, message, and response topic must be supplied.');
  if (payload.from === 'stdin lines') return tool.misused('Error: A request is one message.');
  if (properties.publish !== undefined && 'responseTopic' in properties.publish) {
    io.stderr('Error in PUBLISH properties: Duplicate response topic.\n');
    return 1;
  }
  try {
    const request = { topic, responseTopic, payload: await readPayload(payload, io) };
    return await new Requester(tool, request).run();
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    tool.complain(error.message);
    return 1;
  }
};

interface Request {
  readonly topic: string;
  readonly responseTopic: string;
  readonly payload: Uint8Array;
}

class Requester {
  readonly #tool: Tool;
  readonly #request: Request;
  readonly #printer: Printer;
  readonly #messages: MessagePrinter;
  #link: Link | undefined;
  #code = 0;
  /** When the request was sent, milliseconds. */
  #sent = 0;
  #isSent = false;

  constructor(tool: Tool, request: Request) {
    this.#tool = tool;
    this.#request = request;
    this.#printer = new Printer(tool.io, { behind: () => {}, caughtUp: () => {}, gone: () => this.#leave() });
    this.#messages = new MessagePrinter(tool, this.#printer);
  }

  async run(): Promise<number> {
    const { draft } = this.#tool;
    const prepared = await this.#tool.prepare();
    if (prepared === undefined) return 1;
    const link = new Link(
      {
        ...prepared,
        inflight: draft.inflight,
        reconnects: false,
        trace: draft.debug ? new Tracer(this.#printer, prepared.connect.clientId).trace : undefined,
      },
      { connected: () => this.#subscribe(link), received: (message) => this.#onMessage(message) },
    );
    this.#link = link;
    const timer =
      draft.timeoutSeconds > 0 ? setTimeout(() => this.#expire(), draft.timeoutSeconds * 1000) : undefined;
    const ending = await link.ended;
    clearTimeout(timer);
    this.#printer.flush();
    return ending.kind === 'done' ? this.#code : this.#tool.report(ending);
  }

  #subscribe(link: Link): void {
    const { draft } = this.#tool;
    const isNew = versionOf(draft) === 5;
    const request = {
      filter: this.#request.responseTopic,
      qos: draft.qos,
      noLocal: false,
      retainAsPublished: isNew && draft.retainAsPublished,
      retainHandling: isNew ? draft.retainHandling : 0,
    } as const;
    const properties = isNew ? propertiesFor(draft.properties, 'subscribe') : NO_PROPERTIES;
    link.subscribe([request], properties, (_packetId, answer) => this.#onGranted(link, answer));
  }

  #onGranted(link: Link, { reasonCodes: [code = 0] }: Suback | Unsuback): void {
    if (code >= 0x80) {
      this.#tool.complain('All subscription requests were denied.');
      this.#code = code;
      this.#leave();
      return;
    }
    const { draft } = this.#tool;
    const { topic, payload, responseTopic } = this.#request;
    const properties =
      versionOf(draft) === 5
        ? { ...propertiesFor(draft.properties, 'publish'), responseTopic }
        : NO_PROPERTIES;
    this.#sent = performance.now();
    this.#isSent = true;
    link.publish({ topic, payload, qos: draft.qos, retain: false, properties }, () => {});
  }

  #onMessage(message: Message): void {
    const { retained, latency } = this.#tool.draft;
    if (retained === 'not' && message.retain) return;
    this.#messages.show(message);
    if (latency && this.#isSent)
      this.#printer.text(`Latency: ${describeLatency(performance.now() - this.#sent)}\n`);
    this.#leave();
  }

  #expire(): void {
    this.#tool.complain('Timed out');
    this.#code = LibraryError.timeout;
    this.#leave(Reason.disconnectWithWill);
  }

  #leave(reasonCode: number = Reason.success): void {
    this.#link?.disconnect(reasonCode, propertiesFor(this.#tool.draft.properties, 'disconnect'));
  }
}

/** In the unit that suits it, as mosquitto_rr. */
function describeLatency(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds < 1000) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toFixed(6)}µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(6)}ms`;
  return (nanoseconds / 1e9).toFixed(9);
}
