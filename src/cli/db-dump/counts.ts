/** How much of each stands in a `mosquitto.db`: in all, and for each client. */
import type { DbChunk, StoreId } from '../../store/mosquitto-db-layout.ts';

/** In the order of `mosquitto_db_dump`. */
const KINDS: readonly (readonly [kind: DbChunk['kind'], title: string])[] = [
  ['config', 'CFG'],
  ['message', 'BASE_MSG'],
  ['delivery', 'CLIENT_MSG'],
  ['retained', 'RETAIN'],
  ['subscription', 'SUB'],
  ['client', 'CLIENT'],
];

/** `--stats`: chunks of each kind. */
export class ChunkCounts {
  readonly #counts = new Map<DbChunk['kind'], number>();

  add({ kind }: DbChunk): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  text(): string {
    return KINDS.map(
      ([kind, title]) => `${`DB_CHUNK_${title}:`.padEnd(21)}${this.#counts.get(kind) ?? 0}\n`,
    ).join('');
  }
}

interface ClientCount {
  subscriptions: number;
  subscriptionBytes: number;
  messages: number;
  messageBytes: number;
}

/** `--client-stats`: chunks of each client and their bytes, with those of the messages that they refer to. */
export class ClientCounts {
  readonly #clients = new Map<string, ClientCount>();
  readonly #messageBytes = new Map<StoreId, number>();

  add(chunk: DbChunk): void {
    if (chunk.kind === 'message') this.#messageBytes.set(chunk.storeId, chunk.length);
    if (chunk.kind === 'client') this.#of(chunk.clientId);
    if (chunk.kind === 'subscription') {
      const client = this.#of(chunk.clientId);
      client.subscriptions++;
      client.subscriptionBytes += chunk.length;
    }
    if (chunk.kind === 'delivery') {
      const client = this.#of(chunk.clientId);
      client.messages++;
      client.messageBytes += chunk.length + (this.#messageBytes.get(chunk.storeId) ?? 0);
    }
  }

  text(): string {
    const lines = Array.from(
      this.#clients,
      ([clientId, { subscriptions, subscriptionBytes, messages, messageBytes }]) =>
        `SC: ${subscriptions} SS: ${subscriptionBytes} MC: ${messages} MS: ${messageBytes}   ${clientId}\n`,
    );
    return lines.join('');
  }

  #of(clientId: string): ClientCount {
    let client = this.#clients.get(clientId);
    if (client === undefined) {
      client = { subscriptions: 0, subscriptionBytes: 0, messages: 0, messageBytes: 0 };
      this.#clients.set(clientId, client);
    }
    return client;
  }
}
