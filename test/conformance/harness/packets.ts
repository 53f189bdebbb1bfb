import { binary, frame, join, text, u16, utf8 } from './bytes.ts';
import { encodeProperties, type Properties } from './properties.ts';

/** Protocol level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type Version = 3 | 4 | 5;

/** A Will Message. */
export interface Will {
  readonly topic: string;
  readonly payload?: string | Uint8Array;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly properties?: Properties;
}

/** What goes into a CONNECT; `flags` overrides the Connect Flags that follow from the rest. */
export interface ConnectOptions {
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly keepAlive?: number;
  readonly will?: Will;
  readonly username?: string;
  readonly password?: string;
  readonly properties?: Properties;
  readonly name?: string;
  readonly level?: number;
  readonly flags?: number;
}

/** What goes into a PUBLISH besides topic and payload. */
export interface PublishOptions {
  readonly qos?: number;
  readonly packetId?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly properties?: Properties;
}

/** Subscription Options. */
export interface Options {
  readonly qos?: number;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: number;
}

/** A Topic Filter with its Subscription Options, which may be given as the byte or, most often, as the QoS. */
export type Filter = readonly [filter: string, options: number | Options];

/** Builders of the packets of one version, those that a client sends and those that a broker answers. */
export interface Packets {
  connect(options: ConnectOptions): Uint8Array;
  connack(sessionPresent: boolean, code: number, properties?: Properties): Uint8Array;
  publish(topic: string, payload?: string | Uint8Array, options?: PublishOptions): Uint8Array;
  puback(packetId: number, code?: number, properties?: Properties): Uint8Array;
  pubrec(packetId: number, code?: number, properties?: Properties): Uint8Array;
  pubrel(packetId: number, code?: number, properties?: Properties): Uint8Array;
  pubcomp(packetId: number, code?: number, properties?: Properties): Uint8Array;
  subscribe(packetId: number, filters: readonly Filter[], properties?: Properties): Uint8Array;
  suback(packetId: number, codes: readonly number[], properties?: Properties): Uint8Array;
  unsubscribe(packetId: number, filters: readonly string[], properties?: Properties): Uint8Array;
  /** Before 5.0 an UNSUBACK carries no codes: they are left out. */
  unsuback(packetId: number, codes: readonly number[], properties?: Properties): Uint8Array;
  pingreq(): Uint8Array;
  pingresp(): Uint8Array;
  disconnect(code?: number, properties?: Properties): Uint8Array;
  auth(code: number, properties?: Properties): Uint8Array;
}

/** The builders for a version. */
export function packets(version: Version): Packets {
  const properties = (of: Properties = {}) => (version === 5 ? encodeProperties(of) : new Uint8Array());
  const acknowledge = (first: number) => (packetId: number, code?: number, of?: Properties) =>
    frame(first, u16(packetId), ...reason(version, code, of));
  return {
    connect: (options) => connect(version, options),
    connack: (present, code, of) => frame(0x20, present ? 1 : 0, code, properties(of)),
    publish: (topic, payload = '', options = {}) =>
      frame(
        publishFirst(options),
        utf8(topic),
        options.qos ? u16(options.packetId ?? 1) : new Uint8Array(),
        properties(options.properties),
        toBytes(payload),
      ),
    puback: acknowledge(0x40),
    pubrec: acknowledge(0x50),
    pubrel: acknowledge(0x62),
    pubcomp: acknowledge(0x70),
    subscribe: (packetId, filters, of) =>
      frame(
        0x82,
        u16(packetId),
        properties(of),
        ...filters.map(([filter, options]) => subscription(filter, options)),
      ),
    suback: (packetId, codes, of) => frame(0x90, u16(packetId), properties(of), ...codes),
    unsubscribe: (packetId, filters, of) => frame(0xa2, u16(packetId), properties(of), ...filters.map(utf8)),
    unsuback: (packetId, codes, of) =>
      frame(0xb0, u16(packetId), properties(of), ...(version === 5 ? codes : [])),
    pingreq: () => frame(0xc0),
    pingresp: () => frame(0xd0),
    disconnect: (code, of) => frame(0xe0, ...reason(version, code, of)),
    auth: (code, of) => frame(0xf0, code, properties(of)),
  };
}

/** Reason Code and properties, in the shortest form; nothing before 5.0. */
function reason(version: Version, code = 0, of?: Properties): readonly (Uint8Array | number)[] {
  if (version === 5) return of ? [code, encodeProperties(of)] : code > 0 ? [code] : [];
  if (code > 0 || of) throw new TypeError('there are no reason codes and properties before MQTT 5.0');
  return [];
}

function connect(version: Version, options: ConnectOptions): Uint8Array {
  const { will, username, password } = options;
  const payload = [utf8(options.clientId ?? '')];
  if (will && version === 5) payload.push(encodeProperties(will.properties ?? {}));
  if (will) payload.push(utf8(will.topic), binary(toBytes(will.payload ?? '')));
  if (username !== undefined) payload.push(utf8(username));
  if (password !== undefined) payload.push(utf8(password));
  return frame(
    0x10,
    utf8(options.name ?? (version === 3 ? 'MQIsdp' : 'MQTT')),
    options.level ?? version,
    options.flags ?? connectFlags(options),
    u16(options.keepAlive ?? 60),
    version === 5 ? encodeProperties(options.properties ?? {}) : new Uint8Array(),
    ...payload,
  );
}

function connectFlags({ clean = true, will, username, password }: ConnectOptions): number {
  const willFlags = will ? 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0) : 0;
  return (
    (clean ? 0x02 : 0) | willFlags | (password === undefined ? 0 : 0x40) | (username === undefined ? 0 : 0x80)
  );
}

function publishFirst({ dup, qos, retain }: PublishOptions): number {
  return 0x30 | (dup ? 8 : 0) | ((qos ?? 0) << 1) | (retain ? 1 : 0);
}

function subscription(filter: string, options: number | Options): Uint8Array {
  if (typeof options === 'number') return join(utf8(filter), options);
  const { qos = 0, noLocal, retainAsPublished, retainHandling = 0 } = options;
  return join(utf8(filter), qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4));
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? text(value) : value;
}
