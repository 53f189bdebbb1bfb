/** The changes that a plugin makes and the events that it watches, as hooks of the broker. */
import type { Broker } from '../broker/broker.ts';
import type { Admission, Hooks } from '../broker/hooks.ts';
import type { Message } from '../broker/message.ts';
import type { SubscriptionRequest } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import { admittedMessage, admittedSubscription, admittedUnsubscription, shownMessage } from './changes.ts';
import type { Fence } from './fence.ts';
import type { Plugin, PluginContext } from './plugin.ts';
import { bytesOf } from './values.ts';
import { clientOf, connectOf, messageOf } from './views.ts';

/** What a plugin's hooks use. */
export interface Surroundings {
  readonly fence: Fence;
  readonly context: PluginContext;
  /** The broker that asks: there is one by then. */
  readonly broker: () => Broker;
}

/** Hooks with those members that the plugin has. */
export function hooksOf(plugin: Plugin, surroundings: Surroundings): Hooks {
  return {
    ...messages(plugin, surroundings),
    ...subscriptions(plugin, surroundings),
    ...requests(plugin, surroundings),
    ...events(plugin, surroundings),
  };
}

function messages(plugin: Plugin, { fence, broker }: Surroundings): Hooks {
  return {
    ...(plugin.messageIn !== undefined && {
      messageIn: (principal, message) =>
        fence.ask<Admission<Message>>(
          'messageIn',
          () => plugin.messageIn!(clientOf(principal), messageOf(message.topic, message)),
          (answer) => admittedMessage(answer, message, broker()),
          Reason.notAuthorized,
        ),
    }),
    ...(plugin.messageOut !== undefined && {
      messageOut: (principal, message) =>
        fence.askNow(
          'messageOut',
          () => plugin.messageOut!(clientOf(principal), messageOf(message.topic, message)),
          (answer) => shownMessage(answer, message, broker()),
          undefined,
        ),
    }),
  };
}

function subscriptions(plugin: Plugin, { fence }: Surroundings): Hooks {
  return {
    ...(plugin.subscribing !== undefined && {
      subscribing: (principal, request) =>
        fence.ask<Admission<SubscriptionRequest>>(
          'subscribing',
          () => plugin.subscribing!(clientOf(principal), { ...request }),
          (answer) => admittedSubscription(answer, request),
          Reason.notAuthorized,
        ),
    }),
    ...(plugin.unsubscribing !== undefined && {
      unsubscribing: (principal, filter) =>
        fence.ask<Admission<string>>(
          'unsubscribing',
          () => plugin.unsubscribing!(clientOf(principal), filter),
          (answer) => admittedUnsubscription(answer, filter),
          Reason.notAuthorized,
        ),
    }),
  };
}

function requests({ control }: Plugin, { fence, context }: Surroundings): Hooks {
  if (control === undefined) return {};
  return {
    control: (principal, message) => {
      const { topic } = message;
      if (!Object.hasOwn(control, topic)) return false;
      return fence.ask(
        `control of ${topic}`,
        () => control[topic]!(clientOf(principal), messageOf(topic, message)),
        (answer) => {
          if (answer !== undefined) context.publish(`${topic}/response`, bytesOf('response', answer));
          return true;
        },
        true,
      );
    },
  };
}

function events(plugin: Plugin, { fence }: Surroundings): Hooks {
  return {
    ...(plugin.connected !== undefined && {
      connected: (principal, connect, identity) =>
        fence.tell('connected', () => plugin.connected!(clientOf(principal), connectOf(connect, identity))),
    }),
    ...((plugin.disconnected !== undefined || plugin.offline !== undefined) && {
      disconnected: (principal, cause, sessionKept) => {
        const member = sessionKept ? 'offline' : 'disconnected';
        fence.tell(member, () => plugin[member]?.(clientOf(principal), cause));
      },
    }),
    ...(plugin.subscribed !== undefined && {
      subscribed: (principal, granted) =>
        fence.tell('subscribed', () => plugin.subscribed!(clientOf(principal), granted)),
    }),
    ...(plugin.unsubscribed !== undefined && {
      unsubscribed: (principal, filter) =>
        fence.tell('unsubscribed', () => plugin.unsubscribed!(clientOf(principal), filter)),
    }),
    ...(plugin.tick !== undefined && {
      tick: (now) => fence.tell('tick', () => plugin.tick!(now)),
    }),
  };
}
