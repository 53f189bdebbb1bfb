/** Debian's mosquitto and ours: its file read here, and ours read there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import type { Change, KeptDelivery, KeptMessage, KeptSession } from '../../src/broker/change.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { readMosquittoDb, saveMosquittoDb } from '../../src/store/mosquitto-db.ts';
import { connectTo, Scratch } from '../cli/program.ts';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { plain } from './plain.ts';

const NEVER = 0xffff_ffff;

function configFor(scratch: Scratch): string {
  return `user root\npersistence true\npersistence_location ${scratch.path}/`;
}

/** What stands in the file. */
function read(scratch: Scratch): ReturnType<typeof finder> {
  const db = readMosquittoDb(readFileSync(scratch.at('mosquitto.db')), Date.now());
  assert.deepEqual(db.warnings, []);
  return finder(plain(db.changes));
}

function finder(changes: readonly Change[]): {
  readonly of: <Kind extends Change['kind']>(kind: Kind) => readonly Extract<Change, { kind: Kind }>[];
} {
  return {
    of: <Kind extends Change['kind']>(kind: Kind) =>
      changes.filter((change): change is Extract<Change, { kind: Kind }> => change.kind === kind),
  };
}

describe('mosquitto.db and Debian’s mosquitto', () => {
  testWithMosquitto('what it has saved is all there', async () => {
    using scratch = new Scratch();
    const expiresFrom = Date.now() + 1_000_000;
    {
      await using broker = await startMosquitto(configFor(scratch));
      const { port } = broker;
      const old = await connectTo(port, { clientId: 'old', clean: false, username: 'eve' });
      await old.subscribe('q/#', 2);
      await old.disconnect();
      const properties = { sessionExpiryInterval: 1000 };
      const young = await connectTo(port, { version: 5, clientId: 'young', clean: false, properties });
      const options = { qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 };
      await young.subscribe('q/+', options, { subscriptionIdentifier: [300] });
      await young.disconnect();
      const passing = await connectTo(port, { version: 5, clientId: 'passing', clean: false });
      await passing.subscribe('q/+', 1);
      const flying = await connectTo(port, { clientId: 'flying', clean: false });
      await flying.subscribe('f/#', 2);

      const publisher = await connectTo(port, { version: 5, clientId: 'pub', username: 'bob', clean: false });
      const all = {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 1000,
        contentType: 'text/x',
        responseTopic: 're/s',
        correlationData: 'c\0d',
        userProperty: [
          ['k', 'v'],
          ['k', 'ü'],
        ] as const,
      };
      await publisher.publish('r/5', 'retained', { qos: 1, retain: true, properties: all });
      await publisher.publish('q/1', 'one', { qos: 1 });
      await publisher.publish('q/2', 'two', { qos: 2, properties: all });
      await publisher.publish('q/3', Buffer.alloc(70_000, 'x'), { qos: 1 });
      for (const [at, qos] of [1, 2, 2].entries()) await publisher.publish(`f/${at}`, `${at}`, { qos });
      await flying.expect({ type: 'publish', topic: 'f/0' });
      await flying.expect({ type: 'publish', topic: 'f/1', packetId: 2 });
      await flying.expect({ type: 'publish', topic: 'f/2', packetId: 3 });
      flying.send(flying.p.pubrec(3));
      await flying.expect(flying.p.pubrel(3));
      flying.drop();

      const sender = await connectTo(port, { clientId: 'sender', clean: false });
      sender.send(sender.p.publish('in/1', 'unreleased', { qos: 2, packetId: 77 }));
      await sender.expect(sender.p.pubrec(77));
      sender.drop();
    }
    const db = read(scratch);

    const sessions = new Map(db.of('session').map(({ session: one }) => [one.clientId, one]));
    assert.deepEqual([...sessions.keys()].toSorted(), ['flying', 'old', 'sender', 'young']);
    const { port } = sessions.get('old')!;
    assert.ok(port > 0);
    assert.deepEqual({ ...sessions.get('old'), seenAt: 0 }, session('old', { username: 'eve', port }));
    const young = sessions.get('young')!;
    assert.equal(young.expiryInterval, 1000);
    assert.equal(young.username, undefined); // although the file has three bytes of eve, and memory behind them
    assert.ok(young.expiresAt >= expiresFrom - 1000 && young.expiresAt <= Date.now() + 1_001_000);

    const none = {
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      identifier: 0,
      isReplaying: false,
    };
    assert.deepEqual(
      db
        .of('subscribed')
        .map(({ clientId, subscription }) => [clientId, subscription] as const)
        .toSorted(([one], [other]) => one.localeCompare(other)),
      [
        ['flying', { filter: 'f/#', qos: 2, ...none }],
        ['old', { filter: 'q/#', qos: 2, ...none }],
        [
          'young',
          {
            filter: 'q/+',
            qos: 1,
            noLocal: true,
            retainAsPublished: true,
            retainHandling: 0, // 2.0 leaves it out of the file: it counts at the SUBSCRIBE only
            identifier: 300,
            isReplaying: false,
          },
        ],
      ],
    );

    const messages = new Map(db.of('message kept').map(({ id, message: one }) => [id, one]));
    const byTopic = new Map([...messages.values()].map((one) => [one.topic, one]));
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/x',
      responseTopic: 're/s',
      correlationData: Uint8Array.from(Buffer.from('c\0d')),
      userProperties: [
        ['k', 'v'],
        ['k', 'ü'],
      ],
    };
    const published = {
      publisher: 'pub',
      username: 'bob',
      port,
      retain: false,
      expiresAt: 0,
      properties: {},
    };
    for (const [topic, payload, fields] of [
      ['r/5', 'retained', { qos: 1, retain: true, properties }],
      ['q/1', 'one', { qos: 1 }],
      ['q/2', 'two', { qos: 2, properties }],
      ['q/3', 'x'.repeat(70_000), { qos: 1 }],
      ['f/0', '0', { qos: 1 }],
      ['f/1', '1', { qos: 2 }],
      ['f/2', '2', { qos: 2 }],
      ['in/1', 'unreleased', { qos: 2, publisher: 'sender', username: undefined }],
    ] as const) {
      const { expiresAt, ...kept } = byTopic.get(topic)!;
      const { expiresAt: _, ...expected } = { ...published, ...fields };
      assert.deepEqual(kept, { topic, payload: Uint8Array.from(Buffer.from(payload)), ...expected });
      if (expected.properties === properties)
        assert.ok(expiresAt >= expiresFrom - 1000 && expiresAt <= Date.now() + 1_001_000);
      else assert.equal(expiresAt, 0);
    }
    assert.deepEqual(
      db.of('retained').map(({ topic, id }) => [topic, messages.get(id)?.topic]),
      [['r/5', 'r/5']],
    );

    const deliveries = db.of('delivery').map(({ delivery }) => {
      const { clientId, direction, qos, state, packetId, identifiers, messageId } = delivery;
      const { topic } = messages.get(messageId)!;
      return { clientId, line: [direction, topic, qos, state, packetId, identifiers] };
    });
    const lines = (clientId: string): unknown =>
      deliveries.filter((one) => one.clientId === clientId).map(({ line }) => line);
    assert.deepEqual(lines('old'), [
      ['out', 'q/1', 1, 'waiting', 0, undefined],
      ['out', 'q/2', 2, 'waiting', 0, undefined],
      ['out', 'q/3', 1, 'waiting', 0, undefined],
    ]);
    assert.deepEqual(lines('young'), [
      ['out', 'q/1', 1, 'waiting', 0, [300]],
      ['out', 'q/2', 1, 'waiting', 0, [300]],
      ['out', 'q/3', 1, 'waiting', 0, [300]],
    ]);
    assert.deepEqual(lines('flying'), [
      ['out', 'f/0', 1, 'published', 1, undefined],
      ['out', 'f/1', 2, 'published', 2, undefined],
      ['out', 'f/2', 2, 'released', 3, undefined],
    ]);
    assert.deepEqual(lines('sender'), [['in', 'in/1', 2, 'published', 77, undefined]]);
  });

  testWithMosquitto('it goes on where a file of ours ends', async () => {
    using scratch = new Scratch();
    const expiresAt = Date.now() + 1_000_000;
    await saveMosquittoDb(scratch.at('mosquitto.db'), ours(expiresAt), { stopping: true });
    await using broker = await startMosquitto(configFor(scratch));
    const { port } = broker;
    const reader = await connectTo(port, { version: 5, clientId: 'reader' });
    await reader.subscribe('r/#', 1);
    const { properties } = await reader.receive('r/ä', 'retained', { qos: 1, retain: true });
    const { messageExpiryInterval = 0, ...others } = properties;
    assert.ok(messageExpiryInterval > 900 && messageExpiryInterval <= 1001);
    assert.deepEqual(others, {
      payloadFormatIndicator: 1,
      contentType: 'text/x',
      responseTopic: 're/s',
      correlationData: 'c\0d',
      userProperty: [
        ['k', 'v'],
        ['k', 'ü'],
      ],
    });
    await reader.receive('r/large', 'x'.repeat(70_000), { retain: true });
    await reader.expectNothing();

    const queued = await connectTo(port, { version: 5, clientId: 'queued', clean: false, ...KEPT });
    assert.equal(queued.connack?.sessionPresent, true);
    await queued.expect({ type: 'publish', topic: 'q/1', qos: 1, packetId: 5, dup: true });
    await queued.expect(queued.p.pubrel(6));
    queued.send(queued.p.puback(5), queued.p.pubcomp(6));
    for (let at = 0; at < 50; at++) {
      const { packetId, properties: given } = await queued.receive('q/2', `${at}`, {
        qos: at % 2 === 0 ? 1 : 2,
      });
      assert.ok(packetId > 6);
      assert.deepEqual(given.subscriptionIdentifier, at === 0 ? undefined : [300]);
    }
    await queued.expectNothing();

    const publisher = await connectTo(port, { clientId: 'publisher' });
    await publisher.publish('q/3', 'live', { qos: 1 });
    const { properties: live } = await queued.receive('q/3', 'live', { qos: 1 });
    assert.deepEqual(live.subscriptionIdentifier, [300]);
    await publisher.publish('s/1', 'shared', { qos: 1 });
    await queued.receive('s/1', 'shared', { qos: 1 });

    const taker = await connectTo(port, { clientId: 'taker' });
    await taker.subscribe('in/#', 2);
    const sender = await connectTo(port, { clientId: 'sender', clean: false });
    sender.send(sender.p.publish('in/1', 'unreleased', { qos: 2, packetId: 77, dup: true }));
    await sender.expect(sender.p.pubrec(77));
    sender.send(sender.p.pubrel(77));
    await sender.expect(sender.p.pubcomp(77));
    await taker.receive('in/1', 'unreleased', { qos: 2 });
    await taker.expectNothing();
  });
});

const KEPT = { properties: { sessionExpiryInterval: 3600 } };

function session(clientId: string, fields: Partial<KeptSession> = {}): KeptSession {
  const never = { expiryInterval: NEVER, expiresAt: 0, willAt: 0, seenAt: 0 };
  return { clientId, username: undefined, port: 0, ...never, ...fields };
}

function message(topic: string, payload: string, fields: Partial<KeptMessage> = {}): KeptMessage {
  return {
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    properties: NO_PROPERTIES,
    expiresAt: 0,
    publisher: 'pub',
    username: 'bob',
    port: 1883,
    ...fields,
  };
}

/** A state with one of everything. */
function ours(expiresAt: number): readonly Change[] {
  const properties = {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 1000,
    contentType: 'text/x',
    responseTopic: 're/s',
    correlationData: Buffer.from('c\0d'),
    userProperties: [
      ['k', 'v'],
      ['k', 'ü'],
    ] as const,
  };
  const messages = [
    message('r/ä', 'retained', { retain: true, properties, expiresAt }),
    message('r/large', 'x'.repeat(70_000), { retain: true }),
    message('q/1', 'in flight'),
    message('q/2', 'received', { qos: 2 }),
    message('in/1', 'unreleased', { qos: 2, publisher: 'sender' }),
    ...Array.from({ length: 50 }, (_, at) => message('q/2', `${at}`, { qos: at % 2 === 0 ? 1 : 2 })),
  ];
  const delivery = (messageId: number, fields: Partial<KeptDelivery>): KeptDelivery => ({
    clientId: 'queued',
    messageId,
    direction: 'out',
    qos: messages[messageId - 1]!.qos,
    retain: false,
    packetId: 0,
    state: 'waiting',
    identifiers: undefined,
    ...fields,
  });
  const deliveries = [
    delivery(3, { packetId: 5, state: 'published' }),
    delivery(4, { packetId: 6, state: 'released' }),
    delivery(5, { clientId: 'sender', direction: 'in', packetId: 77, state: 'published' }),
    ...Array.from({ length: 50 }, (_, at) =>
      delivery(6 + at, { identifiers: at === 0 ? undefined : at === 1 ? [300, 301] : [300] }),
    ),
  ];
  const options = { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscribed = (filter: string, identifier: number): Change => ({
    kind: 'subscribed',
    clientId: 'queued',
    subscription: { filter, identifier, isReplaying: false, ...options },
  });
  const sessions = [
    session('queued', { expiryInterval: 3600, expiresAt: Date.now() + 3_600_000 }),
    session('sender'),
  ];
  const kept = messages.map((one, at): Change => ({ kind: 'message kept', id: at + 1, message: one }));
  return kept.concat(
    { kind: 'retained', topic: 'r/ä', id: 1 },
    { kind: 'retained', topic: 'r/large', id: 2 },
    sessions.map((one): Change => ({ kind: 'session', session: one })),
    subscribed('q/+', 300),
    subscribed('$share/group/s/+', 0),
    deliveries.map((one, at): Change => ({ kind: 'delivery', key: at + 1, delivery: one })),
  );
}
