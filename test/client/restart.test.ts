/** The client when its broker is killed, or stopped, and comes back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import type { Client, ClientEvent } from '../../src/client/index.ts';
import type { QoS } from '../../src/protocol/packet.ts';
import { freePort, Program, Scratch, zanzara } from '../cli/program.ts';
import { BROKER, isInstalled } from '../interop/mosquitto.ts';

const IN_CI = process.env['CI'] === 'true';

/** A broker that can be started again in its place. */
class Phoenix implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #command: readonly string[];
  readonly port: number;
  #program: Program | undefined;

  private constructor(scratch: Scratch, command: readonly string[], port: number) {
    this.#scratch = scratch;
    this.#command = command;
    this.port = port;
  }

  static async open(command: (file: string) => readonly string[], config: string): Promise<Phoenix> {
    const scratch = new Scratch();
    const port = await freePort();
    const place = `persistence_location ${scratch.path}/\n`;
    const file = scratch.file(
      'broker.conf',
      `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\n${place}${config}\n`,
    );
    const phoenix = new Phoenix(scratch, command(file), port);
    try {
      await phoenix.rise();
    } catch (error) {
      await phoenix[Symbol.asyncDispose](); // else a broker that came too late would keep this process
      throw error;
    }
    return phoenix;
  }

  async rise(): Promise<void> {
    this.#program = new Program(this.#command);
    await this.#program.listens(this.port);
  }

  async fall(signal: NodeJS.Signals): Promise<void> {
    await this.#program?.stop(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.stop('SIGKILL');
    this.#scratch[Symbol.dispose]();
  }
}

const next = (client: Client, event: ClientEvent): Promise<unknown> =>
  new Promise((resolve) => {
    const forget = client.on(event, (what) => {
      forget();
      resolve(what);
    });
  });

/** What was published at a QoS. */
const expected = (qos: number): string[] => Array.from({ length: 1000 }, (_, at) => `${at * 2 + qos - 1}`);

const inOrder = (list: readonly string[]): string[] => list.toSorted((a, b) => Number(a) - Number(b));

/**
 * A window that holds all there is. Of the messages that wait for PUBCOMP when mosquitto 2.0 stops, it sends those beyond
 * its window again after a restart, with PUBLISH where PUBREL is due: they come twice, to any client. (Without a window,
 * all of them.)
 */
const WIDE = 'max_inflight_messages 2000';

const BACKOFF = { minimum: 20, maximum: 100 };

describe('Zanzara is killed', () => {
  test('subscriptions come back, and what was published meanwhile arrives', async () => {
    await using broker = await Phoenix.open((file) => zanzara('-c', file), 'persistence false');
    const url = `mqtt://127.0.0.1:${broker.port}`;
    await using client = await connect(url, { reconnect: BACKOFF });
    const texts: string[] = [];
    const { promise: lastCame, resolve: onLast } = Promise.withResolvers<void>();
    await client.subscribe('t/#', { qos: 1 }, (message) => {
      texts.push(message.text());
      if (message.text() === 'last') onLast();
    });
    const published: Promise<unknown>[] = [];
    for (let round = 0; round < 3; round++) {
      published.push(client.publish('t/x', `before ${round}`, { qos: 1 }));
      const gone = next(client, 'disconnected');
      await broker.fall('SIGKILL');
      await gone;
      assert.equal(client.connected, false);
      published.push(
        client.publish('t/x', `while ${round}`, { qos: 1 }),
        client.publish('t/x', `zero ${round}`),
      );
      const back = next(client, 'connected');
      await broker.rise();
      await back;
      await Promise.all(published);
      await client.publish('t/x', `after ${round}`, { qos: 1 });
    }
    await client.publish('t/x', 'last', { qos: 1 });
    await lastCame;
    for (const round of [0, 1, 2])
      for (const text of [`while ${round}`, `zero ${round}`]) assert.ok(texts.includes(text), text);
  });
});

describe("Debian's mosquitto is stopped", { skip: isInstalled || IN_CI ? false : 'not installed' }, () => {
  for (const version of [4, 5] as const)
    test(`version ${version}: its sessions are resumed, and QoS 2 comes once`, async () => {
      await using broker = await Phoenix.open(
        (file) => [BROKER ?? 'mosquitto', '-c', file],
        `persistence true\nautosave_interval 0\n${WIDE}`,
      );
      const url = `mqtt://127.0.0.1:${broker.port}`;
      const lasting = {
        version,
        cleanStart: false,
        reconnect: BACKOFF,
        ...(version === 5 && { properties: { sessionExpiryInterval: 1000 } }),
      };
      await using sender = await connect(url, { ...lasting, clientId: 'sender', queue: 0, inflight: 7 });
      await using reader = await connect(url, { ...lasting, clientId: 'reader' });
      const texts: Record<number, string[]> = { 1: [], 2: [] };
      await reader.subscribe('t', { qos: 2 }, (message) => void texts[message.qos]?.push(message.text()));
      const published: Promise<unknown>[] = [];
      for (let at = 0; at < 2000; at++) {
        published.push(sender.publish('t', `${at}`, { qos: (1 + (at % 2)) as QoS }));
        if (at % 700 !== 350) continue;
        await published[at - 100];
        const gone = next(sender, 'disconnected');
        await broker.fall('SIGTERM');
        await gone;
        const back = next(sender, 'connected');
        await broker.rise();
        assert.partialDeepStrictEqual(await back, { sessionPresent: true });
      }
      await Promise.all(published);
      for (const [qos, limit] of [
        [2, 25_000],
        [1, 25_000],
      ] as const)
        for (let waited = 0; waited < limit && new Set(texts[qos]).size < 1000; waited += 10)
          await new Promise((resolve) => {
            setTimeout(resolve, 10);
          });
      // in which order mosquitto sends what it had stored is its own affair
      assert.deepEqual(inOrder(texts[2]!), expected(2));
      assert.deepEqual(inOrder([...new Set(texts[1])]), expected(1));
    });
});
