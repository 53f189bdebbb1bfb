/** Hooks one after the other: those of all plugins, for the broker. */
import type { Principal } from '../broker/access.ts';
import { NO_HOOKS } from '../broker/hooks.ts';
import type { Admission, Hooks } from '../broker/hooks.ts';
import type { Listener } from '../broker/limits.ts';
import type { Message } from '../broker/message.ts';

/** The hooks of one plugin, and whose clients they are about. */
export interface ScopedHooks {
  readonly hooks: Hooks;
  /** Listeners may be added while it is in use. Undefined for all of them, and for clients that have none. */
  readonly listeners: ReadonlySet<Listener> | undefined;
}

/**
 * Hooks that ask and tell all of these in their order. What one has made of a message or a subscription is what the
 * next is asked about; the first no ends it. Only members that one of them has are there.
 */
export function chainHooks(parts: readonly ScopedHooks[]): Hooks {
  const [only] = parts;
  if (only === undefined) return NO_HOOKS;
  if (parts.length === 1 && only.listeners === undefined) return only.hooks;
  return { ...changes(parts), ...requests(parts), ...events(parts) };
}

/** Those that have a member. */
function having(parts: readonly ScopedHooks[], member: keyof Hooks): readonly ScopedHooks[] {
  return parts.filter(({ hooks }) => hooks[member] !== undefined);
}

function concerns({ listeners }: ScopedHooks, { listener }: Principal): boolean {
  return listeners === undefined || (listener !== undefined && listeners.has(listener));
}

/** Asks each of the parts that a client concerns about what the one before has made of it. */
function pass<T>(
  parts: readonly ScopedHooks[],
  principal: Principal,
  value: T,
  ask: (hooks: Hooks, value: T) => Admission<T> | Promise<Admission<T>>,
  from = 0,
): Admission<T> | Promise<Admission<T>> {
  let current = value;
  for (let at = from; at < parts.length; at++) {
    const part = parts[at]!;
    if (!concerns(part, principal)) continue;
    const answer = ask(part.hooks, current);
    if (answer instanceof Promise)
      return answer.then((later) => (isRefused(later) ? later : pass(parts, principal, later, ask, at + 1)));
    if (isRefused(answer)) return answer;
    current = answer;
  }
  return current;
}

/** What goes on is never a number. */
function isRefused<T>(answer: Admission<T>): answer is Extract<Admission<T>, number> {
  return typeof answer === 'number';
}

function changes(parts: readonly ScopedHooks[]): Hooks {
  const incoming = having(parts, 'messageIn');
  const outgoing = having(parts, 'messageOut');
  const subscribing = having(parts, 'subscribing');
  const unsubscribing = having(parts, 'unsubscribing');
  return {
    ...(incoming.length > 0 && {
      messageIn: (principal, message) =>
        pass(incoming, principal, message, (hooks, one) => hooks.messageIn!(principal, one)),
    }),
    ...(outgoing.length > 0 && {
      messageOut: (principal, message) => {
        let shown: Message | undefined = message;
        for (const part of outgoing) {
          if (concerns(part, principal)) shown = part.hooks.messageOut!(principal, shown);
          if (shown === undefined) return undefined;
        }
        return shown;
      },
    }),
    ...(subscribing.length > 0 && {
      subscribing: (principal, request) =>
        pass(subscribing, principal, request, (hooks, one) => hooks.subscribing!(principal, one)),
    }),
    ...(unsubscribing.length > 0 && {
      unsubscribing: (principal, filter) =>
        pass(unsubscribing, principal, filter, (hooks, one) => hooks.unsubscribing!(principal, one)),
    }),
  };
}

/** The first that answers a request is the only one that gets it. */
function requests(parts: readonly ScopedHooks[]): Hooks {
  const asked = having(parts, 'control');
  if (asked.length === 0) return {};
  return {
    control: (principal, message) => {
      for (const part of asked) {
        const answered = concerns(part, principal) && part.hooks.control!(principal, message);
        if (answered !== false) return answered;
      }
      return false;
    },
  };
}

function events(parts: readonly ScopedHooks[]): Hooks {
  const connected = having(parts, 'connected');
  const disconnected = having(parts, 'disconnected');
  const subscribed = having(parts, 'subscribed');
  const unsubscribed = having(parts, 'unsubscribed');
  const ticking = new Set(having(parts, 'tick').map(({ hooks }) => hooks)); // one may stand for several listeners
  return {
    ...(connected.length > 0 && {
      connected: (principal, connect, identity) =>
        tellAll(connected, principal, (hooks) => hooks.connected!(principal, connect, identity)),
    }),
    ...(disconnected.length > 0 && {
      disconnected: (principal, cause, sessionKept) =>
        tellAll(disconnected, principal, (hooks) => hooks.disconnected!(principal, cause, sessionKept)),
    }),
    ...(subscribed.length > 0 && {
      subscribed: (principal, granted) =>
        tellAll(subscribed, principal, (hooks) => hooks.subscribed!(principal, granted)),
    }),
    ...(unsubscribed.length > 0 && {
      unsubscribed: (principal, filter) =>
        tellAll(unsubscribed, principal, (hooks) => hooks.unsubscribed!(principal, filter)),
    }),
    ...(ticking.size > 0 && {
      tick: (now) => {
        for (const hooks of ticking) hooks.tick!(now);
      },
    }),
  };
}

function tellAll(parts: readonly ScopedHooks[], principal: Principal, call: (hooks: Hooks) => void): void {
  for (const part of parts) if (concerns(part, principal)) call(part.hooks);
}
