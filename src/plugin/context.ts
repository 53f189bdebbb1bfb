/** What a plugin can do of its own. */
import type { LogEvents } from '../base/log-events.ts';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import { Message } from '../broker/message.ts';
import type { MessageFields } from '../broker/message.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { matches } from '../topic/topic.ts';
import type { Complaints } from './complaints.ts';
import type {
  PluginContext,
  PluginLog,
  PluginOption,
  PluginPublishOptions,
  PluginSession,
} from './plugin.ts';
import { propertiesOf } from './properties.ts';
import { bytesOf, flagOf, qosOf, shown, textOf, topicOf } from './values.ts';
import { clientOf } from './views.ts';
import type { Wishes } from './wishes.ts';

/** What a context is made of. */
export interface ContextParts {
  readonly name: () => string;
  readonly options: readonly PluginOption[];
  readonly log: Log;
  readonly wishes: Wishes;
  readonly complaints: Complaints;
  readonly broker: () => Broker | undefined;
}

export function contextOf(parts: ContextParts): PluginContext {
  const { options, wishes } = parts;
  const add = (member: string, wish: (broker: Broker) => void): boolean => {
    const added = wishes.add(wish);
    if (!added) parts.complaints.about(member, 'has too many', 'was not done: too much waits to be done');
    return added;
  };
  return Object.freeze({
    options,
    option: (key: string) => options.findLast((option) => option.key === key)?.value,
    log: logOf(parts),
    publish: (topic: string, payload: Uint8Array | string, how: PluginPublishOptions = {}) => {
      const fields = messageFields(topic, payload, how);
      return add('publish', (broker) => publish(broker, fields, how.to));
    },
    disconnect: (
      who: string | { readonly username: string | undefined },
      { will = true }: { readonly will?: boolean } = {},
    ) => {
      add('disconnect', (broker) => disconnect(broker, who, will));
    },
    clients: () => sessionsOf(parts.broker()),
    matches,
  });
}

function logOf({ log, name }: ContextParts): PluginLog {
  const fields = (said: unknown): LogEvents['pluginError'] => ({
    plugin: name(),
    text: typeof said === 'string' ? said : shown(said),
  });
  return Object.freeze({
    error: (text: string) => log.event('pluginError', fields(text)),
    warning: (text: string) => log.event('pluginWarning', fields(text)),
    notice: (text: string) => log.event('pluginNotice', fields(text)),
    information: (text: string) => log.event('pluginInformation', fields(text)),
    debug: (text: string) => log.event('pluginDebug', fields(text)),
  });
}

/** Everything but the time, which is that of its publication. Throws a `TypeError` for what cannot be sent. */
function messageFields(
  topic: string,
  payload: Uint8Array | string,
  { qos = 0, retain = false, properties = NO_PROPERTIES, to }: PluginPublishOptions,
): Omit<MessageFields, 'expiresAt'> {
  if (to !== undefined) textOf('to', to);
  return {
    topic: topicOf(topic),
    payload: Uint8Array.from(bytesOf('payload', payload)), // the plugin may go on using its own
    qos: qosOf(qos),
    retain: flagOf('retain', retain),
    properties: propertiesOf(properties),
    publisher: '',
  };
}

function publish(broker: Broker, fields: Omit<MessageFields, 'expiresAt'>, to: string | undefined): void {
  const seconds = fields.properties.messageExpiryInterval;
  const message = new Message({
    ...fields,
    retain: fields.retain && broker.settings.retainAvailable,
    expiresAt: seconds === undefined ? 0 : broker.now + seconds * 1000,
  });
  if (to === undefined) {
    broker.publish(message);
    return;
  }
  const session = broker.sessions.get(to);
  if (session !== undefined) broker.publishTo(session, message);
}

function disconnect(
  broker: Broker,
  who: string | { readonly username: string | undefined },
  willDue: boolean,
): void {
  const sessions =
    typeof who === 'string'
      ? [broker.sessions.get(who)]
      : [...broker.sessions.values()].filter(({ principal }) => principal.username === who.username);
  for (const session of sessions) session?.outlet?.expel(willDue);
}

function sessionsOf(broker: Broker | undefined): PluginSession[] {
  const sessions: PluginSession[] = [];
  for (const { principal, connected, subscriptions } of broker?.sessions.values() ?? [])
    sessions.push({ ...clientOf(principal), connected, subscriptions: subscriptions.size });
  return sessions;
}
