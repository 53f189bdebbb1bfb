/** A broker in memory: time, wires, clients and access are in the hands of the test. */
import assert from 'node:assert/strict';
import { LOG_TYPES } from '../../src/base/log-dialect.ts';
import { DEFAULT_LOG_SETTINGS, Log, SILENT } from '../../src/base/log.ts';
import type { LogLine } from '../../src/base/log.ts';
import type { LogEventName, LogEvents } from '../../src/base/log-events.ts';
import { Broker } from '../../src/broker/broker.ts';
import { Guard } from '../../src/broker/guard.ts';
import { DEFAULT_LISTENER, DEFAULT_SETTINGS } from '../../src/broker/limits.ts';
import type { BrokerSettings, Listener, ListenerSettings } from '../../src/broker/limits.ts';
import { Message } from '../../src/broker/message.ts';
import type { Store } from '../../src/broker/store.ts';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { ScriptedAccess } from './access.ts';
import { Client } from './client.ts';
import type { ConnectOptions, PublishOptions } from './client.ts';
import { FakeWire } from './wire.ts';

/** 2024-01-01T00:00:00Z: a whole second. */
const START = 1_704_067_200_000;

export interface RigOptions {
  /** `sysInterval` is 0 here unless given, so that `stored` counts what the test makes. */
  readonly settings?: Partial<BrokerSettings>;
  readonly listener?: Partial<ListenerSettings>;
  /** Whether events are kept; tests of many messages do without. */
  readonly log?: boolean;
  readonly store?: Store;
  /** When the changes of a tick are committed; in a microtask without it. */
  readonly afterTick?: (work: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

export class Rig {
  readonly access: ScriptedAccess = new ScriptedAccess();
  readonly broker: Broker;
  readonly listener: Listener;
  /** Milliseconds since 1970. */
  now: number;
  heapBytes = 0;
  /** That of all listeners. */
  readonly guard: Guard = new Guard();
  readonly #lines: LogLine[] = [];
  readonly #alarms = new Set<{ readonly at: number; readonly wake: () => void }>();
  #clients = 0;
  #random = 0;

  constructor({ settings, listener, log = true, store, afterTick, now = START }: RigOptions = {}) {
    this.now = now;
    const logSettings = { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES), dialect: 'json' } as const;
    this.broker = new Broker(
      {
        clock: { now: () => this.now, after: (ms, wake) => this.#after(ms, wake) },
        access: this.access,
        log: log
          ? new Log(
              logSettings,
              () => this.now,
              (line) => this.#lines.push(line),
            )
          : SILENT,
        random: (size) => Uint8Array.from({ length: size }, () => (this.#random = (this.#random + 37) % 256)),
        heapBytes: () => this.heapBytes,
        version: 'zanzara',
        store,
        ...(afterTick !== undefined && { afterTick }),
      },
      { ...DEFAULT_SETTINGS, sysInterval: 0, ...settings },
    );
    this.listener = this.listen(listener);
  }

  /** A further listener. */
  listen(settings: Partial<ListenerSettings> = {}): Listener {
    return {
      settings: { ...DEFAULT_LISTENER, allowAnonymous: true, ...settings },
      connections: 0,
      guard: this.guard,
    };
  }

  /** A peer has come; undefined if the broker sent it away. */
  accept(listener: Listener = this.listener, address = '10.0.0.1'): Client | undefined {
    const wire = new FakeWire();
    const peer = { address, port: address.startsWith('/') ? 0 : 50_000 + this.#clients++ };
    wire.connection = this.broker.accept(wire, listener, peer);
    return wire.connection && new Client(wire, wire.connection);
  }

  /** A connection that has sent nothing yet. */
  open(listener?: Listener, address?: string): Client {
    const client = this.accept(listener, address);
    assert.ok(client, 'the broker refused a connection');
    return client;
  }

  /** A connected client: its CONNECT was accepted. Version 5 and a clean start, unless told otherwise. */
  connect(clientId: string, options: ConnectOptions = {}, listener?: Listener): Client {
    const client = this.open(listener);
    client.connect(clientId, options);
    client.connack = client.expect('connack', { reasonCode: 0 });
    return client;
  }

  /** A message of the broker's own, which never has to wait for a slow receiver. */
  publish(topic: string, payload: string, options: PublishOptions = {}): void {
    const { qos = 0, retain = false, properties = NO_PROPERTIES } = options;
    const expiry = properties.messageExpiryInterval;
    this.broker.publish(
      new Message({
        topic,
        payload: utf8Bytes(payload),
        qos,
        retain,
        properties,
        expiresAt: expiry === undefined ? 0 : this.now + expiry * 1000,
        publisher: '',
      }),
    );
  }

  /** Time passes, and the broker is called once a second; alarms ring when they are due. */
  advance(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.#passTo(Math.min(this.now + 1000, end));
      this.broker.tick();
    }
  }

  /** Time passes while the process sleeps: the broker is called once at the end. */
  sleep(ms: number): void {
    this.now += ms;
    this.broker.tick();
  }

  #after(ms: number, wake: () => void): () => void {
    const alarm = { at: this.now + ms, wake };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  #passTo(end: number): void {
    for (;;) {
      const [next] = [...this.#alarms].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#alarms.delete(next);
      this.now = next.at;
      next.wake();
    }
    this.now = end;
  }

  /** Lets promises that are settled be heard. */
  async settle(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** The fields of all events of a name, oldest first. */
  logged<E extends LogEventName>(name: E): readonly LogEvents[E][] {
    return this.#lines
      .filter(({ event }) => event === name)
      .map(({ text }) => JSON.parse(text) as LogEvents[E]);
  }

  /** How many alarms are set. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** Messages that the broker holds. */
  get stored(): number {
    return this.broker.stored.count;
  }
}
