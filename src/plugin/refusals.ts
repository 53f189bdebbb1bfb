/** Reason codes with which plugins say no: by number or name, and only those that the answering packet can carry. */
import { Reason, reasonText } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { WrongAnswer } from './fence.ts';
import type { ReasonName } from './plugin.ts';
import { shown } from './values.ts';

/** What is refused, by the packet that tells it. */
export type Refusing = 'connack' | 'puback' | 'suback' | 'unsuback';

const ANYTHING: readonly ReasonName[] = ['unspecifiedError', 'implementationSpecificError', 'notAuthorized'];

/** Tables 3.2.2.2, 3.4.2.1, 3.9.3 and 3.11.3 of the specification, without what only the broker itself can know. */
const NAMES: Readonly<Record<Refusing, readonly ReasonName[]>> = {
  connack: [
    ...ANYTHING,
    'clientIdentifierNotValid',
    'badUserNameOrPassword',
    'serverUnavailable',
    'serverBusy',
    'banned',
    'badAuthenticationMethod',
    'quotaExceeded',
    'useAnotherServer',
    'serverMoved',
    'connectionRateExceeded',
  ],
  puback: [...ANYTHING, 'topicNameInvalid', 'quotaExceeded', 'payloadFormatInvalid'],
  suback: [
    ...ANYTHING,
    'topicFilterInvalid',
    'quotaExceeded',
    'sharedSubscriptionsNotSupported',
    'wildcardSubscriptionsNotSupported',
  ],
  unsuback: [...ANYTHING, 'topicFilterInvalid'],
};

/** The code that a plugin gives for a no. */
export function reasonCodeOf(value: unknown, refusing: Refusing): ReasonCode {
  const name = NAMES[refusing].find((one) => one === value || Reason[one] === value);
  if (name !== undefined) return Reason[name];
  const given = typeof value === 'number' ? reasonText(value) : shown(value);
  throw new WrongAnswer(`reasonCode ${given}, but there is only ${NAMES[refusing].join(', ')}`);
}
