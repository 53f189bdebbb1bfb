/** The members of a plugin: which there are, what they must be, and how the log calls the events they take part in. */
import { nearestWord } from '../base/nearest.ts';
import type { Plugin } from './plugin.ts';
import { isFields, shown } from './values.ts';
import type { Fields } from './values.ts';

interface Member {
  readonly is: 'function' | 'text' | 'handlers';
  /** Mosquitto's names of its events; several members may take part in one. */
  readonly events: readonly string[];
}

const fn = (...events: readonly string[]): Member => ({ is: 'function', events });

const MEMBERS: Readonly<Record<keyof Plugin, Member>> = {
  name: { is: 'text', events: [] },
  version: { is: 'text', events: [] },
  reloaded: fn('reload'),
  mayPublish: fn('acl-check'),
  maySubscribe: fn('acl-check'),
  mayUnsubscribe: fn('acl-check'),
  mayReceive: fn('acl-check'),
  authenticate: fn('basic-auth'),
  exchange: fn('auth-start', 'auth-continue'),
  control: { is: 'handlers', events: [] },
  messageIn: fn('message-in'),
  messageOut: fn('message-out'),
  pskKey: fn('psk-key'),
  tick: fn('tick'),
  disconnected: fn('disconnect'),
  connected: fn('connect'),
  offline: fn('client-offline'), // Mosquitto prints "connect" here, by mistake
  subscribing: fn('subscribe'),
  subscribed: fn('subscribe'),
  unsubscribing: fn('unsubscribe'),
  unsubscribed: fn('unsubscribe'),
  close: fn(),
};

const NAMES = Object.keys(MEMBERS) as readonly (keyof Plugin)[];

/** A topic of requests. */
const CONTROL_TOPIC = /^\$CONTROL\/[^+#]+$/;

/** What is wrong with a value that should be a plugin, in plain words; undefined if it is one. */
export function problemOf(value: unknown): string | undefined {
  if (!isFields(value)) return `it is ${shown(value)} and not a plugin: an object with a name and members`;
  if (typeof value.name !== 'string' || value.name === '')
    return "it has no name: a plugin needs name: '…' for the log";
  for (const name of NAMES) {
    const problem = value[name] === undefined ? undefined : problemOfMember(name, value[name]);
    if (problem !== undefined) return problem;
  }
  return unknownMember(value);
}

/** The events that a plugin takes part in, as the log calls them. */
export function eventsOf(plugin: Plugin): readonly string[] {
  return [...new Set(NAMES.flatMap((name) => (plugin[name] === undefined ? [] : MEMBERS[name].events)))];
}

function problemOfMember(name: keyof Plugin, value: unknown): string | undefined {
  switch (MEMBERS[name].is) {
    case 'text':
      return typeof value === 'string' ? undefined : `its ${name} is ${shown(value)} and not a text`;
    case 'function':
      return typeof value === 'function' ? undefined : `its ${name} is ${shown(value)} and not a function`;
    case 'handlers':
      return problemOfHandlers(value);
  }
}

function problemOfHandlers(value: unknown): string | undefined {
  if (!isFields(value)) return `its control is ${shown(value)} and not an object of functions by topic`;
  for (const [topic, handler] of Object.entries(value)) {
    if (!CONTROL_TOPIC.test(topic)) return `its control has '${topic}', which is no topic below $CONTROL/`;
    if (typeof handler !== 'function')
      return `its control of ${topic} is ${shown(handler)} and not a function`;
  }
  return undefined;
}

/** A mistyped member would never be called. What else instances of a class have is their own business. */
function unknownMember(value: Fields): string | undefined {
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(MEMBERS, key));
  if (unknown === undefined) return undefined;
  const nearest = nearestWord(unknown, NAMES);
  const advice = nearest === undefined ? `there is ${NAMES.join(', ')}` : `did you mean '${nearest}'?`;
  return `it has '${unknown}', which is no member of a plugin: ${advice}`;
}
