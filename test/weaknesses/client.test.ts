/** The client library, and a server that means it harm. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from '../../src/client/client.ts';
import type { Channel, ChannelOwner } from '../../src/client/channel.ts';
import { encode } from '../../src/protocol/encode.ts';
import { Decoder } from '../../src/protocol/decoder.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';
import { runs } from '../runs.ts';
import { stream } from '../vectors/arbitrary.ts';
import { BAD_VECTORS, bytes } from '../vectors/index.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** A server that lets a client in, and then answers as a test says. */
class Hostile implements Channel {
  readonly unsentBytes = 0;
  readonly #owner: ChannelOwner;
  readonly #decoder: Decoder;
  readonly #answer: (packet: Packet) => Uint8Array | undefined;
  #open = true;

  constructor(owner: ChannelOwner, answer: (packet: Packet) => Uint8Array | undefined) {
    this.#owner = owner;
    this.#answer = answer;
    this.#decoder = new Decoder({ sender: 'client', maxPacketSize: 2 ** 28 });
    queueMicrotask(() => owner.opened());
  }

  write(sent: Uint8Array): void {
    this.#decoder.push(Uint8Array.from(sent));
    for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
      const answer = this.#answer(packet);
      if (answer !== undefined) this.say(answer);
    }
  }

  /** Sends bytes, when the client has done what it is doing. */
  say(answer: Uint8Array): void {
    queueMicrotask(() => {
      if (this.#open) this.#owner.received(Uint8Array.from(answer));
    });
  }

  pause(): void {
    // what is on its way still comes
  }

  resume(): void {
    // it never stopped
  }

  close(): void {
    this.destroy();
  }

  destroy(): void {
    if (!this.#open) return;
    this.#open = false;
    queueMicrotask(() => this.#owner.closed());
  }
}

const WELCOME: Packet = { type: 'connack', sessionPresent: false, reasonCode: 0, properties: NO_PROPERTIES };

/** A client with a subscription and messages under way, and the server it is connected to. */
async function visit(
  version: ProtocolVersion,
  answer: (packet: Packet) => Uint8Array | undefined = () => undefined,
): Promise<{ client: Client; server: Hostile; outcomes: Promise<unknown>[] }> {
  let server: Hostile | undefined;
  const client = new Client(
    (owner) => {
      server = new Hostile(owner, (packet) =>
        packet.type === 'connect' ? encode(WELCOME, version) : answer(packet),
      );
      return server;
    },
    { version, clientId: 'c', reconnect: false },
  );
  await client.start();
  const outcomes: Promise<unknown>[] = [
    client.subscribe(['a', 'b/#'], () => undefined),
    client.publish('t', 'x', { qos: 1 }),
    client.publish('t', 'y', { qos: 2 }),
  ].map((promise) => promise.catch((error: unknown) => error));
  return { client, server: server!, outcomes };
}

/** Bytes that no server may send, by what is wrong with them. */
const LIES: readonly (readonly [what: string, hex: string])[] = [
  ['a SUBACK without reason codes', '90 02 00 01'],
  ['a SUBACK without anything', '90 00'],
  ['a SUBACK of half an identifier', '90 01 00'],
  ['a SUBACK with too few reason codes', '90 03 00 01 00'],
  ['a SUBACK with too many reason codes', '90 07 00 01 00 00 00 00 00'],
  ['a SUBACK that nobody waits for', '90 04 77 77 00 00'],
  ['a SUBACK with a QoS of 3', '90 04 00 01 03 03'],
  ['an UNSUBACK that nobody waits for', 'b0 02 77 77'],
  ['an UNSUBACK without an identifier', 'b0 00'],
  ['a PUBACK without an identifier', '40 00'],
  ['a PUBACK that nobody waits for', '40 02 77 77'],
  ['a PUBACK for a message of QoS 2', '40 02 00 03'],
  ['a PUBREC for a message of QoS 1', '50 02 00 02'],
  ['a PUBCOMP before its PUBREC', '70 02 00 03'],
  ['a PUBREL that nobody waits for', '62 02 77 77'],
  ['a PUBLISH of QoS 3', '36 05 00 01 61 00 01'],
  ['a PUBLISH with an empty topic', '30 02 00 00'],
  ['a PUBLISH with a wildcard', '30 03 00 01 23'],
  ['a PUBLISH with a topic that is no UTF-8', '30 04 00 02 c3 28'],
  ['a PUBLISH with the identifier 0', '32 05 00 01 61 00 00'],
  ['a second CONNACK', '20 02 00 00'],
  ['a PINGRESP that nobody waits for', 'd0 00'],
  ['a CONNECT', '10 0c 00 04 4d 51 54 54 04 02 00 00 00 00'],
  ['a SUBSCRIBE', '82 06 00 01 00 01 61 00'],
  ['a packet of type 0', '00 00'],
  ['an AUTH', 'f0 00'],
  ['a remaining length of five bytes', '30 ff ff ff ff 01'],
  ['a packet of 256 MB', '30 ff ff ff 7f'],
];

describe('a hostile server', () => {
  for (const [what, hex] of LIES) {
    test(`${what} throws nowhere, and everybody who waits is told`, async () => {
      for (const version of VERSIONS) {
        const { client, server, outcomes } = await visit(version);
        server.say(bytes(hex));
        await turn();
        await client.close({ drain: 0 });
        for (const outcome of await Promise.all(outcomes)) assert.ok(outcome !== undefined);
        assert.equal(client.connected, false);
      }
    });
  }

  test('a SUBACK without reason codes is no subscription', async () => {
    for (const version of VERSIONS) {
      const { client, outcomes } = await visit(version, (packet) =>
        packet.type === 'subscribe' ? bytes(version === 5 ? '90 03 00 01 00' : '90 02 00 01') : undefined,
      );
      const subscribed = await outcomes[0];
      assert.ok(subscribed instanceof Error, `version ${version}: ${String(subscribed)}`);
      await client.close({ drain: 0 });
      await Promise.all(outcomes);
    }
  });

  test('any packets, whole and damaged, in any order, are survived', async () => {
    const attack = fc.constantFrom(...VERSIONS).chain((version) =>
      fc.record({
        version: fc.constant(version),
        packets: stream('server', version),
        flips: fc.array(fc.record({ at: fc.nat(500), mask: fc.nat(255) }), { maxLength: 3 }),
        tail: fc.option(fc.nat(BAD_VECTORS.length - 1)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(attack, async ({ version, packets, flips, tail }) => {
        const { client, server, outcomes } = await visit(version);
        const end = tail === null ? [] : [bytes(BAD_VECTORS[tail]!.hex)];
        const said = Buffer.concat([...packets.map((packet) => encode(packet, version)), ...end]);
        for (const { at, mask } of flips) if (at < said.length) said[at] = said[at]! ^ mask;
        server.say(said);
        await turn();
        await client.close({ drain: 0 });
        await Promise.all(outcomes);
        assert.equal(client.connected, false);
      }),
      runs('hostile server', 300),
    );
  });

  test('a packet that is announced and never comes is not waited for with memory', async () => {
    const { client, server, outcomes } = await visit(4);
    server.say(bytes('30 ff ff ff 7f')); // 256 MB, over the client's maximum
    await turn();
    assert.equal(client.connected, false);
    await client.close({ drain: 0 });
    await Promise.all(outcomes);
  });
});
