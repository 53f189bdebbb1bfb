import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { FakeServer, publish } from '../../test/client/fake-server.ts';
import { encode } from '../protocol/encode.ts';
import { Client } from './client.ts';
import type { MqttError } from './error.ts';
import type { Message } from './message.ts';
import type { ClientOptions } from './options.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

/** A client that keeps what comes. */
async function reader(options: ClientOptions = {}): Promise<{ client: Client; messages: Message[] }> {
  const client = await server.client(options);
  const messages: Message[] = [];
  client.on('message', (message) => void messages.push(message));
  return { client, messages };
}

const texts = (messages: readonly Message[]): string[] => messages.map((message) => message.text());

async function reconnect(sessionPresent: boolean): Promise<void> {
  server.last.breaks();
  mock.timers.tick(3000);
  await server.last.accept({ sessionPresent });
}

/** The error of the connection that ends. */
function ending(client: Client): Promise<MqttError | undefined> {
  const { promise, resolve } = Promise.withResolvers<MqttError | undefined>();
  client.on('disconnected', resolve);
  return promise;
}

describe('a message', () => {
  test('is as it was sent, and does not change with the chunk it came in', async () => {
    const { messages } = await reader();
    const properties = {
      contentType: 'application/json',
      correlationData: Buffer.from('id'),
      userProperties: [['k', 'v']] as const,
    };
    const bytes = encode(publish('a/b', '{"a":1}', { retain: true, properties }), 5);
    server.last.sendBytes(bytes);
    bytes.fill(0xee);
    const [message] = messages;
    assert.ok(message);
    assert.equal(message.topic, 'a/b');
    assert.deepEqual(message.json(), { a: 1 });
    assert.equal(message.retain, true);
    assert.deepEqual(
      { ...message.properties, correlationData: Buffer.from(message.properties.correlationData!).toString() },
      { ...properties, correlationData: 'id' },
    );
  });

  test('in pieces of any size', async () => {
    const { messages } = await reader();
    const bytes = Buffer.concat([1, 2, 3].map((at) => encode(publish('a', `${at}`.repeat(100)), 5)));
    for (let at = 0; at < bytes.length; at += 7)
      server.last.sendBytes(Uint8Array.from(bytes.subarray(at, at + 7)));
    assert.deepEqual(
      texts(messages).map((text) => text[0]! + text.length),
      ['1100', '2100', '3100'],
    );
  });

  test('[MQTT-4.3.2-4] of QoS 1 is acknowledged after it was handed on', async () => {
    const { messages } = await reader();
    server.last.send(publish('a', 'x', { qos: 1, packetId: 7 }));
    assert.equal(messages.length, 1);
    await server.last.expect('puback', { packetId: 7, reasonCode: 0 });
  });

  test('under an alias has the topic that the alias stands for, as long as the connection', async () => {
    const { client, messages } = await reader();
    server.last.send(
      publish('a', '1', { properties: { topicAlias: 64 } }),
      publish('', '2', { properties: { topicAlias: 64 } }),
    );
    assert.deepEqual(
      messages.map(({ topic, properties }) => [topic, properties]),
      [
        ['a', {}],
        ['a', {}],
      ],
    );
    await reconnect(true);
    const ended = ending(client);
    server.last.send(publish('', '3', { properties: { topicAlias: 64 } }));
    assert.equal((await ended)?.code, 'PROTOCOL_ERROR');
  });

  for (const [what, packet, reasonCode] of [
    ['an alias beyond the maximum', publish('a', '', { properties: { topicAlias: 65 } }), 0x94],
    ['alias 0', publish('a', '', { properties: { topicAlias: 0 } }), 0x94],
    ['no topic', publish('', ''), 0x82],
  ] as const)
    test(`with ${what} ends the connection`, async () => {
      const { client } = await reader();
      const ended = ending(client);
      server.last.send(packet);
      assert.equal((await ended)?.reasonCode, reasonCode);
      await server.last.expect('disconnect', { reasonCode });
    });

  test('that is larger than the client takes is not to be sent: the server is told', async () => {
    for (const [options, size] of [
      [{}, 64 * 1024 * 1024],
      [{ maximumPacketSize: 100 }, 100],
      [{ properties: { maximumPacketSize: 100 } }, 100],
    ] as const) {
      const client = new Client(server.open, options);
      void client.start();
      const { properties } = await server.last.accept();
      assert.equal(properties.maximumPacketSize, size);
      const ended = ending(client);
      server.last.sendBytes(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f));
      assert.equal((await ended)?.reasonCode, 0x95);
      await client.close();
    }
  });

  test('that is larger than the client takes ends the connection', async () => {
    const { client } = await reader({ maximumPacketSize: 100 });
    const ended = ending(client);
    server.last.sendBytes(encode(publish('a', 'x'.repeat(100)), 5).subarray(0, 10));
    assert.equal((await ended)?.reasonCode, 0x95);
  });
});

const packet = (text: string, packetId: number, dup = false): ReturnType<typeof publish> =>
  publish('a', text, { qos: 2, packetId, dup });

describe('QoS 2', () => {
  test('[MQTT-4.3.3-10] is handed on once, however often it comes, and at once: order is kept', async () => {
    const { messages } = await reader();
    server.last.send(packet('1', 1), publish('a', '2', { qos: 1, packetId: 2 }), packet('1', 1, true));
    assert.deepEqual(texts(messages), ['1', '2']);
    await server.last.expect('pubrec', { packetId: 1 });
    await server.last.expect('puback', { packetId: 2 });
    await server.last.expect('pubrec', { packetId: 1 });
    server.last.acknowledge('pubrel', 1);
    await server.last.expect('pubcomp', { packetId: 1 });
    server.last.acknowledge('pubrel', 1);
    await server.last.expect('pubcomp', { packetId: 1 });
    server.last.send(packet('3', 1));
    assert.deepEqual(texts(messages), ['1', '2', '3']);
  });

  test('across connections with the session: once', async () => {
    const { messages } = await reader();
    server.last.send(packet('1', 1), packet('2', 2));
    await reconnect(true);
    server.last.send(packet('1', 1, true));
    server.last.acknowledge('pubrel', 2);
    assert.deepEqual(texts(messages), ['1', '2']);
    await server.last.expect('pubrec', { packetId: 1 });
    await server.last.expect('pubcomp', { packetId: 2 });
  });

  test('[MQTT-3.2.2-5] without the session: identifiers mean something else', async () => {
    const { messages } = await reader();
    server.last.send(packet('1', 1));
    await reconnect(false);
    server.last.send(packet('2', 1));
    assert.deepEqual(texts(messages), ['1', '2']);
  });

  test('in MQTT 3.1, which does not tell of sessions: what does not come again is new', async () => {
    const { messages } = await reader({ version: 3, clientId: 'me', cleanStart: false });
    server.last.send(packet('1', 1), packet('2', 2));
    await reconnect(false);
    server.last.send(packet('1', 1, true), packet('3', 2));
    assert.deepEqual(texts(messages), ['1', '2', '3']);
  });

  test('no more than the receive maximum is not released', async () => {
    const { client, messages } = await reader({ properties: { receiveMaximum: 2 } });
    const ended = ending(client);
    server.last.send(packet('1', 1), packet('2', 2), packet('2', 2, true), packet('3', 3));
    assert.equal((await ended)?.reasonCode, 0x93);
    assert.deepEqual(texts(messages), ['1', '2']);
  });
});
