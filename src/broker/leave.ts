/** The end of a connection whose client came in with credentials that expire, such as a token. */
import type { Deadline } from '../base/timer-wheel.ts';
import { Reason } from '../protocol/reason.ts';
import type { Connection } from './connection.ts';

/** Closes a connection when the credentials of its client have expired; the will is published. */
export class Leave implements Deadline {
  second: number | undefined;
  readonly #connection: Connection;

  /** `expiresAt`: milliseconds since 1970. */
  constructor(connection: Connection, expiresAt: number) {
    this.#connection = connection;
    connection.broker.wheel.set(this, expiresAt);
  }

  wake(): void {
    const { broker, outlet } = this.#connection;
    broker.log.event('credentialsExpired', { client: outlet.client });
    this.#connection.close(Reason.maximumConnectTime);
  }

  /** The connection has gone, or its client has proved anew who it is. */
  cancel(): void {
    this.#connection.broker.wheel.cancel(this);
  }
}

/** The end of a connection that has one. */
export function leaveAt(connection: Connection, expiresAt: number | undefined): Leave | undefined {
  return expiresAt === undefined ? undefined : new Leave(connection, expiresAt);
}
