import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer, publish } from '../../test/client/fake-server.ts';
import type { Publish } from '../protocol/packet.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

/** Answers a request. */
function respond({ properties }: Publish, text: string): void {
  const { responseTopic, correlationData } = properties;
  server.last.send(publish(responseTopic!, text, { properties: { correlationData: correlationData! } }));
}

test('each request gets its own response, over one subscription', async () => {
  const client = await server.client();
  const requests = ['1', '2'].map((text) => client.request('ask', text));
  const { subscriptions } = await server.last.grant();
  const asked = [await server.last.expect('publish'), await server.last.expect('publish')];
  assert.match(asked[0]!.properties.responseTopic!, /^zanzara\/response\/[\da-f]{32}$/);
  assert.equal(subscriptions[0]?.filter, asked[1]!.properties.responseTopic);
  respond(asked[1]!, 'two');
  respond(asked[0]!, 'one');
  respond(asked[0]!, 'again');
  assert.deepEqual(
    (await Promise.all(requests)).map((message) => message.text()),
    ['one', 'two'],
  );
});

test('under a topic of the program, with properties of the program', async () => {
  const client = await server.client({ responseTopic: 'me/answers' });
  const request = client.request('ask', '', { qos: 1, properties: { contentType: 'x' } });
  await server.last.grant();
  const asked = await server.last.expect('publish', { qos: 1 });
  assert.partialDeepStrictEqual(asked.properties, { responseTopic: 'me/answers', contentType: 'x' });
  respond(asked, 'yes');
  assert.equal((await request).text(), 'yes');
});

test('no response in time; one without its correlation data is none', async () => {
  const client = await server.client();
  const request = client.request('ask', '', { timeout: 100 });
  await server.last.grant();
  const { properties } = await server.last.expect('publish');
  server.last.send(publish(properties.responseTopic!, 'x'));
  mock.timers.tick(100);
  await assert.rejects(request, { code: 'TIMED_OUT', message: /No response to ask within 100 ms/ });
});

test('a response that may take for ever is waited for; a timeout that is none is refused', async () => {
  const client = await server.client({ keepAlive: 0 });
  const request = client.request('ask', '', { timeout: Infinity });
  await server.last.grant();
  const asked = await server.last.expect('publish');
  mock.timers.tick(2 ** 31 - 2);
  respond(asked, 'at last');
  assert.equal((await request).text(), 'at last');
  await assert.rejects(client.request('ask', '', { timeout: Number.NaN }), { code: 'INVALID' });
});

test('given up', async () => {
  const client = await server.client();
  const gone = new AbortController();
  const request = client.request('ask', '', { signal: gone.signal });
  gone.abort();
  await assert.rejects(request, { code: 'ABORTED' });
  await assert.rejects(client.request('ask', '', { signal: gone.signal }), { code: 'ABORTED' });
});

test('a refused subscription is tried again with the next request, and so is one that was ended', async () => {
  const client = await server.client();
  const refused = client.request('ask');
  await server.last.grant([0x87]);
  await assert.rejects(refused, { code: 'REFUSED' });
  const first = client.request('ask');
  await server.last.grant();
  respond(await server.last.expect('publish'), 'yes');
  await first;
  server.last.breaks();
  mock.timers.tick(500);
  await server.last.accept();
  await server.last.grant([0x87]);
  await turn();
  const second = client.request('ask');
  await server.last.grant();
  respond(await server.last.expect('publish'), 'yes');
  await second;
});

test('a refused PUBLISH is the failure of the request', async () => {
  const client = await server.client();
  const request = client.request('ask', '', { qos: 1 });
  await server.last.grant();
  const { packetId } = await server.last.expect('publish');
  server.last.acknowledge('puback', packetId, 0x87);
  await assert.rejects(request, { code: 'REFUSED', reasonCode: 0x87 });
  await assert.rejects(client.request('ask/#'), { code: 'INVALID' });
});

test('what nobody waits for any more is not sent later', async () => {
  const client = await server.client();
  const first = client.request('ask', 'first');
  await server.last.grant();
  respond(await server.last.expect('publish'), 'yes');
  await first;
  server.last.breaks();
  const late = client.request('ask', 'late', { qos: 1, timeout: 100 });
  mock.timers.tick(100);
  await assert.rejects(late, { code: 'TIMED_OUT' });
  assert.equal(client.unfinished, 0);
});

test('not before MQTT 5.0', async () => {
  const client = await server.client({ version: 4 });
  await assert.rejects(client.request('ask'), { code: 'INVALID' });
});
