/** Events of the client, typed. */
import type { Connack } from '../protocol/packet.ts';
import { onAbort } from './abort.ts';
import type { MqttError } from './error.ts';
import type { Message } from './message.ts';

export interface ClientEvents {
  /** A connection is there, the first one or another. */
  connected: Connack;
  /** The connection is gone. Without an error if it was `close` that ended it. */
  disconnected: MqttError | undefined;
  /** Another attempt will be made, in so many milliseconds. */
  reconnecting: { readonly attempt: number; readonly delay: number; readonly error: MqttError | undefined };
  /** A message that no subscription of this client asked for: of a session of before. */
  message: Message;
  /** The outbox could not keep or forget a message: its disk is full, say. Unheard, it is an uncaught error. */
  outboxFailed: unknown;
  /** The client has ended: it was closed, or it gave up. */
  closed: MqttError | undefined;
}

export type ClientEvent = keyof ClientEvents;
type Handler<E extends ClientEvent> = (event: ClientEvents[E]) => void;

/** Handlers by event. One that throws surfaces as an uncaught error, and does not harm the client. */
export class Emitter {
  readonly #handlers = new Map<ClientEvent, Set<(event: never) => void>>();

  /** Calls a handler at each event from now on; the result takes it away again, and so does the signal. */
  on<E extends ClientEvent>(name: E, handler: Handler<E>, signal?: AbortSignal): () => void {
    const handlers = this.#handlers.get(name) ?? new Set();
    const own: Handler<E> = (event) => handler(event); // the same handler twice is two
    const forget = onAbort(signal, () => handlers.delete(own));
    this.#handlers.set(name, handlers);
    if (signal?.aborted !== true) handlers.add(own);
    return () => {
      handlers.delete(own);
      forget();
    };
  }

  has(name: ClientEvent): boolean {
    return (this.#handlers.get(name)?.size ?? 0) > 0;
  }

  emit<E extends ClientEvent>(name: E, event: ClientEvents[E]): void {
    const handlers = this.#handlers.get(name);
    // of those that were there when it happened: a handler may add another, and take others away
    for (const handler of new Set(handlers))
      if (handlers?.has(handler) === true) contained(() => (handler as Handler<E>)(event));
  }
}

/** Calls what a program gave us. What it throws is its own: it surfaces, and our work goes on. */
export function contained(call: () => void): void {
  try {
    call();
  } catch (error) {
    surface(error);
  }
}

/** Throws where nobody catches: the program's own mistake is the program's to see. */
export function surface(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
