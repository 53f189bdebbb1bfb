/** What stands in a `mosquitto.db` as JSON, with the names of `mosquitto_db_dump --json`. */
import { decodePropertyBlock } from '../../protocol/decode.ts';
import type { DbChunk } from '../../store/mosquitto-db-layout.ts';
import { propertiesToJson } from '../../store/sqlite-properties.ts';
import { subscriptionIdentifiers } from './text.ts';

type Listed = Exclude<DbChunk, { kind: 'config' | 'unknown' }>;

/** A name and its value as JSON, or nothing for what is left out. */
type Field = readonly [name: string, json: string | undefined];

/** In the order of `mosquitto_db_dump`. */
const LISTS: readonly (readonly [kind: Listed['kind'], name: string])[] = [
  ['message', 'base-messages'],
  ['client', 'clients'],
  ['delivery', 'client-messages'],
  ['retained', 'retained-messages'],
  ['subscription', 'subscriptions'],
];

/** Gathers chunks as text: one array for each kind. */
export class JsonDump {
  readonly #lists = new Map<DbChunk['kind'], string[]>(LISTS.map(([kind]) => [kind, []]));

  add(chunk: DbChunk): void {
    if (chunk.kind === 'config' || chunk.kind === 'unknown') return;
    const fields = fieldsOf(chunk).filter(([, json]) => json !== undefined);
    this.#lists.get(chunk.kind)?.push(`{${fields.map(([name, json]) => `${text(name)}:${json}`).join(',')}}`);
  }

  /** The document, piece by piece: a line for each chunk. */
  *text(): Generator<string> {
    yield '{\n';
    for (const [at, [kind, name]] of LISTS.entries()) {
      const list = this.#lists.get(kind) ?? [];
      yield `${text(name)}:[${list.length > 0 ? '\n' : ''}`;
      for (const [index, line] of list.entries()) yield index < list.length - 1 ? `${line},\n` : `${line}\n`;
      yield at < LISTS.length - 1 ? '],\n' : ']\n';
    }
    yield '}\n';
  }
}

function fieldsOf(chunk: Listed): readonly Field[] {
  switch (chunk.kind) {
    case 'message':
      return [
        ['storeid', String(chunk.storeId)],
        ['expiry-time', String(chunk.expiryTime)],
        ['source-mid', String(chunk.sourceMid)],
        ['source-port', String(chunk.port)],
        ['qos', String(chunk.qos)],
        ['retain', String(chunk.retain)],
        ['topic', text(chunk.topic)],
        ['clientid', chunk.sourceId === '' ? undefined : text(chunk.sourceId)],
        ['username', chunk.username === '' ? undefined : text(chunk.username)],
        ['payload', chunk.payload.length === 0 ? undefined : text(base64(chunk.payload))],
        ['properties', propertiesOf(chunk.properties)],
      ];
    case 'client':
      return [
        ['clientid', text(chunk.clientId)],
        ['username', chunk.username === '' ? undefined : text(chunk.username)],
        ['session-expiry-time', String(chunk.expiryTime)],
        ['session-expiry-interval', String(chunk.expiryInterval)],
        ['last-mid', String(chunk.lastMid)],
        ['listener-port', String(chunk.port)],
      ];
    case 'delivery':
      return [
        ['clientid', text(chunk.clientId)],
        ['storeid', String(chunk.storeId)],
        ['mid', String(chunk.mid)],
        ['qos', String(chunk.qos)],
        ['state', String(chunk.state)],
        ['retain-dup', String((chunk.retain << 4) | chunk.dup)],
        ['direction', String(chunk.direction)],
        ['subscription-identifier', String(subscriptionIdentifiers(chunk.properties)[0] ?? 0)],
      ];
    case 'retained':
      return [['storeid', String(chunk.storeId)]];
    case 'subscription':
      return [
        ['clientid', text(chunk.clientId)],
        ['topic', text(chunk.topic)],
        ['qos', String(chunk.qos)],
        ['options', String(chunk.options)],
        ['identifier', String(chunk.identifier)],
      ];
  }
}

function text(value: string): string {
  return JSON.stringify(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function propertiesOf(block: Uint8Array): string | undefined {
  return block.length === 0 ? undefined : propertiesToJson(decodePropertyBlock(block), 'message');
}
