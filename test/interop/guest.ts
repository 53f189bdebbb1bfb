/** A client of MQTT.js, with what it receives in a line to be taken from. */
import mqtt from 'mqtt';
import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';

/** How long anything may take, in milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** 3 is MQTT 3.1, 4 is 3.1.1. */
export type Version = 3 | 4 | 5;

/** The versions by the names people know. */
export const VERSIONS: Readonly<Record<Version, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };

/** It leaves with the block that declares it (`await using`). */
export class Guest implements AsyncDisposable {
  readonly client: MqttClient;
  /** What the broker said of the last CONNECT. */
  connack: IConnackPacket | undefined;
  readonly #received: IPublishPacket[] = [];
  #wake: (() => void) | undefined;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('connect', (connack) => (this.connack = connack));
    client.on('error', () => undefined); // what comes of it shows in what the tests wait for
    client.on('message', (topic, _payload, packet) => {
      this.#received.push({ ...packet, topic }); // the packet may have an alias instead
      this.#wake?.();
    });
  }

  /** Connects; no client connects again by itself unless the options say so. */
  static async arrive(port: number, version: Version, options: IClientOptions = {}): Promise<Guest> {
    const protocolId = version === 3 ? 'MQIsdp' : 'MQTT';
    const fixed = { protocolVersion: version, protocolId, reconnectPeriod: 0 } as const;
    const guest = new Guest(mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...fixed, ...options }));
    await guest.hears('connect');
    return guest;
  }

  /** The next message. */
  async next(): Promise<IPublishPacket> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.#received.length === 0) {
      if (Date.now() >= deadline) throw new Error(`no message for ${this.client.options.clientId}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, deadline - Date.now());
      await promise.finally(() => clearTimeout(timer));
    }
    return this.#received.shift()!;
  }

  /** The next messages, so many. */
  async take(count: number): Promise<IPublishPacket[]> {
    const taken: IPublishPacket[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** Nothing has come and nothing is on its way: a message to itself is the next one. */
  async hasNoMore(): Promise<boolean> {
    const topic = `marker/${this.client.options.clientId}`;
    await this.client.subscribeAsync(topic);
    await this.client.publishAsync(topic, '');
    return (await this.next()).topic === topic;
  }

  /** Waits for an event of the client. */
  hears(event: 'connect' | 'close' | 'disconnect'): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), PATIENCE_MS);
    this.client.once(event, resolve);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Is gone without a word, as when the network breaks. */
  async drop(): Promise<void> {
    const closed = this.hears('close');
    this.client.stream.destroy();
    await closed;
  }

  /** Its connection breaks when the next packet of a type is sent: that arrives, and the answer finds nobody. */
  breakAfter(type: 'publish' | 'pubrel'): void {
    const { client } = this;
    const onSent = ({ cmd }: { readonly cmd: string }): void => {
      if (cmd !== type) return;
      client.off('packetsend', onSent);
      const { stream } = client;
      stream.unpipe();
      stream.once('finish', () => stream.destroy());
      setImmediate(() => stream.end()); // it is about to be written
    };
    client.on('packetsend', onSent);
  }

  /** Says goodbye. */
  async leave(): Promise<void> {
    await this.client.endAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** What counts of a message: topic, text, QoS and whether it was retained. */
export function essence({ topic, payload, qos, retain }: IPublishPacket): string {
  return `${topic} ${payload.toString()} q${qos} r${retain ? 1 : 0}`;
}
