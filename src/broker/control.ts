/** Requests to the broker: messages to topics below `$CONTROL/`. They go to whoever answers there, and to nobody else. */
import { utf8Bytes } from '../protocol/bytes.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Connection } from './connection.ts';
import { Message } from './message.ts';
import type { Session } from './session.ts';

const NOT_AVAILABLE = '{"error": "endpoint not available"}'; // as Mosquitto

/** Hands a request over, waits until it is done, then acknowledges it: always with success, as Mosquitto. */
export function request(
  connection: Connection,
  session: Session,
  message: Message,
  acknowledge: () => void,
): void {
  const { broker } = connection;
  const done = (isAnswered: boolean): void => {
    if (!isAnswered) broker.publishTo(session, responseTo(message, NOT_AVAILABLE));
    acknowledge();
  };
  const answered = broker.hooks.control?.(session.principal, message.keep()) ?? false;
  if (answered instanceof Promise) connection.await(answered, done);
  else done(answered);
}

function responseTo({ topic }: Message, text: string): Message {
  return new Message({
    topic: `${topic}/response`,
    payload: utf8Bytes(text),
    qos: 0,
    retain: false,
    properties: NO_PROPERTIES,
    expiresAt: 0,
    publisher: '',
  });
}
