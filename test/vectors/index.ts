/**
 * Packets as tables: bytes ⇄ packet, and bytes ⇄ error. They are data for the tests of the codec, for fuzzers
 * and for tests of connections. What needs more than one packet's bytes to judge is not here.
 */
import { BAD_ACKS, GOOD_ACKS } from './acks.ts';
import { BAD_CONNACKS, GOOD_CONNACKS } from './connack.ts';
import { BAD_CONNECTS, GOOD_CONNECTS } from './connect.ts';
import { BAD_AUTHS, BAD_DISCONNECTS, BAD_PINGS, GOOD_AUTHS, GOOD_DISCONNECTS, GOOD_PINGS } from './ending.ts';
import { BAD_FRAMINGS, GOOD_FRAMINGS } from './framing.ts';
import { BAD_PROPERTIES, GOOD_PROPERTIES } from './properties.ts';
import { BAD_PUBLISHES, GOOD_PUBLISHES } from './publish.ts';
import { BAD_SUBACKS, BAD_SUBSCRIBES, GOOD_SUBACKS, GOOD_SUBSCRIBES } from './subscribe.ts';
import { BAD_TEXT_VECTORS, GOOD_TEXT_VECTORS } from './text.ts';
import { BAD_UNSUBACKS, BAD_UNSUBSCRIBES, GOOD_UNSUBACKS, GOOD_UNSUBSCRIBES } from './unsubscribe.ts';
import type { BadVector, GoodVector } from './vector.ts';

export { bytes } from './vector.ts';
export type { BadVector, GoodVector } from './vector.ts';

/** Every good vector; a name is unique within a version and a sender. */
export const GOOD_VECTORS: readonly GoodVector[] = [
  ...GOOD_CONNECTS,
  ...GOOD_CONNACKS,
  ...GOOD_PUBLISHES,
  ...GOOD_ACKS,
  ...GOOD_SUBSCRIBES,
  ...GOOD_SUBACKS,
  ...GOOD_UNSUBSCRIBES,
  ...GOOD_UNSUBACKS,
  ...GOOD_PINGS,
  ...GOOD_DISCONNECTS,
  ...GOOD_AUTHS,
  ...GOOD_PROPERTIES,
  ...GOOD_TEXT_VECTORS,
  ...GOOD_FRAMINGS,
];

/** Every bad vector; a name is unique within a version and a sender. */
export const BAD_VECTORS: readonly BadVector[] = [
  ...BAD_CONNECTS,
  ...BAD_CONNACKS,
  ...BAD_PUBLISHES,
  ...BAD_ACKS,
  ...BAD_SUBSCRIBES,
  ...BAD_SUBACKS,
  ...BAD_UNSUBSCRIBES,
  ...BAD_UNSUBACKS,
  ...BAD_PINGS,
  ...BAD_DISCONNECTS,
  ...BAD_AUTHS,
  ...BAD_PROPERTIES,
  ...BAD_TEXT_VECTORS,
  ...BAD_FRAMINGS,
];
