/** The client against broker processes: Zanzara, and Debian's mosquitto; all ways to reach them, all versions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import type { Client, ConnectOptions, Message } from '../../src/client/index.ts';
import type { QoS } from '../../src/protocol/packet.ts';
import { freePort, Scratch, startBroker, zanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { BROKER, isInstalled } from '../interop/mosquitto.ts';
import { Authority } from '../tls/authority.ts';
import type { KeyPair } from '../tls/authority.ts';

const IN_CI = process.env['CI'] === 'true';
const KEY = '00112233445566778899aabbccddeeff';

/** A broker with a listener of each kind. */
class Site implements AsyncDisposable {
  readonly scratch: Scratch = new Scratch();
  readonly root: Authority = Authority.root(this.scratch);
  readonly server: KeyPair = this.root.server();
  readonly client: KeyPair = this.root.issue('client');
  readonly path: string = this.scratch.at('broker.sock');
  ports: Record<'tls' | 'mtls' | 'psk' | 'ws' | 'wss', number> = { tls: 0, mtls: 0, psk: 0, ws: 0, wss: 0 };
  #running: Running | undefined;

  async open(command: (file: string) => readonly string[]): Promise<this> {
    for (const name of Object.keys(this.ports) as (keyof typeof this.ports)[])
      this.ports[name] = await freePort();
    const certificates = `certfile ${this.server.certificate}\nkeyfile ${this.server.key}\n`;
    const { ports } = this;
    const keys = this.scratch.file('keys', `me:${KEY}\n`);
    this.#running = await startBroker(
      command,
      [
        'user root',
        'persistence false',
        `psk_file ${keys}`,
        `listener ${ports.tls} 127.0.0.1\n${certificates}`,
        `listener ${ports.mtls} 127.0.0.1\n${certificates}cafile ${this.root.certificate}\nrequire_certificate true`,
        `listener ${ports.psk} 127.0.0.1\npsk_hint hint`,
        `listener ${ports.ws} 127.0.0.1\nprotocol websockets`,
        `listener ${ports.wss} 127.0.0.1\nprotocol websockets\n${certificates}`,
        `listener 0 ${this.path}`,
      ].join('\n'),
    );
    await this.#running.program.until(/ running\n/); // all listeners are open
    return this;
  }

  /** How to reach it, by name. */
  get ways(): Readonly<Record<string, readonly [url: string, options?: ConnectOptions]>> {
    const { ports } = this;
    const ca = readFileSync(this.root.certificate);
    const own = { cert: readFileSync(this.client.certificate), key: readFileSync(this.client.key) };
    return {
      TCP: [`mqtt://127.0.0.1:${this.#running!.port}`],
      TLS: [`mqtts://localhost:${ports.tls}`, { tls: { ca } }],
      'TLS with a client certificate': [`mqtts://127.0.0.1:${ports.mtls}`, { tls: { ca, ...own } }],
      'TLS with a pre-shared key': [`mqtts://127.0.0.1:${ports.psk}`, { psk: { identity: 'me', key: KEY } }],
      WebSocket: [`ws://127.0.0.1:${ports.ws}/mqtt`],
      'WebSocket with TLS': [`wss://localhost:${ports.wss}`, { tls: { ca } }],
      'a Unix socket': [`mqtt+unix://${this.path}`],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.scratch[Symbol.dispose]();
  }
}

const essence = (message: Message): string =>
  `${message.topic} ${message.text()} q${message.qos} r${message.retain}`;

/** So many messages, as text. */
async function take(messages: AsyncIterator<Message, undefined>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) taken.push(essence((await messages.next()).value!));
  return taken;
}

/** Every QoS goes out and comes back. */
async function talk(client: Client, topic: string): Promise<void> {
  await using subscription = await client.subscribe(`${topic}/#`, { qos: 2 });
  const texts = ['0', '1', '2', 'x'.repeat(100_000)];
  const published = texts.map((text, at) => client.publish(`${topic}/a`, text, { qos: (at % 3) as QoS }));
  const expected = texts.map((text, at) => `${topic}/a ${text} q${at % 3} rfalse`);
  const received = await take(subscription, 4);
  // mosquitto hands on QoS 2 when it is released: later than what was sent after it
  assert.deepEqual(received.toSorted(), expected.toSorted());
  await Promise.all(published);
}

const BROKERS = {
  Zanzara: (file: string) => zanzara('-c', file),
  "Debian's mosquitto": (file: string) => [BROKER ?? 'mosquitto', '-c', file],
} as const;

const WAYS = Object.keys({
  TCP: 0,
  TLS: 0,
  'TLS with a client certificate': 0,
  'TLS with a pre-shared key': 0,
  WebSocket: 0,
  'WebSocket with TLS': 0,
  'a Unix socket': 0,
});

for (const [name, command] of Object.entries(BROKERS)) {
  const skip = name === 'Zanzara' || isInstalled || IN_CI ? false : 'mosquitto is not installed';
  describe(name, { skip, concurrency: 2 }, () => {
    let site: Site;
    before(async () => void (site = await new Site().open(command)));
    after(() => site[Symbol.asyncDispose]());

    for (const way of WAYS)
      test(way, async () => {
        const [url, options] = site.ways[way]!;
        await using client = await connect(url, options);
        await talk(client, way);
        assert.equal(client.unfinished, 0);
      });

    for (const version of [3, 4, 5] as const)
      test(`version ${version}: retained messages, sessions and wills`, async () => {
        const [url] = site.ways['TCP']!;
        const topic = `versions/${version}`;
        await using sender = await connect(url, { version });
        await sender.publish(`${topic}/retained`, 'old', { qos: 1, retain: true });

        const lasting: ConnectOptions = {
          version,
          clientId: `lasting-${version}`,
          cleanStart: false,
          ...(version === 5 && { properties: { sessionExpiryInterval: 100 } }),
        };
        const first = await connect(url, lasting);
        const early = await first.subscribe(`${topic}/#`, { qos: 2 });
        assert.deepEqual(await take(early, 1), [`${topic}/retained old q1 rtrue`]);
        await first.close();
        for (const qos of [1, 2] as const) await sender.publish(`${topic}/queued`, `${qos}`, { qos });

        const messages: Message[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const second = await connect(url, { ...lasting, startOffline: true });
        second.on('message', (message) => {
          if (messages.push(message) === 2) resolve();
        });
        await promise;
        assert.deepEqual(messages.map(essence).toSorted(), [
          `${topic}/queued 1 q1 rfalse`,
          `${topic}/queued 2 q2 rfalse`,
        ]);
        await second.close();

        const will = { topic: `${topic}/will`, payload: 'gone', qos: 1 } as const;
        await using heir = await sender.subscribe(`${topic}/will`, { qos: 1 });
        const dying = await connect(url, { version, will, reconnect: false });
        const other = await connect(url, { version, clientId: dying.clientId || `dying-${version}` });
        if (dying.clientId === '') await dying.close();
        else assert.deepEqual(await take(heir, 1), [`${topic}/will gone q1 rfalse`]);
        await other.close();
      });

    test('requests have responses', async () => {
      const [url] = site.ways['TCP']!;
      await using responder = await connect(url);
      await responder.subscribe('add', async (message) => {
        const { responseTopic, correlationData } = message.properties;
        const [a, b] = message.json() as [number, number];
        await responder.publish(responseTopic!, `${a + b}`, {
          properties: { correlationData: correlationData! },
        });
      });
      await using asker = await connect(url);
      const sums = await Promise.all([1, 2, 3].map((a) => asker.request('add', JSON.stringify([a, 10]))));
      assert.deepEqual(
        sums.map((message) => message.json()),
        [11, 12, 13],
      );
      await assert.rejects(asker.request('nobody', '', { timeout: 50 }), { code: 'TIMED_OUT' });
    });

    test('a certificate of somebody else, no certificate, and a wrong key are refused', async () => {
      const [tls] = site.ways['TLS']!;
      const [mtls, { tls: own } = {}] = site.ways['TLS with a client certificate']!;
      const [psk] = site.ways['TLS with a pre-shared key']!;
      await assert.rejects(connect(tls), { code: 'CONNECTION_LOST', message: /certificate/ });
      await assert.rejects(connect(mtls, { tls: { ca: own!.ca! } }), { code: 'CONNECTION_LOST' });
      await assert.rejects(connect(psk, { psk: { identity: 'me', key: '00' } }), { code: 'CONNECTION_LOST' });
    });

    test('a loop that awaits what it passes on, and is fed faster than that', async () => {
      const [url] = site.ways['TCP']!;
      await using sender = await connect(url, { queue: 0 });
      await using passer = await connect(url);
      const subscription = await passer.subscribe('fed', { buffer: 10 });
      const fed = Promise.all(
        Array.from({ length: 1000 }, (_, at) => sender.publish('fed', `${at}`, { qos: 1 })),
      );
      let at = 0;
      for await (const message of subscription) {
        assert.equal(message.text(), `${at}`);
        await passer.publish('passed/on', message.payload, { qos: 1 });
        if (++at === 1000) break;
      }
      await fed;
    });

    test('20,000 messages at QoS 1 and a reader that takes its time', async () => {
      const [url] = site.ways['TCP']!;
      await using sender = await connect(url, { inflight: 500, queue: 0 });
      await using reader = await connect(url);
      await using subscription = await reader.subscribe('many', { buffer: 10, qos: 0 });
      const done = Promise.all(
        Array.from({ length: 20_000 }, (_, at) => sender.publish('many', `${at}`, { qos: 1 })),
      );
      for (let at = 0; at < 100; at++) {
        const { value } = await subscription.next();
        assert.equal(value?.text(), `${at}`);
        if (at % 10 === 0)
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
      }
      await done;
    });
  });
}
