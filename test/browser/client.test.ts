/** `zanzara/client` in a browser: what a bundle is made of, how large it is, and that it works in Chromium. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import type * as Zanzara from '../../src/client/index.browser.ts';
import { freePort, Program, Scratch, zanzara } from '../cli/program.ts';
import { bundle } from './bundle.ts';
import type { Bundle } from './bundle.ts';
import { openChromium, skip } from './chromium.ts';

/** What the bundle leaves in the page. */
declare const mqtt: typeof Zanzara;

let ours: Bundle;
before(async () => void (ours = await bundle('./src/client/index.browser.ts', 'mqtt')));

test('the bundle is made of our own files only, and needs nothing of Node', () => {
  assert.deepEqual(ours.missing, []);
  assert.deepEqual(
    ours.files.filter((file) => !/^src\/(?:client|flow|topic|protocol|base)\//.test(file)),
    [],
  );
  assert.deepEqual(
    ours.files.filter((file) => /(?:open|socket-channel|websocket-channel|outbox)\.ts$/.test(file)),
    [],
  );
  assert.doesNotMatch(ours.code, /\bnode:|\brequire\(|\bprocess\b/);
});

test('the package gives browsers that file, and Node the other', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, object>;
  };
  const [[condition, files] = []] = Object.entries(exports['./client']!) as [string, unknown][];
  assert.equal(condition, 'browser', 'the first condition that holds is taken');
  assert.partialDeepStrictEqual(files, { default: './dist/client/index.browser.js' });
});

test('it is at most a third as large as that of MQTT.js', () => {
  const theirs = gzipSync(readFileSync('node_modules/mqtt/dist/mqtt.min.js'), { level: 9 }).length;
  assert.ok(ours.gzipped * 3 <= theirs, `${ours.gzipped} bytes, MQTT.js ${theirs}`);
});

describe('in Chromium', { skip }, () => {
  let browser: Browser;
  let pages: Server;
  let page: Page;
  let scratch: Scratch;
  let command: readonly string[];
  let broker: Program;
  let port: number;
  let url: string;

  before(async () => {
    scratch = new Scratch();
    port = await freePort();
    url = `ws://127.0.0.1:${port}/mqtt`;
    const passwords = scratch.file('passwords', '');
    const config = `listener ${port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\npassword_file ${passwords}\n`;
    command = zanzara('-c', scratch.file('broker.conf', config));
    broker = new Program(command);
    pages = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>client</title>');
    });
    await new Promise<void>((resolve) => {
      pages.listen(0, '127.0.0.1', resolve);
    });
    [browser] = await Promise.all([openChromium(), broker.listens(port)]);
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
    await page.addScriptTag({ content: ours.code });
  });

  after(async () => {
    await browser?.close();
    pages?.close();
    await broker?.stop('SIGKILL');
    scratch?.[Symbol.dispose]();
  });

  test('there is nothing of Node in the page', async () => {
    assert.deepEqual(
      await page.evaluate(() => ['Buffer', 'process', 'setImmediate'].filter((name) => name in globalThis)),
      [],
    );
  });

  for (const version of [3, 4, 5] as const)
    test(`version ${version}: every QoS, text and bytes, small and large`, async () => {
      const received = await page.evaluate(
        async ({ url: server, version: spoken }) => {
          const client = await mqtt.connect(server, { version: spoken });
          const subscription = await client.subscribe(`v${spoken}/#`, { qos: 2 });
          const payloads = ['text ä漢🎈', new Uint8Array(300_000).fill(7), '', 'x'.repeat(100)];
          const published = payloads.map((payload, at) =>
            client.publish(`v${spoken}/漢`, payload, { qos: (at % 3) as 0 | 1 | 2 }),
          );
          const told: string[] = [];
          for await (const message of subscription) {
            const { topic, qos, payload } = message;
            told.push(
              `${topic} q${qos} ${payload.length} ${payload.length < 20 ? message.text() : payload[99_999 % payload.length]}`,
            );
            if (told.length === payloads.length) break;
          }
          await Promise.all(published);
          await client.close();
          return told;
        },
        { url, version },
      );
      // QoS 2 arrives when it is released
      assert.deepEqual(received.toSorted(), [
        `v${version}/漢 q0 100 120`,
        `v${version}/漢 q0 ${Buffer.byteLength('text ä漢🎈')} text ä漢🎈`,
        `v${version}/漢 q1 300000 7`,
        `v${version}/漢 q2 0 `,
      ]);
    });

  test('requests, properties, wills, errors', async () => {
    const told = await page.evaluate(async (server) => {
      const will = { topic: 'will', payload: 'gone', properties: { contentType: 'text/plain' } };
      const one = await mqtt.connect(server, { will });
      const two = await mqtt.connect(server);
      await two.subscribe('double', (message) => {
        const { responseTopic, correlationData } = message.properties;
        void two.publish(responseTopic!, `${Number(message.text()) * 2}`, {
          properties: { correlationData: correlationData! },
        });
      });
      const wills = await two.subscribe('will');
      const answer = await one.request('double', '21');
      await one.close({ reasonCode: 4 });
      const { value } = await wills.next();
      const failures: string[] = [];
      for (const [what, options] of [
        [server, { username: 'nobody', password: 'wrong' }],
        ['mqtt://127.0.0.1', {}],
        ['ws://127.0.0.1:1/', {}],
        [server, { keepAlive: -1 }],
      ] as const)
        await mqtt.connect(what, options).catch((error: Zanzara.MqttError) => failures.push(error.code));
      await two.close();
      return [answer.text(), value?.text(), value?.properties.contentType, ...failures];
    }, url);
    assert.deepEqual(told, ['42', 'gone', 'text/plain', 'REFUSED', 'INVALID', 'CONNECTION_LOST', 'INVALID']);
  });

  test('it comes back when the broker does, and nothing is lost', async () => {
    await page.evaluate(async (server) => {
      const client = await mqtt.connect(server, { reconnect: { minimum: 20, maximum: 100 } });
      const texts: string[] = [];
      await client.subscribe('again', { qos: 1 }, (message) => void texts.push(message.text()));
      Object.assign(globalThis, { client, texts });
    }, url);
    await broker.stop('SIGKILL');
    await page.waitForFunction(() => !(globalThis as unknown as { client: Zanzara.Client }).client.connected);
    const published = page.evaluate(() =>
      (globalThis as unknown as { client: Zanzara.Client }).client.publish('again', 'meanwhile', { qos: 1 }),
    );
    broker = new Program(command);
    await broker.listens(port);
    await published;
    await page.waitForFunction(() =>
      (globalThis as unknown as { texts: string[] }).texts.includes('meanwhile'),
    );
    await page.evaluate(() => (globalThis as unknown as { client: Zanzara.Client }).client.close());
  });

  test('10,000 messages to a reader that is slow: none is lost', async () => {
    const count = await page.evaluate(async (server) => {
      const client = await mqtt.connect(server, { queue: 0, properties: { receiveMaximum: 50 } });
      const subscription = await client.subscribe('many', { qos: 1, buffer: 20 });
      const published = Array.from({ length: 10_000 }, (_, at) =>
        client.publish('many', `${at}`, { qos: 1 }),
      );
      let next = 0;
      for await (const message of subscription) {
        if (message.text() !== `${next}`) return `${message.text()} in the place of ${next}`;
        next++;
        if (next % 500 === 0)
          await new Promise((resolve) => {
            setTimeout(resolve, 1);
          });
        if (next === 10_000) break;
      }
      await Promise.all(published);
      await client.close();
      return next;
    }, url);
    assert.equal(count, 10_000);
  });
});
