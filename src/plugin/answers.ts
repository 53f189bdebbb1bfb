/** What plugins answer about logins and rights, and what it means to the broker. */
import type { Accepted, Answer, LoginAnswer } from '../access/backend.ts';
import { principalOf } from '../access/chain.ts';
import type { Credentials, Verdict } from '../broker/access.ts';
import { Reason } from '../protocol/reason.ts';
import { WrongAnswer } from './fence.ts';
import type { PluginExchange } from './plugin.ts';
import { reasonCodeOf } from './refusals.ts';
import { bytesOf, isFields, onlyFields, shown, textOf } from './values.ts';
import type { Fields } from './values.ts';

type Refused = Extract<LoginAnswer, { outcome: 'refused' }>;

const ANSWERS: ReadonlySet<unknown> = new Set<Answer>(['allow', 'deny', 'defer', 'ignore']);

/** Longest Authentication Data, bytes. */
const LONGEST_DATA = 65_535;

const DENIED: Refused = { outcome: 'refused', reasonCode: Reason.notAuthorized };

/** Whether a client may do something. */
export function answerOf(value: unknown): Answer {
  if (ANSWERS.has(value)) return value as Answer;
  throw new WrongAnswer(`${shown(value)}, but there is only allow, deny, defer and ignore`);
}

/** Whether a client may come in. */
export function loginAnswerOf(value: unknown): LoginAnswer {
  if (isFields(value)) return outcomeOf(value, []);
  const answer = answerOf(value);
  if (answer === 'deny') return DENIED;
  return answer === 'allow' ? { outcome: 'accepted' } : answer;
}

/** What a step of enhanced authentication leads to. */
export function verdictOf(value: unknown, credentials: Credentials): Verdict {
  if (value === 'deny') return DENIED;
  if (!isFields(value)) throw new WrongAnswer(`${shown(value)}, but there is only deny and an outcome`);
  const data = value.data === undefined ? {} : { data: bytesOf('data', value.data, LONGEST_DATA) };
  if (value.outcome === 'challenge') {
    onlyFields(value, ['outcome', 'data']);
    return { outcome: 'challenge', ...data };
  }
  const outcome = outcomeOf(value, ['data']);
  if (outcome.outcome === 'refused') return outcome;
  const { clientId = credentials.clientId, username = credentials.username, expiresAt } = outcome;
  const principal = principalOf({ ...credentials, clientId }, username);
  return {
    outcome: 'accepted',
    principal: expiresAt === undefined ? principal : { ...principal, expiresAt },
    ...data,
  };
}

export function exchangeOf(value: unknown): PluginExchange | undefined {
  if (value === undefined) return undefined;
  if (isFields(value) && typeof value.step === 'function') return value as unknown as PluginExchange;
  throw new WrongAnswer(`${shown(value)}, but there is only an object with step()`);
}

export function keyOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value;
  throw new WrongAnswer(`${shown(value)}, but a key is a Uint8Array`);
}

function outcomeOf(value: Fields, more: readonly string[]): Accepted | Refused {
  switch (value.outcome) {
    case 'accepted':
      return acceptedOf(value, more);
    case 'refused': {
      onlyFields(value, ['outcome', 'reasonCode', 'reason']);
      const reasonCode = reasonCodeOf(value.reasonCode, 'connack');
      const { reason } = value;
      return {
        outcome: 'refused',
        reasonCode,
        ...(reason !== undefined && { reason: textOf('reason', reason) }),
      };
    }
    default:
      throw new WrongAnswer(`outcome ${shown(value.outcome)}`);
  }
}

function acceptedOf(value: Fields, more: readonly string[]): Accepted {
  onlyFields(value, ['outcome', 'username', 'clientId', 'expiresAt', ...more]);
  const { username, clientId, expiresAt } = value;
  if (expiresAt !== undefined && !Number.isFinite(expiresAt))
    throw new WrongAnswer(`expiresAt ${shown(expiresAt)}`);
  if (clientId === '') throw new WrongAnswer('an empty clientId');
  return {
    outcome: 'accepted',
    ...(username !== undefined && { username: textOf('username', username) }),
    ...(clientId !== undefined && { clientId: textOf('clientId', clientId) }),
    ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
  };
}
