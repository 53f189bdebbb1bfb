/** What may be published, by the specification and by what the server has agreed to. */
import type { Connack, QoS } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import { isTopicName } from '../topic/topic.ts';
import { MqttError } from './error.ts';

/** Why a message cannot be published; undefined if it can. Without a CONNACK only the specification counts. */
export function checkPublish(
  topic: string,
  { qos, retain }: { readonly qos: QoS; readonly retain: boolean },
  connack: Connack | undefined,
): MqttError | undefined {
  if (!isTopicName(topic))
    return new MqttError('INVALID', `'${topic}' is not a topic to publish to: no + or #, not empty`);
  if (qos !== 0 && qos !== 1 && qos !== 2)
    return new MqttError('INVALID', `QoS ${String(qos)} does not exist`);
  const { maximumQoS = 2, retainAvailable = 1 } = connack?.properties ?? {};
  if (qos > maximumQoS) {
    const details = { reasonCode: Reason.qosNotSupported }; // [MQTT-3.2.2-11]
    return new MqttError('INVALID', `The server takes QoS ${maximumQoS} at the most`, details);
  }
  if (retain && retainAvailable === 0) {
    const details = { reasonCode: Reason.retainNotSupported }; // [MQTT-3.2.2-14]
    return new MqttError('INVALID', 'The server retains no messages', details);
  }
  return undefined;
}

export function tooLarge({ length }: Uint8Array): MqttError {
  const details = { reasonCode: Reason.packetTooLarge };
  return new MqttError('INVALID', `A message of ${length} bytes is larger than the server takes`, details);
}
