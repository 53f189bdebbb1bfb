import { conformance } from '../harness/script.ts';
import type { Properties } from '../harness/properties.ts';

const versions = [5] as const;

const rows: readonly (readonly [title: string, properties: Properties])[] = [
  ['[MQTT-3.3.2-4] Payload Format Indicator 0', { payloadFormatIndicator: 0 }],
  ['[MQTT-3.3.2-4] Payload Format Indicator 1', { payloadFormatIndicator: 1 }],
  ['[MQTT-3.3.2-20] [MQTT-3.3.2-19] Content Type', { contentType: 'text/ü' }],
  ['[MQTT-3.3.2-20] an empty Content Type', { contentType: '' }],
  ['[MQTT-3.3.2-15] [MQTT-3.3.2-13] Response Topic', { responseTopic: 'some/answer' }],
  ['[MQTT-3.3.2-16] Correlation Data', { correlationData: '\u0000\u0001\u00fe\u00ff' }],
  ['[MQTT-3.3.2-16] empty Correlation Data', { correlationData: '' }],
  ['[MQTT-3.3.2-17] a User Property', { userProperty: [['name', 'value']] }],
  [
    '[MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-1.5.7-1] User Properties in their order, empty ones and repeated ones',
    {
      userProperty: [
        ['b', '1'],
        ['a', '2'],
        ['b', '1'],
        ['', ''],
        ['b', '0'],
        ['\u{feff}', 'ä'],
      ],
    },
  ],
  [
    '[MQTT-3.3.2-18] a hundred User Properties',
    {
      userProperty: Array.from({ length: 100 }, (_, index) => [`${(index * 37) % 100}`, `${index}`] as const),
    },
  ],
  [
    '[MQTT-3.3.2-15] [MQTT-3.3.2-16] everything together',
    {
      payloadFormatIndicator: 1,
      contentType: 'json',
      responseTopic: 'r',
      correlationData: 'c',
      userProperty: [['u', 'v']],
    },
  ],
];

for (const [title, properties] of rows) {
  conformance(`${title} of a message reaches its subscribers unaltered`, { versions }, async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    for (const qos of [0, 1, 2]) {
      await publisher.publish(c.topic, 'x', { qos, properties });
      await subscriber.receive(c.topic, 'x', { qos, properties });
    }
  });
}

conformance(
  '[MQTT-3.3.2-17] [MQTT-3.1.2-29] User Properties of a PUBLISH are sent to a client with Request Problem Information 0',
  { versions },
  async (c) => {
    const subscriber = await c.connect({ properties: { requestProblemInformation: 0 } });
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    const properties = { userProperty: [['a', 'b']] } as const;
    await publisher.publish(c.topic, 'x', { properties });
    await subscriber.receive(c.topic, 'x', { properties });
  },
);

conformance(
  '[MQTT-3.1.2-29] with Request Problem Information 0 no acknowledgement has a Reason String or User Properties',
  { versions },
  async (c) => {
    const client = await c.connect({ properties: { requestProblemInformation: 0 } });
    const own = { userProperty: [['a', 'b']] } as const;
    client.send(c.p.subscribe(1, [[`${c.topic}/a`, 1]], own));
    await client.expect(c.p.suback(1, [1]));
    client.send(c.p.unsubscribe(2, [`${c.topic}/none`], own));
    await client.expect(c.p.unsuback(2, [0x11]));
    client.send(c.p.publish(`${c.topic}/nobody`, '', { qos: 1, packetId: 3, properties: own }));
    await client.expect({ type: 'puback', packetId: 3, properties: {} });
    client.send(c.p.publish(`${c.topic}/nobody`, '', { qos: 2, packetId: 4, properties: own }));
    await client.expect({ type: 'pubrec', packetId: 4, properties: {} });
    client.send(c.p.pubrel(4, 0, own));
    await client.expect({ type: 'pubcomp', packetId: 4, properties: {} });
  },
);

conformance(
  '[MQTT-3.3.2-15] [MQTT-3.3.2-16] a request is answered on its Response Topic, with its Correlation Data',
  { versions },
  async (c) => {
    const requester = await c.connect({ properties: { requestResponseInformation: 1 } });
    await requester.subscribe(`${c.topic}/answer`, 1);
    const responder = await c.connect();
    await responder.subscribe(`${c.topic}/ask`, 1);
    const properties = { responseTopic: `${c.topic}/answer`, correlationData: '42' };
    await requester.publish(`${c.topic}/ask`, 'what?', { qos: 1, properties });
    const request = await responder.receive(`${c.topic}/ask`, 'what?', { properties });
    const { responseTopic = '', correlationData = '' } = request.properties;
    await responder.publish(responseTopic, 'that', { qos: 1, properties: { correlationData } });
    await requester.receive(`${c.topic}/answer`, 'that', { properties: { correlationData: '42' } });
  },
);

conformance(
  '[MQTT-3.3.2-17] properties wait with their message for a client that is away',
  { versions },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect();
    const properties = {
      contentType: 'x',
      userProperty: [
        ['b', '1'],
        ['a', '2'],
      ],
    } as const;
    await publisher.publish(c.topic, 'kept', { qos: 1, properties });
    const after = await c.connect(session);
    await after.receive(c.topic, 'kept', { properties });
  },
);
