/** A client whose session ends with its connection, among the others: QoS 0, and a subscription that is to be gone. */
import { NO_PROPERTIES } from '../../src/protocol/index.ts';
import type { Packet } from '../../src/protocol/index.ts';
import { Link } from './link.ts';
import type { Random } from '../random.ts';
import type { Stage } from './seat.ts';

const PAYLOAD = new TextEncoder().encode('0 bystander');

export class Bystander {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #clientId: string;
  #link: Link | undefined;
  #isOpen = false;

  constructor(stage: Stage, clientId: string, random: Random) {
    this.#stage = stage;
    this.#clientId = clientId;
    this.#random = random;
  }

  step(): void {
    if (this.#link === undefined) {
      if (this.#stage.port !== undefined) this.#connect(this.#stage.port);
    } else if (this.#isOpen && this.#stage.phase === 'load') this.#chatter();
  }

  #connect(port: number): void {
    const link = new Link(port, 4, {
      packet: (packet) => this.#packet(packet),
      closed: () => this.#gone(),
    });
    this.#link = link;
    this.#stage.opened(link);
    link.send({
      type: 'connect',
      version: 4,
      bridge: false,
      clientId: this.#clientId,
      cleanStart: true,
      keepAliveSeconds: 300,
      properties: NO_PROPERTIES,
    });
    link.send({
      type: 'subscribe',
      packetId: 1,
      subscriptions: [
        { filter: 'bystanders/#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        { filter: 'load/1/#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: NO_PROPERTIES,
    });
  }

  #chatter(): void {
    for (let burst = this.#random.between(0, 2); burst > 0; burst -= 1)
      this.#link?.send({
        type: 'publish',
        topic: `bystanders/${this.#clientId}`,
        payload: PAYLOAD,
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: NO_PROPERTIES,
      });
    if (this.#random.chance(0.02)) {
      this.#link?.cut();
      this.#gone();
    }
  }

  #packet(packet: Packet): void {
    if (packet.type !== 'connack') return;
    this.#isOpen = true;
    if (packet.sessionPresent)
      this.#stage.ledger.fault('sessions', `${this.#clientId} got a session that it had not kept`);
  }

  #gone(): void {
    this.#link = undefined;
    this.#isOpen = false;
  }
}
