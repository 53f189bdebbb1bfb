/** Whoever publishes to the client that receives: as fast as the broker takes it. */
import { connect } from '../../src/client/index.ts';
import type { Client } from '../../src/client/index.ts';
import { TOPIC, WINDOW } from './task.ts';
import type { QoS } from './library.ts';

/** Publishes until it is stopped. */
export class Feeder implements AsyncDisposable {
  readonly #client: Client;
  readonly #feeding: Promise<void>;
  #isOver = false;

  private constructor(client: Client, qos: QoS, payloadBytes: number) {
    this.#client = client;
    this.#feeding = this.#feed(new Uint8Array(payloadBytes).fill(0x78), qos);
  }

  static async start(port: number, qos: QoS, payloadBytes: number): Promise<Feeder> {
    return new Feeder(await connect(`mqtt://127.0.0.1:${port}`, { inflight: WINDOW }), qos, payloadBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#feeding;
    await this.#client.close();
  }

  async #feed(payload: Uint8Array, qos: QoS): Promise<void> {
    while (!this.#isOver) {
      const window = Array.from({ length: WINDOW }, () => this.#client.publish(TOPIC, payload, { qos }));
      await Promise.all(window);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}
