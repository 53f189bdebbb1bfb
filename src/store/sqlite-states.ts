/** The states of a delivery in the column `state`: Mosquitto's `mosquitto_msg_state`, as in its own database. */
import type { KeptDelivery } from '../broker/change.ts';

type Direction = KeptDelivery['direction'];
type State = KeptDelivery['state'];

/** Those that are written. */
const WAIT_FOR_PUBACK = 3;
const WAIT_FOR_PUBREC = 5;
const WAIT_FOR_PUBREL = 7;
const WAIT_FOR_PUBCOMP = 9;
const QUEUED = 11;

/**
 * Those that can be read on the way out. 1, 2 and 4 are about to be sent, 6 is a PUBREL about to be sent again.
 * Mosquitto leaves none of them in a file that it has closed.
 */
const OUT: ReadonlyMap<number, State> = new Map([
  [1, 'waiting'],
  [2, 'published'],
  [WAIT_FOR_PUBACK, 'published'],
  [4, 'published'],
  [WAIT_FOR_PUBREC, 'published'],
  [6, 'released'],
  [WAIT_FOR_PUBREL, 'released'],
  [8, 'released'],
  [WAIT_FOR_PUBCOMP, 'released'],
  [QUEUED, 'waiting'],
]);

/** On the way in: between PUBLISH and PUBREL, or even before PUBREC. The others have been handed on already. */
const IN: ReadonlySet<number> = new Set([4, WAIT_FOR_PUBREC, WAIT_FOR_PUBREL, 10, QUEUED]);

/** As a condition of SQL: a delivery that `stateOf` knows no state of. */
export const STATELESS: string =
  `CASE direction WHEN 0 THEN ifnull(mid, 0) = 0 OR ifnull(state, 0) NOT IN (${[...IN].join()}) ` +
  `ELSE ifnull(state, 0) NOT IN (${[...OUT.keys()].join()}) END`;

/** The number that is written. */
export function stateNumber(direction: Direction, state: State, qos: number): number {
  if (direction === 'in') return WAIT_FOR_PUBREL;
  if (state === 'waiting') return QUEUED;
  if (state === 'released') return WAIT_FOR_PUBCOMP;
  return qos === 2 ? WAIT_FOR_PUBREC : WAIT_FOR_PUBACK;
}

/** The state of a number that was read; undefined for a delivery that is done, or for what makes no sense. */
export function stateOf(direction: Direction, number: number, packetId: number): State | undefined {
  if (direction === 'in') return IN.has(number) && packetId !== 0 ? 'published' : undefined;
  const state = OUT.get(number);
  // What has no identifier was not sent
  return state !== undefined && packetId === 0 ? 'waiting' : state;
}
