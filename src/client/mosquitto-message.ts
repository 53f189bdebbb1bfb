/** `Mosquitto\Message`: a message as the extension hands it on, and what can be said of topics. */
import { isTopicFilter, isTopicName, matches } from '../topic/topic.ts';
import { Arguments } from './mosquitto-arguments.ts';

/** Properties convert what is written to them, as those of the extension. */
export class Message {
  #mid = 0;
  #topic: string | null = null;
  #payload: Buffer = Buffer.alloc(0);
  #qos = 0;
  #retain = false;

  /** The server's packet identifier; 0 at QoS 0. */
  get mid(): number {
    return this.#mid;
  }
  set mid(value: number | string | boolean | null) {
    this.#mid = wholeOf(value);
  }

  /** null until there is one. */
  get topic(): string | null {
    return this.#topic;
  }
  set topic(value: string | number | boolean | null) {
    this.#topic = textOf(value);
  }

  /** The bytes; as a text where a text is wanted: `${message.payload}`. */
  get payload(): Buffer {
    return this.#payload;
  }
  set payload(value: Uint8Array | string | number | boolean | null) {
    this.#payload =
      value instanceof Uint8Array
        ? Buffer.from(value.buffer, value.byteOffset, value.length)
        : Buffer.from(textOf(value));
  }

  get qos(): number {
    return this.#qos;
  }
  set qos(value: number | string | boolean | null) {
    this.#qos = wholeOf(value);
  }

  get retain(): boolean {
    return this.#retain;
  }
  set retain(value: boolean | number | string | null) {
    this.#retain = value !== '0' && Boolean(value);
  }

  /** As `json_encode` shows it: the payload is a text. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { mid, topic, payload, qos, retain } = this;
    return { mid, topic, payload: payload.toString(), qos, retain };
  }

  /** Whether a message to a topic is one for a subscription. What is no topic or no filter matches nothing. */
  static topicMatchesSub(topic: string, subscription: string): boolean {
    const given = new Arguments('Message::topicMatchesSub', 2, 2, [topic, subscription]);
    const [name, filter] = [given.text(0), given.text(1)];
    return isTopicName(name) && isTopicFilter(filter) && matches(filter, name);
  }

  /** The levels of a topic; an empty one is null. */
  static tokeniseTopic(topic: string): (string | null)[] {
    const levels = new Arguments('Message::tokeniseTopic', 1, 1, [topic]).text(0).split('/');
    return levels.map((level) => (level === '' ? null : level));
  }
}

function textOf(value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return value ? '1' : '';
  return value === null ? '' : String(value);
}

/** A cast of PHP: the digits that a text begins with. */
function wholeOf(value: number | string | boolean | null): number {
  const number = typeof value === 'string' ? Number.parseInt(value, 10) : Math.trunc(Number(value));
  return Number.isFinite(number) ? number : 0;
}
