/** Topic aliases of one connection, §3.3.2.3.4. They live as long as the connection. [MQTT-3.3.2-7] */
import { ProtocolError } from '../protocol/error.ts';
import { Reason } from '../protocol/reason.ts';

/** The aliases the other side has set. */
export class ReceivedAliases {
  #topics: Map<number, string> | undefined;
  readonly #maximum: number;

  /** `maximum` is the Topic Alias Maximum that was announced to the other side. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The topic of a PUBLISH with an alias; a topic that comes with it is remembered, or replaces another. */
  resolve(alias: number, topic: string): string {
    // [MQTT-3.3.2-8] [MQTT-3.3.2-9]
    if (alias === 0 || alias > this.#maximum) {
      throw new ProtocolError(
        Reason.topicAliasInvalid,
        `PUBLISH with topic alias ${alias} of ${this.#maximum}`,
      );
    }
    if (topic !== '') {
      this.#topics ??= new Map();
      this.#topics.set(alias, topic);
      return topic;
    }
    const known = this.#topics?.get(alias);
    if (known === undefined)
      throw new ProtocolError(Reason.protocolError, `PUBLISH with unknown topic alias ${alias}`);
    return known;
  }
}

/** The aliases that are set for the other side: the first topics get them and keep them, as Mosquitto. */
export class SentAliases {
  readonly #aliases = new Map<string, number>();
  readonly #maximum: number;

  /** `maximum` is the smaller of the other side's Topic Alias Maximum and our own limit. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias of a topic, if it has one. */
  get(topic: string): number | undefined {
    return this.#aliases.get(topic);
  }

  /** The alias that `assign` would give; undefined if all are given. [MQTT-3.1.2-26] */
  free(): number | undefined {
    return this.#aliases.size < this.#maximum ? this.#aliases.size + 1 : undefined;
  }

  /** Gives a topic the free alias, once a PUBLISH with both is sent. */
  assign(topic: string): void {
    const alias = this.free();
    if (alias !== undefined) this.#aliases.set(topic, alias);
  }
}
