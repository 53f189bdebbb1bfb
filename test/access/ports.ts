/** Time and log of backends, in the hands of the test. */
import { LOG_TYPES } from '../../src/base/log-dialect.ts';
import type { LogEventName } from '../../src/base/log-events.ts';
import { DEFAULT_LOG_SETTINGS, Log } from '../../src/base/log.ts';
import type { AccessPorts } from '../../src/access/ports.ts';
import type { Credentials, MessageView } from '../../src/broker/access.ts';
import { Guard } from '../../src/broker/guard.ts';
import { DEFAULT_LISTENER } from '../../src/broker/limits.ts';
import type { Listener } from '../../src/broker/limits.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';

/** 2024-01-01T00:00:00Z. */
const START = 1_704_067_200_000;

interface Alarm {
  readonly at: number;
  readonly wake: () => void;
}

export class TestPorts implements AccessPorts {
  time: number = START;
  readonly lines: { readonly event: LogEventName; readonly text: string }[] = [];
  readonly log: Log = new Log(
    { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES), timestamp: false },
    () => this.time,
    ({ event, text }) => this.lines.push({ event, text }),
  );
  readonly #alarms = new Set<Alarm>();

  readonly now = (): number => this.time;

  readonly after = (ms: number, wake: () => void): (() => void) => {
    const alarm = { at: this.time + ms, wake };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  };

  /** Calls back that are due and not cancelled. */
  get alarms(): number {
    return this.#alarms.size;
  }

  advance(ms: number): void {
    this.time += ms;
    const due = [...this.#alarms].filter(({ at }) => at <= this.time);
    for (const alarm of due) {
      this.#alarms.delete(alarm);
      alarm.wake();
    }
  }

  /** The lines of an event, oldest first. */
  said(event: LogEventName): string[] {
    return this.lines.filter((line) => line.event === event).map(({ text }) => text);
  }
}

/** A listener for everybody, or for nobody without a name. */
export function listenerThat(allowAnonymous: boolean): Listener {
  return { settings: { ...DEFAULT_LISTENER, allowAnonymous }, connections: 0, guard: new Guard() };
}

/** What a client says of itself; a password is text. */
export function credentials(
  more: Partial<Omit<Credentials, 'password'>> & { readonly password?: string } = {},
): Credentials {
  const { password, ...rest } = more;
  return {
    clientId: 'c1',
    version: 5,
    peer: { address: '10.0.0.1', port: 50_000 },
    identity: undefined,
    listener: listenerThat(false),
    ...rest,
    ...(password !== undefined && { password: new TextEncoder().encode(password) }),
  };
}

export const MESSAGE: MessageView = {
  payload: new Uint8Array(),
  qos: 1,
  retain: false,
  properties: NO_PROPERTIES,
};
