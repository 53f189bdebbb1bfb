import { binary, join, text, u16, u32, utf8, varint } from './bytes.ts';
import { Mismatch } from './mismatch.ts';
import type { Reader } from './reader.ts';

/** Identifier and type of each property of MQTT 5.0, table 2-4. Binary data is a string of one character per byte. */
const table = {
  payloadFormatIndicator: [0x01, 'byte'],
  messageExpiryInterval: [0x02, 'u32'],
  contentType: [0x03, 'utf8'],
  responseTopic: [0x08, 'utf8'],
  correlationData: [0x09, 'binary'],
  subscriptionIdentifier: [0x0b, 'varints'],
  sessionExpiryInterval: [0x11, 'u32'],
  assignedClientIdentifier: [0x12, 'utf8'],
  serverKeepAlive: [0x13, 'u16'],
  authenticationMethod: [0x15, 'utf8'],
  authenticationData: [0x16, 'binary'],
  requestProblemInformation: [0x17, 'byte'],
  willDelayInterval: [0x18, 'u32'],
  requestResponseInformation: [0x19, 'byte'],
  responseInformation: [0x1a, 'utf8'],
  serverReference: [0x1c, 'utf8'],
  reasonString: [0x1f, 'utf8'],
  receiveMaximum: [0x21, 'u16'],
  topicAliasMaximum: [0x22, 'u16'],
  topicAlias: [0x23, 'u16'],
  maximumQoS: [0x24, 'byte'],
  retainAvailable: [0x25, 'byte'],
  userProperty: [0x26, 'pairs'],
  maximumPacketSize: [0x27, 'u32'],
  wildcardSubscriptionAvailable: [0x28, 'byte'],
  subscriptionIdentifierAvailable: [0x29, 'byte'],
  sharedSubscriptionAvailable: [0x2a, 'byte'],
} as const;

type Table = typeof table;
type Value = number | string | readonly number[] | readonly (readonly [string, string])[];

/** The TypeScript value of each type of the table. */
interface Values {
  byte: number;
  u16: number;
  u32: number;
  utf8: string;
  binary: string;
  varints: readonly number[];
  pairs: readonly (readonly [string, string])[];
}

/** Name of a property. */
export type PropertyName = keyof Table;

/** Properties by name, in the order in which they stand in the packet. Those that may repeat are lists. */
export type Properties = { readonly [Name in PropertyName]?: Values[Table[Name][1]] };

const names = new Map<number, PropertyName>(
  Object.entries(table).map(([name, [id]]) => [id, name as PropertyName]),
);

/** Property Length and properties. */
export function encodeProperties(properties: Properties): Uint8Array {
  const body = join(
    ...Object.entries(properties).map(([name, value]) => encodeProperty(name as PropertyName, value)),
  );
  return join(varint(body.length), body);
}

function encodeProperty(name: PropertyName, value: Value): Uint8Array {
  const [id, kind] = table[name];
  switch (kind) {
    case 'byte':
      return join(id, value as number);
    case 'u16':
      return join(id, u16(value as number));
    case 'u32':
      return join(id, u32(value as number));
    case 'utf8':
      return join(id, utf8(value as string));
    case 'binary':
      return join(id, binary(Buffer.from(value as string, 'latin1')));
    case 'varints':
      return join(...(value as Values['varints']).map((one) => join(id, varint(one))));
    case 'pairs':
      return join(...(value as Values['pairs']).map(([key, one]) => join(id, utf8(key), utf8(one))));
  }
}

/** Reads Property Length and properties, and holds the broker to the rules: known, allowed here, once only. */
export function decodeProperties(reader: Reader, allowed: readonly PropertyName[]): Properties {
  const found: Record<string, Value> = {};
  const inner = reader.slice(reader.varint());
  while (inner.left > 0) {
    const id = inner.byte();
    const name = names.get(id);
    if (!name) throw new Mismatch(`the broker sent an unknown property 0x${id.toString(16)}`);
    if (!allowed.includes(name))
      throw new Mismatch(`the broker sent ${name}, which is not allowed in this packet`);
    found[name] = decodeProperty(inner, name, found[name]);
  }
  return found;
}

function decodeProperty(reader: Reader, name: PropertyName, before: Value | undefined): Value {
  const kind = table[name][1];
  if (kind === 'varints') return [...((before as Values['varints'] | undefined) ?? []), reader.varint()];
  if (kind === 'pairs') {
    return [...((before as Values['pairs'] | undefined) ?? []), [reader.utf8(), reader.utf8()] as const];
  }
  if (before !== undefined) throw new Mismatch(`the broker sent ${name} twice`);
  return reader[kind]();
}

/** Bytes of one property of any content, for packets that break the rules. */
export function property(name: PropertyName, value: Uint8Array | string): Uint8Array {
  return join(table[name][0], typeof value === 'string' ? text(value) : value);
}
