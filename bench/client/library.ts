/** The client libraries that are compared, behind the few calls that the benchmark makes of each. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import mqttjs from 'mqtt';
import { connect } from '../../src/client/index.ts';

export type QoS = 0 | 1;

/** A client that is connected. */
export interface BenchedClient {
  /** As the library has it for `await`. */
  publish(topic: string, payload: Uint8Array, qos: QoS): Promise<unknown>;
  /** Resolves when the subscription is granted; `received` is called with each message. */
  subscribe(topic: string, qos: QoS, received: () => void): Promise<void>;
}

export interface Library {
  readonly about: string;
  connect(port: number): Promise<BenchedClient>;
}

async function zanzara(port: number, isStream: boolean): Promise<BenchedClient> {
  const client = await connect(`mqtt://127.0.0.1:${port}`);
  return {
    publish: (topic, payload, qos) => client.publish(topic, payload, { qos }),
    subscribe: async (topic, qos, received) => {
      if (!isStream) await client.subscribe(topic, { qos }, received);
      else void count(await client.subscribe(topic, { qos }), received);
    },
  };
}

async function count(messages: AsyncIterable<unknown>, received: () => void): Promise<void> {
  for await (const message of messages) if (message !== undefined) received();
}

async function mqttJs(port: number): Promise<BenchedClient> {
  const client = await mqttjs.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  return {
    publish: (topic, payload, qos) => client.publishAsync(topic, Buffer.from(payload.buffer), { qos }),
    subscribe: async (topic, qos, received) => {
      client.on('message', received);
      await client.subscribeAsync(topic, { qos });
    },
  };
}

/** The yardstick first. */
export const LIBRARIES: Readonly<Record<string, Library>> = {
  'MQTT.js': { about: `mqtt ${versionOf('mqtt')}, its promises and its event`, connect: mqttJs },
  zanzara: { about: 'zanzara/client, with a handler', connect: (port) => zanzara(port, false) },
  'zanzara, for await': {
    about: 'zanzara/client, with a stream of messages',
    connect: (port) => zanzara(port, true),
  },
};

function versionOf(name: string): string {
  const url = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}

/** Bytes of the bundles for browsers, minified and compressed by gzip. */
export async function bundleBytes(): Promise<Readonly<Record<'MQTT.js' | 'zanzara', number>>> {
  const theirs = readFileSync(new URL('../../node_modules/mqtt/dist/mqtt.min.js', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [new URL('../../src/client/index.browser.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    write: false,
  });
  return { 'MQTT.js': gzipped(theirs), zanzara: gzipped(outputFiles[0]!.contents) };
}

function gzipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}
