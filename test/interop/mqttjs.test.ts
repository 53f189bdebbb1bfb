/** MQTT.js, the client library of Node, against a broker process: 3.1, 3.1.1 and 5.0. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IClientOptions, ISubscriptionMap } from 'mqtt';
import { startZanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { essence, Guest, VERSIONS } from './guest.ts';
import type { Version } from './guest.ts';

const QOS = [0, 1, 2] as const;

let broker: Running;
before(async () => void (broker = await startZanzara('sys_interval 0')));
after(() => broker[Symbol.asyncDispose]());

let guests = 0;

/** A client with an identifier of its own. */
function arrive(version: Version, options: IClientOptions = {}): Promise<Guest> {
  return Guest.arrive(broker.port, version, { clientId: `guest-${version}-${guests++}`, ...options });
}

/** Its session stays when it goes. */
function lasting(version: Version, clientId: string): IClientOptions {
  if (version === 5) return { clientId, clean: false, properties: { sessionExpiryInterval: 1000 } };
  return { clientId, clean: false };
}

for (const version of [3, 4, 5] as const) {
  describe(`MQTT.js ${VERSIONS[version]}`, { concurrency: true }, () => {
    test('every QoS to every QoS: the lower of the two, in order', async () => {
      await using subscriber = await arrive(version);
      await using publisher = await arrive(version);
      for (const granted of QOS) {
        const [one] = await subscriber.client.subscribeAsync(`${version}/qos/${granted}/#`, { qos: granted });
        assert.equal(one?.qos, granted);
      }
      const expected = [];
      for (const granted of QOS) {
        for (const qos of QOS) {
          const topic = `${version}/qos/${granted}/${qos}`;
          expected.push(...['a', 'b'].map((text) => `${topic} ${text} q${Math.min(qos, granted)} r0`));
          for (const text of ['a', 'b']) await publisher.client.publishAsync(topic, text, { qos });
        }
      }
      const received = (await subscriber.take(expected.length)).map(essence);
      assert.deepEqual(received.toSorted(), expected.toSorted());
      for (const granted of QOS) {
        for (const qos of QOS) {
          const ofTopic = (line: string): boolean => line.startsWith(`${version}/qos/${granted}/${qos} `);
          assert.deepEqual(received.filter(ofTopic), expected.filter(ofTopic));
        }
      }
      assert.ok(await subscriber.hasNoMore());
    });

    test('500 messages, 20 at once, arrive in order', async () => {
      await using subscriber = await arrive(version);
      await using publisher = await arrive(version);
      const topic = `${version}/many`;
      await subscriber.client.subscribeAsync(topic, { qos: 2 });
      const texts = Array.from({ length: 500 }, (_, at) => `${at}`);
      // as many at once as the broker takes from a 5.0 client; MQTT.js does not look at its Receive Maximum
      for (let at = 0; at < texts.length; at += 20) {
        const some = texts.slice(at, at + 20);
        await Promise.all(some.map((text) => publisher.client.publishAsync(topic, text, { qos: 2 })));
      }
      const received = await subscriber.take(texts.length);
      assert.deepEqual(
        received.map(({ payload }) => payload.toString()),
        texts,
      );
      assert.ok(await subscriber.hasNoMore());
    });

    test('a retained message is there for those who come later, is replaced, and cleared', async () => {
      await using publisher = await arrive(version);
      const topic = `${version}/retained`;
      const publish = (text: string): Promise<unknown> =>
        publisher.client.publishAsync(topic, text, { qos: 1, retain: true });
      await using present = await arrive(version);
      await present.client.subscribeAsync(topic, { qos: 1 });
      for (const text of ['first', 'second']) {
        await publish(text);
        assert.equal(essence(await present.next()), `${topic} ${text} q1 r0`);
        await using later = await arrive(version);
        await later.client.subscribeAsync(topic, { qos: 2 });
        assert.equal(essence(await later.next()), `${topic} ${text} q1 r1`);
      }
      await publish('');
      assert.equal(essence(await present.next()), `${topic}  q1 r0`);
      await using last = await arrive(version);
      await last.client.subscribeAsync(topic);
      assert.ok(await last.hasNoMore());
    });

    for (const qos of QOS) {
      test(`a will at QoS ${qos} is published when its client is lost, and not when it leaves`, async () => {
        await using heir = await arrive(version);
        const topic = `${version}/will/${qos}`;
        await heir.client.subscribeAsync(topic, { qos: 2 });
        const will = { topic, qos, payload: Buffer.from('gone'), retain: qos === 1 };
        await using polite = await arrive(version, { will });
        await polite.leave();
        assert.ok(await heir.hasNoMore());
        await using lost = await arrive(version, { will });
        await lost.drop();
        assert.equal(essence(await heir.next()), `${topic} gone q${qos} r0`);
        await using later = await arrive(version);
        await later.client.subscribeAsync(topic, { qos: 2 });
        if (qos === 1) assert.equal(essence(await later.next()), `${topic} gone q1 r1`);
        assert.ok(await later.hasNoMore());
      });
    }

    test('a session is resumed with its subscriptions and what was queued, in order', async () => {
      const clientId = `sleeper-${version}`;
      const topic = `${version}/queued`;
      await using first = await arrive(version, lasting(version, clientId));
      assert.equal(first.connack?.sessionPresent, false);
      await first.client.subscribeAsync({ [`${topic}/1`]: { qos: 1 }, [`${topic}/2`]: { qos: 2 } });
      await first.drop();
      await using publisher = await arrive(version);
      const expected = [];
      for (let at = 0; at < 50; at++) {
        const qos = at % 2 === 0 ? 1 : 2;
        await publisher.client.publishAsync(`${topic}/${qos}`, `${at}`, { qos });
        expected.push(`${topic}/${qos} ${at} q${qos} r0`);
      }
      await publisher.client.publishAsync(`${topic}/1`, 'QoS 0 is not queued', { qos: 0 });
      await using second = await arrive(version, lasting(version, clientId));
      assert.equal(second.connack?.sessionPresent, version !== 3); // 3.1 has no such flag
      const received = (await second.take(expected.length)).map(essence);
      for (const qos of [' q1 ', ' q2 ']) {
        // MQTT.js tells of a message of QoS 2 when it was released: between the two its order is another
        const ofQos = (line: string): boolean => line.includes(qos);
        assert.deepEqual(received.filter(ofQos), expected.filter(ofQos));
      }
      assert.ok(await second.hasNoMore());
      await second.leave();
      await using third = await arrive(version, { clientId });
      assert.equal(third.connack?.sessionPresent, false);
      await publisher.client.publishAsync(`${topic}/2`, 'clean', { qos: 2 });
      assert.ok(await third.hasNoMore());
    });

    test('1 MB at every QoS comes back as it was', async () => {
      await using guest = await arrive(version);
      const topic = `${version}/large`;
      await guest.client.subscribeAsync(topic, { qos: 2 });
      for (const qos of QOS) {
        const payload = randomBytes(1_000_000);
        await guest.client.publishAsync(topic, payload, { qos });
        const message = await guest.next();
        assert.equal(message.qos, qos);
        assert.ok(payload.equals(Buffer.from(message.payload)));
      }
    });

    test('200 filters in one SUBSCRIBE, 200 topics, and one UNSUBSCRIBE', async () => {
      await using guest = await arrive(version);
      const topics = Array.from({ length: 200 }, (_, at) => `${version}/wide/${at}/${'x'.repeat(at % 7)}`);
      const map: ISubscriptionMap = {};
      for (const [at, topic] of topics.entries()) map[topic] = { qos: (at % 3) as 0 | 1 | 2 };
      const granted = await guest.client.subscribeAsync(map);
      assert.deepEqual(
        granted.map(({ topic, qos }) => [topic, qos]),
        topics.map((topic, at) => [topic, at % 3]),
      );
      await Promise.all(topics.map((topic, at) => guest.client.publishAsync(topic, `${at}`, { qos: 1 })));
      const received = (await guest.take(200)).map(essence);
      const expected = topics.map((topic, at) => `${topic} ${at} q${Math.min(at % 3, 1)} r0`);
      assert.deepEqual(received.toSorted(), expected.toSorted());
      await guest.client.unsubscribeAsync(topics);
      await Promise.all(topics.map((topic) => guest.client.publishAsync(topic, 'more')));
      assert.ok(await guest.hasNoMore());
    });

    test('who comes with the identifier of another takes its place', async () => {
      const clientId = `twin-${version}`;
      await using first = await arrive(version, { clientId });
      const closed = first.hears('close');
      const told = version === 5 ? first.hears('disconnect') : undefined;
      await using second = await arrive(version, { clientId });
      await closed;
      if (told !== undefined) assert.partialDeepStrictEqual(await told, { reasonCode: 0x8e });
      assert.ok(await second.hasNoMore());
    });

    test('a client that lost its connection comes back by itself, and subscribes anew', async () => {
      await using guest = await arrive(version, { reconnectPeriod: 10 });
      const topic = `${version}/again`;
      await guest.client.subscribeAsync(topic, { qos: 1 });
      const back = guest.hears('connect');
      await guest.drop();
      await back;
      assert.equal(guest.connack?.sessionPresent, false);
      await guest.client.publishAsync(topic, 'back', { qos: 1 });
      assert.equal(essence(await guest.next()), `${topic} back q1 r0`);
    });

    test('QoS 2 across a connection that breaks before PUBREC, or before PUBCOMP: once', async () => {
      await using subscriber = await arrive(version);
      const topic = `${version}/cut`;
      await subscriber.client.subscribeAsync(topic, { qos: 2 });
      const options = { ...lasting(version, `cut-${version}`), reconnectPeriod: 10 };
      await using publisher = await arrive(version, options);
      for (const last of ['publish', 'pubrel'] as const) {
        publisher.breakAfter(last);
        await publisher.client.publishAsync(topic, last, { qos: 2 });
        assert.equal(publisher.connack?.sessionPresent, version !== 3, `cut after ${last}`);
        assert.equal(essence(await subscriber.next()), `${topic} ${last} q2 r0`);
      }
      assert.ok(await subscriber.hasNoMore());
    });
  });
}

/** Seconds that a will waits: long enough for what a slow machine is to do meanwhile. */
const DELAY = 5;

describe('MQTT.js 5.0 alone', { concurrency: true }, () => {
  test('a will waits for its delay, and says all it has to say', async () => {
    await using heir = await arrive(5);
    await heir.client.subscribeAsync(['delay/#'], { qos: 1 });
    const properties = {
      willDelayInterval: DELAY,
      contentType: 'text/plain',
      userProperties: { why: 'lost' },
    };
    await using lost = await arrive(5, {
      properties: { sessionExpiryInterval: 100 },
      will: { topic: 'delay/will', payload: Buffer.from('late'), qos: 1, properties },
    });
    await lost.drop();
    await heir.client.publishAsync('delay/first', '', { qos: 1 });
    assert.equal((await heir.next()).topic, 'delay/first');
    const will = await heir.next();
    assert.equal(essence(will), 'delay/will late q1 r0');
    assert.deepEqual({ ...will.properties?.userProperties }, { why: 'lost' });
    assert.equal(will.properties?.contentType, 'text/plain');
  });

  test('a will is not published when its client is back within the delay', async () => {
    await using heir = await arrive(5);
    await heir.client.subscribeAsync('back/#', { qos: 1 });
    const properties = { sessionExpiryInterval: 100 };
    const options = (topic: string): IClientOptions => ({
      clientId: topic,
      clean: false,
      properties,
      will: { topic, payload: Buffer.from(''), qos: 1, properties: { willDelayInterval: DELAY } },
    });
    await using lost = await arrive(5, options('back/soon'));
    await lost.drop();
    await using back = await arrive(5, { clientId: 'back/soon', clean: false, properties });
    assert.equal(back.connack?.sessionPresent, true);
    await using never = await arrive(5, options('back/never'));
    await never.drop();
    assert.equal((await heir.next()).topic, 'back/never');
  });

  test('user properties keep their order', async () => {
    await using guest = await arrive(5);
    await guest.client.subscribeAsync('user', { qos: 1 });
    const userProperties = { z: ['1', '2', '0'], a: '3', ключ: 'значение', '': '' };
    await guest.client.publishAsync('user', '', { qos: 1, properties: { userProperties } });
    const { properties } = await guest.next();
    assert.equal(JSON.stringify(properties?.userProperties), JSON.stringify(userProperties));
  });

  test('request and response', async () => {
    await using client = await arrive(5);
    await using server = await arrive(5);
    await server.client.subscribeAsync('service/add', { qos: 1 });
    await client.client.subscribeAsync('answers/client', { qos: 1 });
    const correlationData = randomBytes(40);
    await client.client.publishAsync('service/add', '1+2', {
      qos: 1,
      properties: {
        responseTopic: 'answers/client',
        correlationData,
        contentType: 'text/x-sum',
        payloadFormatIndicator: true,
      },
    });
    const request = await server.next();
    const {
      responseTopic,
      correlationData: received,
      contentType,
      payloadFormatIndicator,
    } = request.properties!;
    assert.deepEqual(
      { responseTopic, contentType, payloadFormatIndicator },
      { responseTopic: 'answers/client', contentType: 'text/x-sum', payloadFormatIndicator: true },
    );
    assert.ok(correlationData.equals(received!));
    await server.client.publishAsync(responseTopic!, '3', {
      qos: 1,
      properties: { correlationData: received! },
    });
    const response = await client.next();
    assert.equal(response.payload.toString(), '3');
    assert.ok(correlationData.equals(response.properties!.correlationData!));
  });

  test('subscription identifiers of all filters that match', async () => {
    await using guest = await arrive(5);
    for (const [filter, subscriptionIdentifier] of [
      ['ids/+', 7],
      ['ids/#', 268_435_455],
      ['ids/other', 9],
    ] as const) {
      await guest.client.subscribeAsync(filter, { qos: 1, properties: { subscriptionIdentifier } });
    }
    await guest.client.publishAsync('ids/one', '', { qos: 1 });
    const identifiers: number[] = [];
    while (identifiers.length < 2) {
      identifiers.push(...[(await guest.next()).properties?.subscriptionIdentifier ?? []].flat());
    }
    assert.deepEqual(identifiers.toSorted(), [268_435_455, 7]);
    assert.ok(await guest.hasNoMore());
  });

  test('topic aliases in both directions', async () => {
    await using publisher = await arrive(5, { autoAssignTopicAlias: true });
    assert.equal(publisher.connack?.properties?.topicAliasMaximum, 10);
    await using subscriber = await arrive(5, { properties: { topicAliasMaximum: 2 } });
    await subscriber.client.subscribeAsync('alias/#', { qos: 1 });
    const topics = ['alias/a', 'alias/b', 'alias/c', 'alias/d', 'alias/a', 'alias/b', 'alias/c', 'alias/a'];
    for (const [at, topic] of topics.entries())
      await publisher.client.publishAsync(topic, `${at}`, { qos: 1 });
    const messages = await subscriber.take(topics.length);
    assert.deepEqual(
      messages.map(essence),
      topics.map((topic, at) => `${topic} ${at} q1 r0`),
    );
    const aliases = messages.map(({ properties }) => properties?.topicAlias);
    assert.ok(
      aliases.some((alias) => alias !== undefined),
      'the broker uses the aliases it may',
    );
    assert.ok(aliases.every((alias) => alias === undefined || (alias >= 1 && alias <= 2)));
  });

  test('messages expire, and what is left of their time is told', async () => {
    await using sleeper = await arrive(5, lasting(5, 'expiring'));
    await sleeper.client.subscribeAsync('expiry/queued/#', { qos: 1 });
    await sleeper.drop();
    await using publisher = await arrive(5);
    for (const [name, seconds] of [
      ['short', 1],
      ['long', 100],
    ] as const) {
      const properties = { messageExpiryInterval: seconds };
      await publisher.client.publishAsync(`expiry/queued/${name}`, '', { qos: 1, properties });
      await publisher.client.publishAsync(`expiry/retained/${name}`, '.', {
        qos: 1,
        retain: true,
        properties,
      });
    }
    await sleep(1200);
    await using back = await arrive(5, lasting(5, 'expiring'));
    await back.client.subscribeAsync('expiry/retained/#', { qos: 1 });
    const [queued, retained] = await back.take(2);
    assert.equal(queued?.topic, 'expiry/queued/long');
    assert.equal(retained?.topic, 'expiry/retained/long');
    for (const message of [queued, retained]) {
      const left = message?.properties?.messageExpiryInterval ?? 0;
      assert.ok(left > 50 && left < 100, `${left}`);
    }
    assert.ok(await back.hasNoMore());
  });

  test('a shared subscription gives each message to one member, and every member its share', async () => {
    await using first = await arrive(5);
    await using second = await arrive(5);
    await using third = await arrive(5);
    await using other = await arrive(5);
    const members = [first, second, third];
    for (const { client } of members) await client.subscribeAsync('$share/group/shared/+', { qos: 1 });
    await other.client.subscribeAsync('$share/other/shared/+', { qos: 1 });
    await using publisher = await arrive(5);
    const texts = Array.from({ length: 30 }, (_, at) => `${at}`);
    for (const text of texts) await publisher.client.publishAsync('shared/t', text, { qos: 1 });
    const received = await Promise.all(members.map((member) => member.take(10)));
    const numbers = received.flat().map(({ payload }) => Number(payload.toString()));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      texts.map(Number),
    );
    assert.equal((await other.take(30)).length, 30);
    for (const member of members) assert.ok(await member.hasNoMore());
  });

  test('no local, retain as published, retain handling', async () => {
    await using guest = await arrive(5);
    await using other = await arrive(5);
    await guest.client.publishAsync('options/t', 'old', { qos: 1, retain: true });
    await guest.client.subscribeAsync('options/#', { qos: 1, nl: true, rap: true, rh: 2 });
    await guest.client.publishAsync('options/t', 'mine', { qos: 1 });
    await other.client.publishAsync('options/t', 'yours', { qos: 1, retain: true });
    assert.equal(essence(await guest.next()), 'options/t yours q1 r1');
    assert.ok(await guest.hasNoMore());
  });

  test('reason codes reach the client', async () => {
    await using guest = await arrive(5);
    const answers: unknown[] = [];
    guest.client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback') answers.push(packet.reasonCode);
    });
    await guest.client.publishAsync('nobody/listens', '', { qos: 1 });
    assert.deepEqual(answers, [0x10]);
    await assert.rejects(guest.client.publishAsync('$SYS/broker/version', '', { qos: 1 }), { code: 0x87 });
  });

  test('the broker names a client that has no name', async () => {
    await using guest = await arrive(5, { clientId: '' });
    assert.match(guest.connack?.properties?.assignedClientIdentifier ?? '', /^auto-[0-9A-F-]{36}$/);
  });
});
