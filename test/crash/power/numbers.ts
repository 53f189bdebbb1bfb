/** A client that is away, and another that sends it numbers at QoS 1. */
import { NO_PROPERTIES } from '../../../src/protocol/index.ts';
import type { Packet } from '../../../src/protocol/index.ts';
import { Link } from '../link.ts';

const WINDOW = 10;

/** Resolves when all have been acknowledged; `told` hears each as it is, 0 for the subscription. */
export async function publishNumbers(
  port: number,
  numbers: number,
  told: (number: number) => void,
): Promise<void> {
  await subscribe(port);
  told(0);
  await publish(port, numbers, told);
}

function subscribe(port: number): Promise<void> {
  return talk(port, 'away', (packet, send) => {
    if (packet.type === 'connack')
      send({
        type: 'subscribe',
        packetId: 1,
        subscriptions: [
          { filter: 'numbers', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: NO_PROPERTIES,
      });
    return packet.type === 'suback';
  });
}

function publish(port: number, numbers: number, told: (number: number) => void): Promise<void> {
  let sent = 0;
  let acknowledged = 0;
  const padding = 'x'.repeat(300);
  return talk(port, 'sender', (packet, send) => {
    if (packet.type === 'puback') {
      acknowledged += 1;
      told(packet.packetId);
    }
    while (sent < numbers && sent - acknowledged < WINDOW) {
      sent += 1;
      send({
        type: 'publish',
        topic: 'numbers',
        payload: new TextEncoder().encode(`${sent} ${padding}`),
        qos: 1,
        retain: false,
        dup: false,
        packetId: sent,
        properties: NO_PROPERTIES,
      });
    }
    return acknowledged === numbers;
  });
}

/** A connection with a session that stays, until `handle` says that it is done. */
function talk(
  port: number,
  clientId: string,
  handle: (packet: Packet, send: (packet: Packet) => void) => boolean,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const link: Link = new Link(port, 4, {
    packet: (packet) => {
      if (handle(packet, (answer) => link.send(answer))) resolve();
    },
    closed: (problem) => reject(new Error(`${clientId} was disconnected: ${problem}`)),
  });
  link.send({
    type: 'connect',
    version: 4,
    bridge: false,
    clientId,
    cleanStart: false,
    keepAliveSeconds: 60,
    properties: NO_PROPERTIES,
  });
  return promise.finally(() => link.cut());
}
