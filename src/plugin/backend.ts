/** The decisions of a plugin, as a backend of the rules. */
import type { Answer, Backend, LoginAnswer } from '../access/backend.ts';
import type { Credentials, Exchange, Principal, Verdict } from '../broker/access.ts';
import { Reason } from '../protocol/reason.ts';
import { answerOf, exchangeOf, keyOf, loginAnswerOf, verdictOf } from './answers.ts';
import type { Fence } from './fence.ts';
import type { Plugin } from './plugin.ts';
import { clientOf, loginOf, messageOf } from './views.ts';

const UNAVAILABLE: Extract<LoginAnswer & Verdict, { outcome: 'refused' }> = {
  outcome: 'refused',
  reasonCode: Reason.serverUnavailable,
};

/** What `auth_plugin_deny_special_chars` is about: names that would be more than one level of a filter. */
const SPECIAL = /[+#/]/;

/** A backend with those members that the plugin has. `denySpecial`: names with `+`, `#` or `/` have no rights. */
export function backendOf(plugin: Plugin, fence: Fence, denySpecial: boolean): Backend {
  return {
    name: plugin.name,
    ...logins(plugin, fence),
    ...rights(plugin, fence, denySpecial ? hasSpecial : () => false),
    ...(plugin.pskKey !== undefined && {
      pskKey: (identity) => fence.askNow('pskKey', () => plugin.pskKey!(identity), keyOf, undefined),
    }),
  };
}

function logins(plugin: Plugin, fence: Fence): Partial<Backend> {
  return {
    ...(plugin.authenticate !== undefined && {
      authenticate: (credentials) =>
        fence.ask<LoginAnswer>(
          'authenticate',
          () => plugin.authenticate!(loginOf(credentials)),
          loginAnswerOf,
          UNAVAILABLE,
        ),
    }),
    ...(plugin.exchange !== undefined && {
      exchange: (method, credentials) => exchange(plugin, fence, method, credentials),
    }),
  };
}

function exchange(
  plugin: Plugin,
  fence: Fence,
  method: string,
  credentials: Credentials,
): Exchange | undefined {
  const begun = fence.askNow(
    'exchange',
    () => plugin.exchange!(method, loginOf(credentials)),
    exchangeOf,
    undefined,
  );
  return (
    begun && {
      step: (data) =>
        fence.ask<Verdict>(
          'exchange step',
          () => begun.step(data),
          (answer) => verdictOf(answer, credentials),
          UNAVAILABLE,
        ),
    }
  );
}

function rights(plugin: Plugin, fence: Fence, isDenied: (principal: Principal) => boolean): Partial<Backend> {
  const ask = (member: string, principal: Principal, call: () => unknown): Answer | Promise<Answer> =>
    isDenied(principal) ? 'deny' : fence.ask<Answer>(member, call, answerOf, 'deny');
  return {
    ...(plugin.mayPublish !== undefined && {
      mayPublish: (principal, topic, message) =>
        ask('mayPublish', principal, () =>
          plugin.mayPublish!(clientOf(principal), messageOf(topic, message, principal.clientId)),
        ),
    }),
    ...(plugin.maySubscribe !== undefined && {
      maySubscribe: (principal, filter, qos) =>
        ask('maySubscribe', principal, () => plugin.maySubscribe!(clientOf(principal), filter, qos)),
    }),
    ...(plugin.mayUnsubscribe !== undefined && {
      mayUnsubscribe: (principal, filter) =>
        ask('mayUnsubscribe', principal, () => plugin.mayUnsubscribe!(clientOf(principal), filter)),
    }),
    ...(plugin.mayReceive !== undefined && {
      mayReceive: (principal, topic, message) =>
        isDenied(principal)
          ? 'deny'
          : fence.askNow<Answer>(
              'mayReceive',
              () => plugin.mayReceive!(clientOf(principal), messageOf(topic, message)),
              answerOf,
              'deny',
            ),
    }),
  };
}

function hasSpecial({ clientId, username = '' }: Principal): boolean {
  return SPECIAL.test(clientId) || SPECIAL.test(username);
}
