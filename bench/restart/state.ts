/** A large state, as the changes that build it; and the files that hold it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Change, KeptMessage } from '../../src/broker/change.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { saveMosquittoDb } from '../../src/store/mosquitto-db.ts';
import { openSqlite } from '../../src/store/sqlite-store.ts';

export interface StateSize {
  readonly retained: number;
  readonly sessions: number;
  /** Messages that wait for each session. */
  readonly queued: number;
}

export const PAYLOAD_BYTES = 32;
/** Changes of one commit. */
const BATCH = 20_000;
const NEVER = 0xffff_ffff;

/** The client identifier of a session. */
export function clientId(session: number): string {
  return `client-${session}`;
}

/** In the order of `Store.load`. Each session in turn gets a message of its own, as if they came over some time. */
export function* stateOf({ retained, sessions, queued }: StateSize): Generator<Change> {
  const last = retained + sessions * queued;
  for (let id = 1; id <= last; id++) {
    const index = id - retained - 1;
    const message =
      index < 0 ? keptMessage(retainedTopic(id), true) : keptMessage(queueTopic(index % sessions), false);
    yield { kind: 'message kept', id, message };
  }
  for (let id = 1; id <= retained; id++) yield { kind: 'retained', topic: retainedTopic(id), id };
  for (let session = 0; session < sessions; session++) yield sessionOf(clientId(session));
  for (let session = 0; session < sessions; session++) yield subscriptionOf(session);
  for (let id = retained + 1; id <= last; id++)
    yield deliveryOf(clientId((id - retained - 1) % sessions), id);
}

function retainedTopic(id: number): string {
  return `site/${id % 100}/device/${id}/state`;
}

function queueTopic(session: number): string {
  return `to/${session}/x`;
}

function keptMessage(topic: string, retain: boolean): KeptMessage {
  return {
    topic,
    payload: new Uint8Array(PAYLOAD_BYTES).fill(0x78),
    qos: 1,
    retain,
    properties: NO_PROPERTIES,
    expiresAt: 0,
    publisher: 'publisher',
    username: undefined,
    port: 1883,
  };
}

function sessionOf(client: string): Change {
  const session = {
    clientId: client,
    username: undefined,
    port: 1883,
    expiryInterval: NEVER,
    expiresAt: 0,
    willAt: 0,
    seenAt: Date.now(),
  };
  return { kind: 'session', session };
}

function subscriptionOf(session: number): Change {
  const subscription = {
    filter: `to/${session}/#`,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    isReplaying: false,
  } as const;
  return { kind: 'subscribed', clientId: clientId(session), subscription };
}

function deliveryOf(client: string, id: number): Change {
  const delivery = {
    clientId: client,
    messageId: id,
    direction: 'out',
    qos: 1,
    retain: false,
    packetId: 0,
    state: 'waiting',
    identifiers: undefined,
  } as const;
  return { kind: 'delivery', key: id, delivery };
}

/** Makes a store in SQLite in a new directory. */
export async function makeSqlite(directory: string, size: StateSize): Promise<void> {
  mkdirSync(directory);
  const path = join(directory, 'mosquitto.sqlite3');
  const store = openSqlite({ path, synchronous: 'off', pageSize: 4096 });
  let batch: Change[] = [];
  for (const change of stateOf(size)) {
    batch.push(change);
    if (batch.length < BATCH) continue;
    await store.commit(batch);
    batch = [];
  }
  await store.commit(batch);
  await store.close();
}

/** Makes a database of Mosquitto in a new directory. */
export async function makeMosquittoDb(directory: string, size: StateSize): Promise<void> {
  mkdirSync(directory);
  await saveMosquittoDb(join(directory, 'mosquitto.db'), stateOf(size), { stopping: true });
}
