import { small, unusual } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

const digits = '0123456789';
const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();

conformance(
  '[MQTT-3.1.3-5] [3.1.1:MQTT-3.1.3-5] Client Identifiers of 1 to 23 letters and digits are allowed',
  { versions: [3, 4, 5] },
  async (c) => {
    const unique = String(c.version);
    const ids = [
      unique,
      `${unique}${lower.slice(0, 22)}`,
      `${unique}${upper.slice(4)}`,
      `${unique}${digits}`,
    ];
    for (const clientId of ids) await c.connect({ clientId });
    await c.connect({ clientId: `${unique}${lower.slice(22)}${upper.slice(0, 4)}` });
  },
);

conformance(
  'as Mosquitto: Client Identifiers may be long, and of any characters',
  { versions: [3, 4, 5] },
  async (c) => {
    await c.connect({ clientId: c.id('x'.repeat(1000)) });
    await c.connect({ clientId: c.id(' é/#+$\u{1f980}') });
  },
);

conformance(
  '[MQTT-3.1.3-2] [3.1.1:MQTT-3.1.3-2] Client Identifiers that differ in case are two sessions',
  {},
  async (c) => {
    const one = await c.connect({ clientId: c.id('case') });
    const other = await c.connect({ clientId: c.id('CASE') });
    await one.expectNothing();
    await other.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty Client Identifier gets a unique one, in CONNACK',
  { versions: [5] },
  async (c) => {
    const one = await c.connect({ clientId: '' });
    const other = await c.connect({ clientId: '' });
    const names = [one, other].map((client) => client.connack?.properties.assignedClientIdentifier);
    if (!names[0] || !names[1] || names[0] === names[1]) throw new Mismatch(`assigned: ${names.join(', ')}`);
    await one.expectNothing();
    await other.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.3-7] the Client Identifier assigned works as if it had been sent',
  { versions: [5] },
  async (c) => {
    const first = await c.connect({ clientId: '', properties: { sessionExpiryInterval: 60 } });
    const clientId = first.connack?.properties.assignedClientIdentifier ?? '';
    await first.disconnect();
    const again = await c.connect({ clientId, clean: false });
    if (!again.connack?.sessionPresent) throw new Mismatch('the session is not there');
    if (again.connack.properties.assignedClientIdentifier) throw new Mismatch('it is assigned again');
  },
);

conformance(
  'as Mosquitto: an empty Client Identifier may come with Clean Start 0 in 5.0',
  { versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: '', clean: false });
    if (!client.connack?.properties.assignedClientIdentifier) throw new Mismatch('none is assigned');
  },
);

conformance(
  '[3.1.1:MQTT-3.1.3-6] empty Client Identifiers with Clean Session 1 are clients of their own',
  { versions: [4] },
  async (c) => {
    const one = await c.connect({ clientId: '' });
    const other = await c.connect({ clientId: '' });
    await one.expectNothing();
    await other.expectNothing();
  },
);

conformance(
  '[3.1.1:MQTT-3.1.3-8] [3.1.1:MQTT-3.1.3-9] [3.1.1:MQTT-3.2.2-5] an empty one with Clean Session 0 gets CONNACK 2',
  { versions: [4] },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: '', clean: false }));
    await client.expectRefusal(undefined, 2);
  },
);

conformance(
  '[MQTT-3.1.3-8] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [3.1.1:MQTT-3.1.3-9] without allow_zero_length_clientid it is refused',
  { config: small },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: '' }));
    await client.expectRefusal([0x80, 0x85], 2);
  },
);

conformance(
  'as Mosquitto: the Client Identifier assigned is auto- and five groups of hexadecimal digits',
  { versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: '' });
    const assigned = client.connack?.properties.assignedClientIdentifier ?? '';
    if (!/^auto-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(assigned)) throw new Mismatch(assigned);
  },
);

conformance(
  'as Mosquitto: auto_id_prefix begins the Client Identifier assigned',
  { versions: [5], config: unusual },
  async (c) => {
    const client = await c.connect({ clientId: '' });
    const assigned = client.connack?.properties.assignedClientIdentifier ?? '';
    if (!/^given-[0-9A-F]{8}-/.test(assigned)) throw new Mismatch(assigned);
  },
);

conformance(
  'as Mosquitto: clientid_prefixes refuses other Client Identifiers',
  { config: 'clientid_prefixes good-' },
  async (c) => {
    await c.connect({ clientId: `good-${c.version}` });
    const client = await c.open();
    client.send(c.p.connect({ clientId: `bad-${c.version}` }));
    await client.expectRefusal(0x87, 5);
  },
);

conformance(
  'as Mosquitto: use_username_as_clientid takes the User Name, and refuses a client without one',
  { config: 'use_username_as_clientid true', differs: silent },
  async (c) => {
    const one = await c.connect({ clientId: c.id('one'), username: c.id('name') });
    const other = await c.connect({ clientId: c.id('other'), username: c.id('name') });
    await one.expectError(0x8e);
    await other.expectNothing();
    const nameless = await c.open();
    nameless.send(c.p.connect({ clientId: c.id('nameless') }));
    await nameless.expectRefusal(0x87, 5);
  },
);
