/** PUBACK, PUBREC, PUBREL and PUBCOMP as they come in. §3.4 to §3.7, §4.3 */
import type { AckName } from '../base/log-events.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Ack } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import type { Connection } from './connection.ts';
import { request } from './control.ts';
import { isControlTopic } from './hooks.ts';
import type { Session } from './session.ts';

/** PUBACK: the client has a message of QoS 1. */
export function acknowledged(connection: Connection, session: Session, packet: Ack): void {
  logAck(connection, 'PUBACK', packet);
  expectQos(session, packet, 1);
  if (session.outbound.acknowledge(packet.packetId) !== undefined) session.refill();
}

/** PUBREC: the client has a message of QoS 2, and is told to release it; or it refuses it. */
export function received(connection: Connection, session: Session, packet: Ack): void {
  const { packetId, reasonCode } = packet;
  logAck(connection, 'PUBREC', packet);
  expectQos(session, packet, 2);
  if (reasonCode >= 0x80) {
    if (session.outbound.complete(packetId) !== undefined) session.refill();
    return;
  }
  const delivery = session.outbound.receive(packetId);
  const known = delivery !== undefined;
  if (delivery?.record !== undefined) connection.broker.journal?.delivery(session, delivery);
  connection.outlet.acknowledge('PUBREL', packetId, known ? Reason.success : Reason.packetIdentifierNotFound); // [MQTT-4.3.3-4]
}

/**
 * PUBREL: the client will not send the message again; it goes to the subscribers. As Mosquitto: not before. For a
 * message that is not held PUBCOMP says success too: it was released before the connection broke, and clients take
 * "Packet Identifier not found" for a message that was lost. [MQTT-4.3.3-11]
 */
export function released(connection: Connection, session: Session, packet: Ack): void {
  const { broker } = connection;
  logAck(connection, 'PUBREL', packet);
  const message = session.inbound.release(packet.packetId)?.message;
  const due = message !== undefined && !message.expired(broker.now);
  if (due && broker.hooks.control !== undefined && isControlTopic(message.topic)) {
    request(connection, session, message, () => connection.outlet.acknowledge('PUBCOMP', packet.packetId));
    return;
  }
  if (due) broker.publish(message);
  connection.outlet.acknowledge('PUBCOMP', packet.packetId);
  if (due) connection.yieldToLaggard(session);
}

/** PUBCOMP: a message of QoS 2 is done. */
export function completed(connection: Connection, session: Session, packet: Ack): void {
  logAck(connection, 'PUBCOMP', packet);
  expectQos(session, packet, 2);
  if (session.outbound.complete(packet.packetId) !== undefined) session.refill();
}

/** An acknowledgement of the other QoS's flow breaks the protocol; one of nothing is left alone. */
function expectQos(session: Session, { packetId, type }: Ack, qos: 1 | 2): void {
  const delivery = session.outbound.get(packetId);
  if (delivery !== undefined && delivery.qos !== qos) {
    throw new ProtocolError(
      Reason.protocolError,
      `${type.toUpperCase()} for a message of QoS ${delivery.qos}`,
    );
  }
}

function logAck(connection: Connection, packet: AckName, { packetId, reasonCode }: Ack): void {
  const { log } = connection.broker;
  if (log.debug) log.event('ackReceived', { client: connection.outlet.client, packet, packetId, reasonCode });
}
