/** `zanzara sub`, `mosquitto_sub`: prints the messages of topics. */
import type { Message } from '../client/message.ts';
import type { Suback, SubscriptionRequest, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { matches } from '../topic/topic.ts';
import type { Command } from './io.ts';
import { versionOf } from './tool/checks.ts';
import { LibraryError } from './tool/error-text.ts';
import { Link } from './tool/link.ts';
import { MessagePrinter } from './tool/message-printer.ts';
import type { Display } from './tool/message-printer.ts';
import { Printer } from './tool/printer.ts';
import { propertiesFor } from './tool/property-option.ts';
import { startTool } from './tool/tool.ts';
import type { Tool } from './tool/tool.ts';
import { Tracer } from './tool/trace.ts';

/** What `exit(-1)` is to whoever started the program. */
const INTERRUPTED = 255;

export const sub: Command = async (argv, io) => {
  const tool = await startTool('sub', argv, io);
  return typeof tool === 'number' ? tool : new Subscriber(tool).run();
};

class Subscriber {
  readonly #tool: Tool;
  readonly #printer: Printer;
  #display: Display | undefined;
  #link: Link | undefined;
  /** What it ends with, if all goes well. */
  #code = 0;
  /** Messages that were printed. */
  #printed = 0;
  #wasConnected = false;
  /** It is ending: what still comes is not for the user. */
  #isLeaving = false;

  constructor(tool: Tool) {
    this.#tool = tool;
    this.#printer = new Printer(tool.io, {
      behind: () => this.#link?.pause(),
      caughtUp: () => this.#link?.resume(),
      gone: () => this.#leave(),
    });
  }

  async run(): Promise<number> {
    const { draft } = this.#tool;
    const prepared = await this.#tool.prepare();
    if (prepared === undefined) return 1;
    this.#display = await displayFor(this.#tool, this.#printer);
    const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<'interrupted'>();
    const progress = draft.progress ? await this.#showProgress() : undefined;
    const stop = this.#heedSignals(() => interrupt('interrupted'));
    const link = new Link(
      {
        ...prepared,
        inflight: draft.inflight,
        reconnects: true,
        trace: draft.debug ? new Tracer(this.#printer, prepared.connect.clientId).trace : undefined,
      },
      {
        connected: () => this.#onConnected(link),
        received: (message) => this.#onMessage(message, link),
      },
    );
    this.#link = link;
    const ending = await Promise.race([link.ended, interrupted]);
    stop();
    progress?.end();
    this.#display.end();
    this.#printer.flush();
    if (ending === 'interrupted') return INTERRUPTED;
    return ending.kind === 'done' ? this.#code : this.#tool.report(ending);
  }

  async #showProgress(): Promise<{ end(): void }> {
    const { Progress, pace } = await import('./tool/progress.ts');
    return new Progress(this.#tool.io, (seconds) => pace(this.#printed, seconds));
  }

  /** Signals and the time limit end it; before the broker has answered, at once. */
  #heedSignals(interrupt: () => void): () => void {
    const { timeoutSeconds } = this.#tool.draft;
    const leave = (): void => {
      if (this.#wasConnected) this.#leave(Reason.disconnectWithWill);
      else interrupt();
    };
    const expire = (): void => {
      if (this.#wasConnected) {
        this.#tool.complain('Timed out');
        this.#code = LibraryError.timeout;
      }
      leave();
    };
    const timer = timeoutSeconds > 0 ? setTimeout(expire, timeoutSeconds * 1000) : undefined;
    process.on('SIGINT', leave).on('SIGTERM', leave);
    return () => {
      clearTimeout(timer);
      process.off('SIGINT', leave).off('SIGTERM', leave);
    };
  }

  #onConnected(link: Link): void {
    const { draft } = this.#tool;
    this.#wasConnected = true;
    if (draft.topics.length > 0) {
      const properties = propertiesFor(draft.properties, 'subscribe');
      link.subscribe(this.#requests(), properties, (packetId, answer) => this.#onGranted(packetId, answer));
    }
    const properties = propertiesFor(draft.properties, 'unsubscribe');
    let unanswered = draft.unsubscribe.length;
    const answered = (): void => {
      // without a SUBACK to come `-E` would wait for ever
      if (--unanswered === 0 && draft.exitAfterSuback && draft.topics.length === 0) this.#leave();
    };
    for (const filter of draft.unsubscribe) link.unsubscribe([filter], properties, answered);
  }

  #requests(): SubscriptionRequest[] {
    const { draft } = this.#tool;
    const { topics, qos } = draft;
    const isNew = versionOf(draft) === 5;
    const retainAsPublished = isNew && draft.retainAsPublished;
    const retainHandling = isNew ? draft.retainHandling : 0;
    return topics.map((filter) => ({ filter, qos, noLocal: false, retainAsPublished, retainHandling }));
  }

  #onGranted(packetId: number, { reasonCodes }: Suback | Unsuback): void {
    const { debug, exitAfterSuback } = this.#tool.draft;
    if (debug) this.#printer.text(`Subscribed (mid: ${packetId}): ${reasonCodes.join(', ')}\n`);
    const isDenied = reasonCodes.every((code) => code >= 0x80);
    if (isDenied) this.#tool.complain('All subscription requests were denied.');
    if (isDenied || exitAfterSuback) this.#leave();
  }

  #onMessage(message: Message, link: Link): void {
    const { retained, filterOut, removeRetained, randomPercent = 100, count } = this.#tool.draft;
    if (this.#isLeaving) return;
    if (retained === 'only' && !message.retain) {
      this.#leave();
      return;
    }
    if (retained === 'not' && message.retain) return;
    if (filterOut.some((filter) => matches(filter, message.topic))) return;
    if (removeRetained && message.retain) remove(message, link);
    if (randomPercent === 100 || Math.random() * 100 < randomPercent) this.#display?.show(message);
    this.#printed++;
    if (this.#printed === count) this.#leave();
  }

  /** Says goodbye and ends. */
  #leave(reasonCode: number = Reason.success): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const { properties } = this.#tool.draft;
    this.#link?.disconnect(reasonCode, propertiesFor(properties, 'disconnect'));
  }
}

/** A retained message that is empty takes away the one that is there. */
function remove({ topic }: Message, link: Link): void {
  const message = {
    topic,
    payload: new Uint8Array(0),
    qos: 1,
    retain: true,
    properties: NO_PROPERTIES,
  } as const;
  link.publish(message, () => {});
}

/** How messages are shown; the unusual ways are loaded when they are asked for. */
async function displayFor(tool: Tool, printer: Printer): Promise<Display> {
  const { draft } = tool;
  if (draft.stats || draft.messageRate) {
    const { Rates } = await import('./tool/rates.ts');
    return new Rates(tool, printer);
  }
  if (draft.watch) {
    const { Watch } = await import('./tool/watch.ts');
    return new Watch(tool, printer);
  }
  return new MessagePrinter(tool, printer);
}
