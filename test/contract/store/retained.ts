/** The smallest commit that is worth something. */
import type { Change } from '../../../src/broker/change.ts';

/** A retained message, with the payload it takes. */
export function retained(id: number, topic: string, payload: Uint8Array = new Uint8Array(20)): Change[] {
  const message = {
    topic,
    payload,
    qos: 1,
    retain: true,
    properties: {},
    expiresAt: 0,
    publisher: 'p',
    username: undefined,
    port: 1883,
  } as const;
  return [
    { kind: 'message kept', id, message },
    { kind: 'retained', topic, id },
  ];
}
