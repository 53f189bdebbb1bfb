/** `import { startBroker } from 'zanzara'`: a broker inside a program. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { ConfigError, startBroker } from '../../src/index.ts';
import type { BrokerOptions } from '../../src/index.ts';
import { freePort } from '../cli/program.ts';

test('a broker in the program serves clients, stops, and frees its port for the next', async () => {
  const port = await freePort();
  const config = `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n`;
  for (const round of ['first', 'second']) {
    const broker = await startBroker({ config });
    assert.deepEqual(broker.addresses, [{ host: '127.0.0.1', port }]);
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 });
    const events = client as unknown as EventEmitter; // MQTT.js types its events more narrowly than `once` asks
    await client.subscribeAsync('hello/#', { qos: 1 });
    const arrival = once(events, 'message');
    await client.publishAsync('hello/world', round, { qos: 1 });
    const [topic, payload] = await arrival;
    assert.deepEqual([topic, String(payload)], ['hello/world', round]);
    const closed = once(events, 'close');
    await broker.stop();
    await closed;
    await client.endAsync(true);
  }
});

test('a wrong configuration is told with line and advice', async () => {
  await assert.rejects(
    startBroker({ config: 'listener 1883\nmax_keepaliv 10\n' }),
    (error) =>
      error instanceof ConfigError &&
      error.diagnostics[0]?.line === 2 &&
      /Unknown configuration variable 'max_keepaliv'[\s\S]*max_keepalive/.test(error.message),
  );
});

test('a configuration of another kind starts nothing', async () => {
  for (const options of [
    { config: { listener: 1883 } },
    { configFile: 7 },
    { config: '', configFile: 'x' },
  ]) {
    await assert.rejects(startBroker(options as BrokerOptions), {
      name: 'TypeError',
      message: /config is the text of a mosquitto\.conf/,
    });
  }
});

test('an ability that is missing is named', async () => {
  await assert.rejects(startBroker({ config: 'listener 1883\nprotocol http_api\n' }), /HTTP API/);
});

test('a port that is taken rejects, and the program goes on', async () => {
  const port = await freePort();
  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  const config = `listener ${port} 127.0.0.1\nlog_dest none\n`;
  await assert.rejects(startBroker({ config }), /No listener could be opened/);
  taken.close();
});
