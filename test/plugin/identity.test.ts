/** With plugins that change nothing the broker does what it does without any, packet for packet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AccessChain } from '../../src/access/chain.ts';
import type { Plugin } from '../../src/plugin/plugin.ts';
import type { Publish, QoS } from '../../src/protocol/packet.ts';
import type { Client } from '../broker/client.ts';
import { Rig } from '../broker/rig.ts';
import type { RigOptions } from '../broker/rig.ts';
import { runs } from '../runs.ts';
import { Stage } from './stage.ts';

const IDS = ['a', 'b', 'c'] as const;
const SETTINGS: RigOptions = { settings: { maxInflightMessages: 3, maxQueuedMessages: 4 }, log: false };
const ROOMY: RigOptions = { settings: { maxInflightMessages: 3 }, log: false };

/** A plugin that does all that plugins can do, and changes nothing. */
function idle(name: string, give: <T>(answer: T) => T | Promise<T>, isCopying: boolean): Plugin {
  return {
    name,
    authenticate: () => give('ignore'),
    exchange: () => undefined,
    mayPublish: () => give('allow'),
    maySubscribe: () => give('allow'),
    mayUnsubscribe: () => give('ignore'),
    mayReceive: () => 'allow',
    messageIn: (_, { publisher: _publisher, ...message }) => give(isCopying ? message : undefined),
    messageOut: (_, { publisher: _publisher, ...message }) => (isCopying ? message : 'allow'),
    subscribing: (_, request) => give(isCopying ? { ...request } : 'allow'),
    unsubscribing: (_, filter) => give(isCopying ? { filter } : undefined),
    connected: () => {},
    disconnected: async () => {},
    offline: () => {},
    subscribed: () => {},
    unsubscribed: async () => {},
    tick: () => {},
  };
}

const now = <T>(answer: T): T => answer;
const later = <T>(answer: T): Promise<T> => Promise.resolve(answer);

type Sent = { readonly topic: string; readonly qos: QoS; readonly retain: boolean; readonly expiry: number };

type Command =
  | { readonly do: 'connect'; readonly version: 4 | 5; readonly clean: boolean; readonly will: boolean }
  | { readonly do: 'subscribe'; readonly filters: readonly string[]; readonly qos: QoS; readonly id: number }
  | { readonly do: 'unsubscribe'; readonly filters: readonly string[] }
  | { readonly do: 'publish'; readonly sent: readonly Sent[]; readonly leaves: boolean }
  | { readonly do: 'wait' }
  | { readonly do: 'repeat' | 'cut' | 'leave' | 'read' | 'full' | 'drain' };

const topic = fc.constantFrom('t', 't/u', '$x', '$SYS/x', 'u');
const filter = fc.constantFrom('t', 't/#', '#', '+', '$share/g/t/#', 'bad/#/filter');
const qos = fc.constantFrom<QoS>(0, 1, 2);
const sent = fc.record({ topic, qos, retain: fc.boolean(), expiry: fc.constantFrom(0, 2) });

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    do: fc.constant('connect' as const),
    version: fc.constantFrom(4 as const, 5 as const),
    clean: fc.boolean(),
    will: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('subscribe' as const),
    filters: fc.array(filter, { minLength: 1, maxLength: 3 }),
    qos,
    id: fc.constantFrom(0, 5),
  }),
  fc.record({
    do: fc.constant('unsubscribe' as const),
    filters: fc.array(filter, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    do: fc.constant('publish' as const),
    sent: fc.array(sent, { minLength: 1, maxLength: 4 }),
    leaves: fc.boolean(),
  }),
  fc.constantFrom<Command>(
    ...(['repeat', 'cut', 'leave', 'read', 'full', 'drain', 'wait'] as const).map((what) => ({ do: what })),
  ),
);

const script = fc.array(fc.tuple(fc.constantFrom(0, 1, 2), command), { minLength: 5, maxLength: 40 });

/** Plays commands, and writes down every packet that every client gets. */
class Play {
  readonly transcript: string[] = [];
  readonly #rig: Rig;
  readonly #clients: (Client | undefined)[] = [undefined, undefined, undefined];
  #packetId = 0;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async play(commands: Commands): Promise<void> {
    for (const [who, one] of [...IDS.map((_, at) => [at, FIRST] as const), ...commands]) {
      this.#do(who, one);
      await this.#pump();
    }
    const { retained, sessions, subscriptionCount } = this.#rig.broker;
    this.transcript.push([retained.count, sessions.count, subscriptionCount].join());
  }

  /** The broker stops: what that leads to is written down as well. */
  async stop(): Promise<void> {
    await this.#rig.broker.publishWills();
    this.#rig.broker.stop();
    await this.#pump();
  }

  #do(who: number, one: Command): void {
    const client = this.#clients[who];
    if (one.do === 'connect') this.#connect(who, one);
    else if (one.do === 'wait') this.#rig.advance(3000);
    else if (client !== undefined && !client.closed) this.#doConnected(who, client, one);
  }

  #connect(who: number, { version, clean, will }: Extract<Command, { do: 'connect' }>): void {
    const client = this.#rig.open();
    this.#clients[who] = client;
    client.connect(IDS[who]!, {
      version,
      cleanStart: clean,
      ...(version === 5 && { expiry: clean ? 0 : 4, properties: { receiveMaximum: 2 } }),
      ...(will && { will: { topic: 't/u', payload: `will of ${IDS[who]}`, qos: 1 } }),
    });
  }

  #doConnected(who: number, client: Client, one: Exclude<Command, { do: 'connect' | 'wait' }>): void {
    switch (one.do) {
      case 'subscribe':
        if (one.id > 0) client.sendSubscribe(one.filters, one.qos, { identifier: one.id });
        else client.sendSubscribe(one.filters, one.qos);
        break;
      case 'unsubscribe':
        client.send({ type: 'unsubscribe', packetId: this.#nextId(), filters: one.filters, properties: {} });
        break;
      case 'publish':
        client.send(...one.sent.map((message) => this.#publish(client, message)));
        if (one.leaves) client.disconnect(4);
        break;
      case 'repeat': {
        const packet = this.#publish(client, { topic: 't', qos: 2, retain: false, expiry: 0 });
        client.send(packet, { ...packet, dup: true });
        break;
      }
      case 'cut':
        client.cut();
        break;
      case 'leave':
        client.disconnect();
        break;
      case 'full':
        client.wire.full = true;
        break;
      case 'drain':
        client.wire.drain();
        break;
      case 'read':
        this.#read(who, client, true);
        break;
    }
  }

  #publish(client: Client, { topic: to, qos: at, retain, expiry }: Sent): Publish {
    const packetId = at === 0 ? 0 : this.#nextId();
    const properties = expiry === 0 ? {} : { messageExpiryInterval: expiry };
    return { ...client.publishPacket(to, `m${this.#nextId()}`, { qos: at, retain, properties }), packetId };
  }

  #nextId(): number {
    return ++this.#packetId;
  }

  /** Lets all that is under way come to rest. */
  async #pump(): Promise<void> {
    for (let times = 0; times < 3; times++) {
      await this.#rig.settle();
      for (const [who, client] of this.#clients.entries())
        if (client !== undefined) this.#read(who, client, false);
    }
  }

  /** Writes down what has come, and goes on with the flows; what is received is acknowledged if it says so. */
  #read(who: number, client: Client, acknowledges: boolean): void {
    for (const packet of client.wire.packets.splice(0)) {
      this.transcript.push(`${IDS[who]} ${JSON.stringify(packet)}`);
      if (packet.type === 'pubrec' && packet.reasonCode < 0x80) client.ack('pubrel', packet.packetId);
      if (packet.type === 'pubrel') client.ack('pubcomp', packet.packetId);
      if (packet.type === 'publish' && packet.qos > 0) this.#unread[who]!.push(packet);
    }
    if (!acknowledges) return;
    for (const { qos: at, packetId } of this.#unread[who]!.splice(0))
      if (!client.closed) client.ack(at === 1 ? 'puback' : 'pubrec', packetId);
  }

  readonly #unread: Publish[][] = [[], [], []];
}

const FIRST: Command = { do: 'connect', version: 5, clean: false, will: false };

type Commands = readonly (readonly [number, Command])[];

async function playWith(plugins: readonly Plugin[], commands: Commands, settings = SETTINGS): Promise<Play> {
  const { rig } = await Stage.with(plugins, settings);
  return playOn(rig, commands);
}

async function playWithout(commands: Commands, settings = SETTINGS): Promise<Play> {
  const rig = new Rig(settings);
  rig.broker.access = new AccessChain([]);
  return playOn(rig, commands);
}

async function playOn(rig: Rig, commands: Commands): Promise<Play> {
  const play = new Play(rig);
  await play.play(commands);
  return play;
}

test('plugins that change nothing change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(script, async (commands) => {
      const plays = [
        await playWithout(commands),
        await playWith([idle('now', now, false)], commands),
        await playWith([idle('copies', now, true)], commands),
      ];
      for (const play of plays) await play.stop();
      const [expected, ...others] = plays.map(({ transcript }) => transcript);
      for (const transcript of others) assert.deepEqual(transcript, expected);
    }),
    runs('plugins that change nothing', 60),
  );
});

// Nobody waits for wills; and what publishers send on that were held back depends on who is still there
test('nor do those that take their time, but for wills and publishers that outrun everybody', async () => {
  const chain = [idle('later', later, true), idle('now', now, false), idle('later too', later, false)];
  await fc.assert(
    fc.asyncProperty(script, async (all) => {
      const commands = all.filter(([, one]) => one.do !== 'full' && (one.do !== 'connect' || !one.will));
      const expected = await playWithout(commands, ROOMY);
      const play = await playWith(chain, commands, ROOMY);
      assert.deepEqual(play.transcript, expected.transcript);
    }),
    runs('plugins that take their time', 60),
  );
});
