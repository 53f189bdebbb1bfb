/** Packets as libmosquitto's log tells them. */
import type { Ack, Packet, Publish } from '../protocol/packet.ts';

type Direction = 'sending' | 'received';
type Describe<P extends Packet> = (packet: P, direction: Direction) => readonly string[];

type PacketOf<T> = T extends Ack['type'] ? Ack : Extract<Packet, { type: T }>;

/** Lines by type; one that is not here is its name alone. */
const LINES: { readonly [T in Packet['type']]?: Describe<PacketOf<T>> } = {
  connack: ({ reasonCode }) => [`CONNACK (${reasonCode})`],
  publish: (packet) => [describePublish(packet)],
  puback: ({ packetId, reasonCode }, direction) => [
    direction === 'sending'
      ? `PUBACK (m${packetId}, rc${reasonCode})`
      : `PUBACK (Mid: ${packetId}, RC:${reasonCode})`,
  ],
  pubrec: ({ packetId, reasonCode }, direction) => [
    direction === 'sending' ? `PUBREC (m${packetId}, rc${reasonCode})` : `PUBREC (Mid: ${packetId})`,
  ],
  pubrel: ({ packetId }, direction) => [
    direction === 'sending' ? `PUBREL (m${packetId})` : `PUBREL (Mid: ${packetId})`,
  ],
  pubcomp: ({ packetId, reasonCode }, direction) => [
    direction === 'sending' ? `PUBCOMP (m${packetId})` : `PUBCOMP (Mid: ${packetId}, RC:${reasonCode})`,
  ],
  subscribe: ({ packetId, subscriptions }) =>
    subscriptions.map(({ filter, qos, noLocal, retainAsPublished, retainHandling }) => {
      const options = (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4);
      const hex = options.toString(16).padStart(2, '0');
      return `SUBSCRIBE (Mid: ${packetId}, Topic: ${filter}, QoS: ${qos}, Options: 0x${hex})`;
    }),
  unsubscribe: ({ packetId, filters }) =>
    filters.map((filter) => `UNSUBSCRIBE (Mid: ${packetId}, Topic: ${filter})`),
};

function describePublish({ dup, qos, retain, packetId, topic, payload }: Publish): string {
  const flags = `d${dup ? 1 : 0}, q${qos}, r${retain ? 1 : 0}, m${packetId}`;
  return `PUBLISH (${flags}, '${topic || '(null)'}', ... (${payload.length} bytes))`;
}

/** The lines that a packet is worth. Without an identifier the client is `(null)`. */
export function traceLines(clientId: string, direction: Direction, packet: Packet): string[] {
  // libmosquitto does not say whose this is
  if (packet.type === 'disconnect' && direction === 'received')
    return [`Received DISCONNECT (${packet.reasonCode})`];
  const describe = LINES[packet.type] as Describe<Packet> | undefined;
  const lines = describe?.(packet, direction) ?? [packet.type.toUpperCase()];
  return lines.map((line) => `Client ${clientId || '(null)'} ${direction} ${line}`);
}
