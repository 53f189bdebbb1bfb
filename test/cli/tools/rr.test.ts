/** `rr` toward its broker: the request, and what becomes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PROPERTIES } from '../../../src/protocol/properties.ts';
import { FakeBroker, message } from './fake-broker.ts';
import type { Answer } from './fake-broker.ts';
import { runOurs } from './tool-run.ts';
import type { Outcome, RunOptions } from './tool-run.ts';

/** Answers each request on its response topic. */
const answering: Answer = (packet, line) => {
  if (packet.type !== 'publish') return false;
  line.send(message(packet.properties.responseTopic ?? 'response', `re: ${packet.payload.toString()}`));
  return false;
};

/** Asks; if that goes well, waits until the broker has read it all. */
async function rr(broker: FakeBroker, call: string, options: RunOptions = {}): Promise<Outcome> {
  const outcome = await runOurs('mosquitto_rr', [...broker.address, ...call.split(' ')], options);
  if (outcome.code === 0) await broker.until('disconnect');
  return outcome;
}

test('it subscribes, asks with a response topic, prints the first answer, says goodbye', async () => {
  await using broker = await FakeBroker.start(answering);
  const { code, stdout } = await rr(broker, '-t ask -e answer/1 -m x -v -q 1 -D publish correlation-data id');
  assert.equal(code, 0);
  assert.match(stdout.toString(), /^answer\/1 re: /);
  assert.deepEqual(
    broker.received.map(({ type }) => type).filter((type) => type !== 'puback'),
    ['connect', 'subscribe', 'publish', 'disconnect'],
  );
  const [request] = broker.of('publish');
  assert.deepEqual(Object.keys(request?.properties ?? {}), ['correlationData', 'responseTopic']);
  assert.equal(broker.of('subscribe')[0]?.subscriptions[0]?.qos, 1);
});

test('before 5.0 there are no properties', async () => {
  await using broker = await FakeBroker.start(answering);
  const { stdout } = await rr(broker, '-t ask -e response -s -V 311', { stdin: 'all of it' });
  assert.equal(stdout.length > 0, true);
  assert.deepEqual(broker.of('publish')[0]?.properties, {});
  assert.equal(Buffer.from(broker.of('publish')[0]?.payload ?? []).toString(), 'all of it');
});

test('--latency says how long it took', async () => {
  await using broker = await FakeBroker.start(answering);
  const { stdout } = await rr(broker, '-t ask -e a -n --latency');
  assert.match(stdout.toString(), /\nLatency: (?:\d+ns|\d+\.\d{6}[µm]s|\d+\.\d{9})\n$/);
});

test('-R does not take a retained message for the answer', async () => {
  await using broker = await FakeBroker.start((packet, line) => {
    if (packet.type === 'publish') line.send(message('a', 'old', { retain: true }), message('a', 'new'));
    return false;
  });
  assert.equal((await rr(broker, '-t ask -e a -n -R')).stdout.toString(), 'new\n');
});

test('nobody may subscribe: nothing is asked, and it does not wait for ever', async () => {
  await using broker = await FakeBroker.start((packet, line) => {
    if (packet.type !== 'subscribe') return false;
    line.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0x87], properties: NO_PROPERTIES });
    return true;
  });
  const { code, stderr } = await rr(broker, '-t ask -e a -m x');
  assert.deepEqual([code, stderr], [0x87, 'All subscription requests were denied.\n']);
  assert.equal(broker.of('publish').length, 0);
});

test('a lost connection', async () => {
  await using broker = await FakeBroker.start((packet, line) => {
    if (packet.type === 'publish') line.socket.destroy();
    return packet.type === 'publish';
  });
  const { code, stderr } = await rr(broker, '-t ask -e a -m x');
  assert.deepEqual([code, stderr], [7, 'Error: The connection was lost.\n']);
});

test('no answer in time', async () => {
  await using broker = await FakeBroker.start();
  const { code, stderr } = await rr(broker, '-t ask -e a -m x -W 1');
  assert.deepEqual([code, stderr], [27, 'Timed out\n']);
});
