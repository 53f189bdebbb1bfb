/** Publishing: at once if it can be, else when it can be; and kept until it is done. */
import { copyOf, utf8Bytes } from '../protocol/bytes.ts';
import type { ProtocolVersion } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { aborted, ignorable, onAbort, rejected, throwIfAborted } from './abort.ts';
import { propertiesFor } from './check-properties.ts';
import { checkPayload, checkQoS, checkTopic, checkVersion, refusalOf, tooLarge } from './checks.ts';
import type { Connection } from './connection.ts';
import { MqttError } from './error.ts';
import { Publication } from './message.ts';
import type { Published } from './message.ts';
import type { PublishOptions } from './options.ts';
import type { Outbox, OutboxMessage } from './outbox.ts';
import type { Session } from './session.ts';

/** What publishing at QoS 0 comes to when it could be sent at once. */
const SENT: Promise<Published> = Promise.resolve({ reasonCode: Reason.success, packetId: 0 });

const NO_OPTIONS: PublishOptions = {};

export interface PublisherOptions {
  readonly version: ProtocolVersion;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly outbox: Outbox | undefined;
  /** A message is on its way, and the server will have to answer. */
  readonly offered: () => void;
  /** The outbox has failed where nobody waits for it. */
  readonly outboxFailed: (error: unknown) => void;
}

export class Publisher {
  /** Where messages go; undefined while there is none. */
  connection: Connection | undefined;
  readonly #session: Session;
  readonly #options: PublisherOptions;
  /** The topic that was checked last: most programs use few. */
  #checked: string | undefined;

  constructor(session: Session, options: PublisherOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** As `Client.publish`; what cannot be published is a promise that rejects. */
  publish(
    topic: string,
    payload: string | Uint8Array,
    options: PublishOptions = NO_OPTIONS,
  ): Promise<Published> {
    try {
      return this.#publish(topic, payload, options);
    } catch (error) {
      return rejected(error as Error);
    }
  }

  /** A message goes on from where the program before this one left it. */
  restore(): void {
    const { outbound } = this.#session;
    for (const { key, message, progress } of this.#options.outbox?.load() ?? []) {
      const publication = new Publication(message, () => {});
      this.#keepUnder(key, publication);
      if (progress === undefined) {
        outbound.offer(publication);
        continue;
      }
      publication.packetId = progress.packetId;
      publication.state = progress.isReceived ? 'released' : 'published';
      outbound.restore(publication);
    }
  }

  /** The flow has let go of a message: it need not be kept any more. */
  settled(publication: Publication): void {
    const { stored } = publication;
    if (stored === undefined) return;
    publication.stored = undefined;
    this.#ask((outbox) => outbox.delete(stored));
  }

  /** Nothing is kept any more. */
  close(): void {
    this.#ask((outbox) => outbox.close());
  }

  #publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Published> {
    const { qos = 0, retain = false, signal } = options;
    if (topic !== this.#checked) {
      checkTopic(topic);
      this.#checked = topic;
    }
    checkPayload(payload);
    checkQoS(qos);
    throwIfAborted('Publishing', signal);
    const properties = this.#propertiesOf(options);
    const { connection } = this;
    if (connection?.connack !== undefined) {
      const refusal = refusalOf(qos, retain, connection.connack);
      if (refusal !== undefined) throw refusal;
      if (qos === 0 && connection.open && this.#session.outbound.open) {
        if (connection.publishNow(retain, topic, payload, properties)) return SENT;
        throw tooLarge(`A message of ${payload.length} bytes`);
      }
    }
    // it may be sent again, whatever becomes of the original
    const bytes = typeof payload === 'string' ? utf8Bytes(payload) : copyOf(payload);
    return this.#offer({ topic, payload: bytes, qos, retain, properties }, signal);
  }

  #propertiesOf({ properties }: PublishOptions): Properties {
    if (properties === undefined || properties === NO_PROPERTIES) return NO_PROPERTIES;
    const kept = propertiesFor('publish', properties);
    if (kept !== NO_PROPERTIES) checkVersion('Properties', this.#options.version);
    return kept;
  }

  #offer(message: OutboxMessage, signal: AbortSignal | undefined): Promise<Published> {
    const { outbound } = this.#session;
    if (!outbound.takes) throw this.#full();
    const { promise, resolve, reject } = Promise.withResolvers<Published>();
    const publication = new Publication(message, (error) => {
      forget();
      if (error === undefined)
        resolve({ reasonCode: publication.reasonCode, packetId: publication.packetId });
      else {
        void ignorable(promise);
        reject(error);
      }
    });
    this.#keep(message, publication);
    const forget = onAbort(signal, () => {
      this.#giveUp(publication);
      publication.settle(aborted('Publishing', signal!));
    });
    outbound.offer(publication);
    this.#options.offered();
    return promise;
  }

  /** Kept before it is sent: what is acknowledged must have been there. */
  #keep(message: OutboxMessage, publication: Publication): void {
    const { outbox } = this.#options;
    if (outbox === undefined || message.qos === 0) return;
    try {
      this.#keepUnder(outbox.put(message), publication);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MqttError('OUTBOX_FAILED', `The outbox could not keep the message: ${why}`, { cause });
    }
  }

  #keepUnder(key: number, publication: Publication): void {
    publication.stored = key;
    if (publication.qos === 2) publication.progressed = this.#onProgress;
  }

  readonly #onProgress = ({ stored, packetId, state }: Publication): void => {
    if (stored === undefined) return;
    this.#ask((outbox) => outbox.progress(stored, { packetId, isReceived: state === 'released' }));
  };

  /** Nobody waits for the message any more; what was sent stays sent. */
  #giveUp(publication: Publication): void {
    if (publication.state === 'waiting') this.#session.outbound.withdraw((other) => other === publication);
  }

  #ask(request: (outbox: Outbox) => void): void {
    const { outbox, outboxFailed } = this.#options;
    if (outbox === undefined) return;
    try {
      request(outbox);
    } catch (error) {
      outboxFailed(error);
    }
  }

  #full(): MqttError {
    const { queuedMessages, queuedBytes } = this.#options;
    const most = `${queuedMessages} messages or ${queuedBytes} bytes`;
    return new MqttError('QUEUE_FULL', `As much waits to be sent as may: ${most}`);
  }
}
