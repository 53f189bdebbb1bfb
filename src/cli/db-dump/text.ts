/** What stands in a `mosquitto.db`, chunk by chunk, in the lines of `mosquitto_db_dump`. */
import { utf8Text } from '../../protocol/bytes.ts';
import { decodePropertyBlock } from '../../protocol/decode.ts';
import type { Properties } from '../../protocol/properties.ts';
import { isText } from '../../protocol/text.ts';
import type { DbChunk, MessageChunk } from '../../store/mosquitto-db-layout.ts';

/** A name and its value. */
type Line = readonly [name: string, value: string | number | bigint];

/** Payloads of so many bytes and more are not shown. */
const LONG_PAYLOAD = 256;

const TITLES: Readonly<Record<Exclude<DbChunk['kind'], 'unknown'>, string>> = {
  config: 'DB_CHUNK_CFG',
  message: 'DB_CHUNK_BASE_MSG',
  delivery: 'DB_CHUNK_CLIENT_MSG',
  retained: 'DB_CHUNK_RETAIN',
  subscription: 'DB_CHUNK_SUB',
  client: 'DB_CHUNK_CLIENT',
};

/** The lines in front of all chunks. */
export function headText(crc: number, version: number): string {
  return `Mosquitto DB dump\nCRC: ${crc}\nDB version: ${version}\n`;
}

/** The lines of one chunk; nothing for one that is of no known type. */
export function chunkText(chunk: DbChunk): string {
  if (chunk.kind === 'unknown') return '';
  const lines = [['Length', chunk.length] as const, ...linesOf(chunk)];
  const text = lines.map(
    ([name, value]) => `\t${name}: ${typeof value === 'string' ? shown(value) : value}\n`,
  );
  return `${TITLES[chunk.kind]}:\n${text.join('')}${chunk.kind === 'message' ? propertyText(chunk) : ''}`;
}

function linesOf(chunk: Exclude<DbChunk, { kind: 'unknown' }>): readonly Line[] {
  switch (chunk.kind) {
    case 'config':
      return [
        ['Shutdown', chunk.shutdown],
        ['DB ID size', chunk.idBytes],
        ['Last DB ID', chunk.lastId],
      ];
    case 'client':
      return [
        ['Client ID', chunk.clientId],
        ...(chunk.username === '' ? [] : [['Username', chunk.username] as const]),
        ...(chunk.port === 0 ? [] : [['Listener port', chunk.port] as const]),
        ['Last MID', chunk.lastMid],
        ['Session expiry time', chunk.expiryTime],
        ['Session expiry interval', chunk.expiryInterval],
      ];
    case 'delivery': {
      const [identifier] = subscriptionIdentifiers(chunk.properties);
      return [
        ['Client ID', chunk.clientId],
        ['Store ID', chunk.storeId],
        ['MID', chunk.mid],
        ['QoS', chunk.qos],
        ['Retain', chunk.retain],
        ['Direction', chunk.direction],
        ['State', chunk.state],
        ['Dup', chunk.dup],
        ...(identifier === undefined ? [] : [['Subscription identifier', identifier] as const]),
      ];
    }
    case 'message':
      return messageLines(chunk);
    case 'subscription':
      return [
        ['Client ID', chunk.clientId],
        ['Topic', chunk.topic],
        ['QoS', chunk.qos],
        ['Subscription ID', chunk.identifier],
        ['Options', `0x${hex(Uint8Array.of(chunk.options))}`],
      ];
    case 'retained':
      return [['Store ID', chunk.storeId]];
  }
}

function messageLines(chunk: MessageChunk): readonly Line[] {
  const { payload } = chunk;
  const text = payload.length < LONG_PAYLOAD ? utf8Text(payload, 0, payload.length) : undefined;
  return [
    ['Store ID', chunk.storeId],
    ['Source Port', chunk.port],
    ['Source MID', chunk.sourceMid],
    ['Topic', chunk.topic],
    ['QoS', chunk.qos],
    ['Retain', chunk.retain],
    ['Payload Length', payload.length],
    ['Expiry Time', chunk.expiryTime],
    ...(text !== undefined && isText(text) ? [['Payload', text] as const] : []),
  ];
}

function propertyText({ properties }: MessageChunk): string {
  if (properties.length === 0) return '';
  const lines = propertyLines(decodePropertyBlock(properties));
  return `\tProperties:\n${lines.map(([name, value]) => `\t\t${name}: ${value}\n`).join('')}`;
}

function* propertyPairs(properties: Properties): Generator<Line> {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } = properties;
  if (payloadFormatIndicator !== undefined) yield ['Payload format indicator', payloadFormatIndicator];
  if (contentType !== undefined) yield ['Content type', contentType];
  if (responseTopic !== undefined) yield ['Response topic', responseTopic];
  if (correlationData !== undefined) yield ['Correlation data', hex(correlationData)];
  for (const [name, value] of userProperties ?? []) yield ['User property', `${name} , ${value}`];
}

function propertyLines(properties: Properties): readonly Line[] {
  return [...propertyPairs(properties)];
}

/** Of a delivery's block of properties. */
export function subscriptionIdentifiers(block: Uint8Array): readonly number[] {
  return block.length === 0 ? [] : (decodePropertyBlock(block).subscriptionIdentifiers ?? []);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

/** A name that is none may hold what a terminal obeys. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
