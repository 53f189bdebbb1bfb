/** The plugins of examples/plugins, in a broker as a program. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client } from '../conformance/harness/client.ts';
import { Client as HarnessClient } from '../conformance/harness/client.ts';
import { connectTo, startZanzara } from '../cli/program.ts';

const PATIENCE_MS = 30_000;

function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/plugins/${name}.ts`, import.meta.url));
}

test('payload-ban refuses payloads and tells how many', async () => {
  const config = `plugin ${example('payload-ban')}
plugin_opt_pattern (?i)password\\s*=
plugin_opt_pattern ^\\s*$
plugin_opt_topic s/#`;
  await using broker = await startZanzara(config);
  const subscriber = await connectTo(broker.port, { clientId: 'subscriber', version: 5 });
  await subscriber.subscribe('#');
  await subscriber.subscribe('$CONTROL/#');
  const publisher = await connectTo(broker.port, { clientId: 'publisher', version: 5 });
  for (const [topic, payload, code] of [
    ['s/1', 'Password = x', 0x99],
    ['s/2', '  ', 0x99],
    ['s/3', 'fine', 0],
    ['other', 'password=', 0],
  ] as const) {
    for (const qos of [0, 1, 2]) {
      const packetId = publisher.nextPacketId();
      publisher.send(publisher.p.publish(topic, payload, { qos, packetId }));
      if (qos === 1) await publisher.expect({ type: 'puback', packetId, code });
      if (qos === 2) {
        await publisher.expect({ type: 'pubrec', packetId, code });
        if (code === 0) {
          publisher.send(publisher.p.pubrel(packetId));
          await publisher.expect({ type: 'pubcomp', packetId });
        }
      }
      if (code === 0) await subscriber.receive(topic, payload);
    }
  }
  await publisher.publish('$CONTROL/payload-ban/v1', '', { qos: 1 });
  const counts = [
    { pattern: 'password\\s*=', count: 3 },
    { pattern: '^\\s*$', count: 3 },
  ];
  await subscriber.receive('$CONTROL/payload-ban/v1/response', JSON.stringify(counts));
  await subscriber.expectNothing();
  const { stderr } = await broker.program.stop();
  assert.match(stderr, /payload-ban: publisher may not send this to s\/1: password/);
  assert.match(stderr, /Plugin payload-ban version 1\.0 loaded\./);
});

test('payload-ban says which option is missing', async () => {
  await assert.rejects(
    startZanzara(`plugin ${example('payload-ban')}`),
    /payload-ban\.ts: Error: plugin_opt_pattern is missing: which payloads are banned\?/,
  );
});

test('tenants have topics of their own', async () => {
  await using broker = await startZanzara(`plugin ${example('tenants')}\nplugin_opt_root t`);
  const login = (username: string): Promise<Client> =>
    connectTo(broker.port, { clientId: username, username, version: 5 });
  const operator = await login('operator');
  await operator.subscribe('#');
  const alice = await login('acme:alice');
  const bob = await login('acme:bob');
  const carol = await login('other:carol');
  for (const client of [alice, bob, carol]) await client.subscribe('door/#', 1);
  await bob.subscribe('$share/group/lamp', 0);
  alice.send(alice.p.publish('door/1', 'open', { qos: 1, retain: true, packetId: 7 }));
  await alice.receive('door/1', 'open', { retain: false });
  await alice.expect(alice.p.puback(7));
  await bob.receive('door/1', 'open');
  await carol.expectNothing();
  await operator.receive('t/acme/door/1', 'open');
  await alice.publish('lamp', 'on');
  await bob.receive('lamp', 'on');
  await operator.receive('t/acme/lamp', 'on');
  operator.send(operator.p.publish('t/other/door/2', 'from above'));
  await carol.receive('door/2', 'from above');
  await operator.receive('t/other/door/2', 'from above');
  bob.send(bob.p.unsubscribe(77, ['door/#', 'never']));
  await bob.expect(bob.p.unsuback(77, [0, 0x11]));
  const late = await login('acme:late');
  await late.subscribe('door/+', 0);
  await late.receive('door/1', 'open', { retain: true });
  const refused = await HarnessClient.open(broker.port, 5, 'refused', PATIENCE_MS);
  refused.send(refused.p.connect({ clientId: 'refused', username: '+:eve' }));
  await refused.expectRefusal(0x87);
});

test('login-table: passwords, and proofs of them', async () => {
  await using broker = await startZanzara(`plugin ${example('login-table')}`, [], {
    env: { MQTT_LOGINS: 'alice:secret bob:hid:den' },
  });
  await broker.program.until('login-table: 2 logins in MQTT_LOGINS');
  await connectTo(broker.port, { username: 'alice', password: 'secret' });
  await connectTo(broker.port, { username: 'bob', password: 'hid:den' });
  for (const [username, password] of [
    ['alice', 'wrong'],
    ['eve', 'secret'],
    ['', ''],
  ] as const) {
    const client = await HarnessClient.open(broker.port, 4, '', PATIENCE_MS);
    client.send(client.p.connect({ username, password }));
    await client.expectRefusal(undefined, 5);
  }

  /** Begins with a user name, and answers the challenge with the proof of a password. */
  async function prove(username: string, password: string): Promise<Client> {
    const client = await HarnessClient.open(broker.port, 5, username, PATIENCE_MS);
    client.send(
      client.p.connect({ clientId: username, username, properties: { authenticationMethod: 'CHALLENGE' } }),
    );
    const { properties } = await client.expect({ type: 'auth', code: 0x18 });
    const challenge = Buffer.from(properties.authenticationData ?? '', 'latin1');
    assert.equal(challenge.length, 32);
    const authenticationData = createHmac('sha256', password).update(challenge).digest('latin1');
    client.send(client.p.auth(0x18, { authenticationMethod: 'CHALLENGE', authenticationData }));
    return client;
  }
  await (await prove('alice', 'secret')).expect({ type: 'connack', code: 0 });
  await (await prove('alice', 'wrong')).expectRefusal(0x87);
  await (await prove('eve', 'secret')).expectRefusal(0x87);
  const { stderr } = await broker.program.stop();
  assert.doesNotMatch(stderr, /Error/);
});
