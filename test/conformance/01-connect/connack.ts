import { limited, unusual } from '../harness/configs.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../harness/client.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.1.4-5] [MQTT-3.2.2-1] [MQTT-3.2.2-8] [3.1.1:MQTT-3.1.4-4] the CONNACK that accepts is 20 02 00 00 before 5.0',
  { versions: [3, 4] },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x') }));
    await client.expect('20 02 00 00');
  },
);

conformance(
  '[MQTT-3.2.2-22] [MQTT-3.1.2-28] [MQTT-4.12.0-6] nothing is answered that was not asked: ' +
    'no Server Keep Alive, Response Information, Authentication Method',
  { versions: [5] },
  async (c) => {
    const client = await c.connect({ keepAlive: 60, properties: { requestResponseInformation: 0 } });
    const sent = Object.keys(client.connack?.properties ?? {});
    const wrong = [
      'serverKeepAlive',
      'responseInformation',
      'authenticationMethod',
      'assignedClientIdentifier',
    ];
    for (const name of wrong) if (sent.includes(name)) throw new Mismatch(`the CONNACK has ${name}`);
  },
);

/** The properties of a CONNACK in the order in which they stand. */
function expectProperties(
  client: Client,
  expected: readonly (readonly [name: string, value: unknown])[],
): void {
  const sent = Object.entries(client.connack?.properties ?? {});
  if (!isDeepStrictEqual(sent, expected)) throw new Mismatch(`CONNACK with ${JSON.stringify(sent)}`);
}

conformance(
  'as Mosquitto: CONNACK has Topic Alias Maximum, Maximum Packet Size, Receive Maximum, in this order',
  { versions: [5], differs: { mosquitto: '2.0.11 has no limit of packet size by default' } },
  async (c) => {
    const client = await c.connect();
    expectProperties(client, [
      ['topicAliasMaximum', 10],
      ['maximumPacketSize', 2_000_000],
      ['receiveMaximum', 20],
    ]);
  },
);

conformance(
  '[MQTT-3.2.2-9] as Mosquitto: CONNACK has every limit, in the order of Mosquitto',
  { versions: [5], config: limited, differs: { mosquitto: '2.0.11 has another order' } },
  async (c) => {
    const client = await c.connect({ clientId: '', keepAlive: 100 });
    const assigned = client.connack?.properties.assignedClientIdentifier;
    expectProperties(client, [
      ['serverKeepAlive', 60],
      ['topicAliasMaximum', 3],
      ['assignedClientIdentifier', assigned],
      ['retainAvailable', 0],
      ['maximumPacketSize', 5000],
      ['receiveMaximum', 7],
      ['maximumQoS', 1],
    ]);
  },
);

conformance(
  '[MQTT-3.2.2-9] CONNACK names the limits of the server',
  { versions: [5], config: limited },
  async (c) => {
    const client = await c.connect({ keepAlive: 100 });
    const { maximumQoS, retainAvailable, ...others } = client.connack?.properties ?? {};
    if (maximumQoS !== 1 || retainAvailable !== 0)
      throw new Mismatch('Maximum QoS or Retain Available is missing');
    const expected = {
      serverKeepAlive: 60,
      topicAliasMaximum: 3,
      maximumPacketSize: 5000,
      receiveMaximum: 7,
    };
    if (!isDeepStrictEqual(others, expected)) throw new Mismatch(`CONNACK with ${JSON.stringify(others)}`);
  },
);

conformance(
  'as Mosquitto: max_topic_alias 0 leaves the property out',
  { versions: [5], config: unusual },
  async (c) => {
    const client = await c.connect();
    if ('topicAliasMaximum' in (client.connack?.properties ?? {})) throw new Mismatch('the CONNACK has it');
  },
);
