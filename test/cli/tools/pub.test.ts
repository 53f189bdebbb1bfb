/** `pub` toward its broker: what it sends, and when it ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_PROPERTIES } from '../../../src/protocol/properties.ts';
import type { Properties } from '../../../src/protocol/properties.ts';
import { Scratch } from '../program.ts';
import { FakeBroker, accepted } from './fake-broker.ts';
import type { Answer } from './fake-broker.ts';
import { runOurs } from './tool-run.ts';
import type { Outcome, RunOptions } from './tool-run.ts';

const text = ({ payload }: { readonly payload: Uint8Array }): string => Buffer.from(payload).toString();

/** Publishes; if that goes well, waits until the broker has read it all. */
async function pub(broker: FakeBroker, call: string, options: RunOptions = {}): Promise<Outcome> {
  const outcome = await runOurs('mosquitto_pub', [...broker.address, ...call.split(' ')], options);
  if (outcome.code === 0) await broker.until('disconnect');
  return outcome;
}

/** A broker that says so in its CONNACK. */
function agreeing(properties: Properties): Answer {
  return (packet, line) => {
    if (packet.type === 'connect') line.send(accepted(0, properties));
    return packet.type === 'connect';
  };
}

describe('messages', () => {
  test('lines, one message each; the last need not end, and empty ones count', async () => {
    await using broker = await FakeBroker.start();
    const { code } = await pub(broker, '-t a -l -q 1', { stdin: 'one\n\ntwo words\r\nlast' });
    assert.equal(code, 0);
    assert.deepEqual(broker.of('publish').map(text), ['one', '', 'two words\r', 'last']);
    assert.equal(broker.received.at(-1)?.type, 'disconnect');
  });

  test('no lines, no message', async () => {
    await using broker = await FakeBroker.start();
    await pub(broker, '-t a -l');
    assert.deepEqual(
      broker.received.map(({ type }) => type),
      ['connect', 'disconnect'],
    );
  });

  test('lines of any length, and bytes that are no text', async () => {
    await using broker = await FakeBroker.start();
    const long = Buffer.alloc(300_000, 0xff);
    const stdin = Buffer.concat([long, Buffer.from('\n\0\n'), long]);
    await pub(broker, '-t a -l -q 1', { stdin });
    const sizes = broker.of('publish').map(({ payload }) => payload.length);
    assert.deepEqual(sizes, [300_000, 1, 300_000]);
  });

  test('many lines: no more are under way than allowed, all arrive, in order', async () => {
    await using broker = await FakeBroker.start();
    const lines = Array.from({ length: 5000 }, (_, at) => String(at));
    const { code } = await pub(broker, '-t a -l -q 2', { stdin: lines.join('\n') });
    assert.equal(code, 0);
    assert.deepEqual(broker.of('publish').map(text), lines);
  });

  test('-M bounds what is in flight', async () => {
    const held: number[] = [];
    let most = 0;
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type !== 'publish') return false;
      held.push(packet.packetId);
      most = Math.max(most, held.length);
      setImmediate(() => {
        const packetId = held.shift() ?? 0;
        line.send({ type: 'puback', packetId, reasonCode: 0, properties: NO_PROPERTIES });
      });
      return true;
    });
    await pub(broker, '-t a -l -q 1 -M 3', { stdin: 'x\n'.repeat(100) });
    assert.equal(broker.of('publish').length, 100);
    assert.ok(most <= 3, `${most} were in flight`);
  });

  test('an alias stands for the topic from the second message on', async () => {
    await using broker = await FakeBroker.start(agreeing({ topicAliasMaximum: 10 }));
    await pub(broker, '-t long/topic -m x --repeat 3 -D publish topic-alias 4');
    const sent = broker.of('publish').map(({ topic, properties }) => [topic, properties.topicAlias]);
    assert.deepEqual(sent, [
      ['long/topic', 4],
      ['', 4],
      ['', 4],
    ]);
  });

  test('properties of MQTT 5.0', async () => {
    await using broker = await FakeBroker.start();
    const call =
      '-t a -n -D publish content-type c -D publish correlation-data ab -D PUBLISH message-expiry-interval 9 ' +
      '-D publish user-property k v -D publish user-property k w --will-topic w -D will will-delay-interval 3';
    await pub(broker, call);
    assert.deepEqual(broker.of('publish')[0]?.properties, {
      contentType: 'c',
      correlationData: Buffer.from('ab'),
      messageExpiryInterval: 9,
      userProperties: [
        ['k', 'v'],
        ['k', 'w'],
      ],
    });
    assert.deepEqual(broker.of('connect')[0]?.will?.properties, { willDelayInterval: 3 });
  });

  test('--timestamp says when', async () => {
    await using broker = await FakeBroker.start();
    const before = Date.now();
    await pub(broker, '-t a -n --timestamp');
    const [pair] = broker.of('publish')[0]?.properties.userProperties ?? [];
    assert.equal(pair?.[0], 'timestamp');
    const sent = Number(pair?.[1]);
    assert.ok(sent >= before - 1000 && sent <= Date.now() + 1000, String(sent));
  });

  test('a broker without retained messages gets none', async () => {
    await using broker = await FakeBroker.start(agreeing({ retainAvailable: 0 }));
    await pub(broker, '-t a -m x -r -V 5');
    assert.equal(broker.of('publish')[0]?.retain, false);
  });
});

describe('how it ends', () => {
  test('the broker refuses a message: a warning, and 0', async () => {
    for (const [type, qos] of [
      ['puback', 1],
      ['pubrec', 2],
    ] as const) {
      await using broker = await FakeBroker.start((packet, line) => {
        if (packet.type !== 'publish') return false;
        const properties = { reasonString: 'not today' };
        line.send({ type, packetId: packet.packetId, reasonCode: 0x87, properties });
        return true;
      });
      const { code, stderr } = await pub(broker, `-t a -m x -V 5 -q ${qos} -i me`);
      assert.deepEqual([code, stderr], [0, 'Warning: Publish 1 failed: Not authorized.\nnot today\n']);
    }
  });

  test('what the broker does not take is not sent', async () => {
    for (const [properties, call, problem] of [
      [{ maximumQoS: 0 }, '-q 1 -m x', 'Error: Message QoS not supported on broker, try a lower QoS.'],
      [{ maximumPacketSize: 50 }, `-m ${'x'.repeat(100)}`, 'Error: Message payload is too large.'],
      [{ maximumPacketSize: 50 }, `-q 1 -m ${'x'.repeat(100)}`, 'Error: Message payload is too large.'],
    ] as const) {
      await using broker = await FakeBroker.start(agreeing(properties));
      const { code, stderr } = await pub(broker, `-t a -V 5 ${call}`);
      assert.deepEqual([code, stderr], [0, `${problem}\n`]);
      assert.equal(broker.of('publish').length, 0);
      assert.equal(broker.of('disconnect').length, 1);
    }
  });

  test('the connection is lost', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type === 'publish') line.socket.destroy();
      return packet.type === 'publish';
    });
    const { code, stderr } = await pub(broker, '-t a -m x -q 1');
    assert.deepEqual([code, stderr], [7, 'Error: The connection was lost.\n']);
  });

  test('a server that does not answer, for longer than the keep alive', async () => {
    await using broker = await FakeBroker.start(({ type }) => type === 'connect');
    const { code, stderr } = await pub(broker, '-t a -m x -k 5');
    assert.deepEqual([code, stderr], [19, 'Error: Keepalive exceeded\n']);
  });

  test('the server sends it away', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type === 'publish')
        line.send({ type: 'disconnect', reasonCode: 0x97, properties: NO_PROPERTIES });
      return packet.type === 'publish';
    });
    const { code, stderr } = await pub(broker, '-t a -m x -q 1 -V 5');
    assert.deepEqual([code, stderr], [4, 'Error: The client is not currently connected.\n']);
  });

  test('the connection is lost while there are lines: it comes back, and nothing is missing', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type !== 'publish' || line.number > 1 || text(packet) !== '7') return false;
      line.socket.destroy();
      return true;
    });
    const lines = Array.from({ length: 30 }, (_, at) => String(at));
    const { code, stderr } = await pub(broker, '-t a -l -q 1 -c -i me', { stdin: lines.join('\n') });
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual([...new Set(broker.of('publish').map(text))], lines);
    assert.equal(broker.of('connect').length, 2);
  });

  test('a refused connection is told twice, as by mosquitto_pub', async () => {
    await using broker = await FakeBroker.start((_packet, line) => {
      line.send(accepted(4));
      return true;
    });
    const { code, stderr } = await pub(broker, '-t a -m x -u me -P wrong');
    assert.equal(code, 4);
    const text4 = 'Connection Refused: bad user name or password.';
    assert.equal(stderr, `Connection error: ${text4}\nError: The connection was refused.\n`);
  });

  test('not before all has been sent, also at QoS 0 to a broker that reads slowly', async () => {
    using scratch = new Scratch();
    const bytes = 20 * 1024 * 1024;
    const file = scratch.file('large', 'x'.repeat(bytes));
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type === 'connect') {
        line.socket.pause();
        setTimeout(() => line.socket.resume(), 300);
      }
      return false;
    });
    const { code } = await pub(broker, `-t a -f ${file}`);
    assert.equal(code, 0);
    await broker.until('disconnect');
    assert.equal(broker.of('publish')[0]?.payload.length, bytes);
  });

  test('--progress says to a person how far it is, to others nothing', async () => {
    await using broker = await FakeBroker.start();
    const call = '-t a -m x --repeat 3 --progress';
    assert.equal((await pub(broker, call)).stderr, '');
    const { stderr } = await pub(broker, call, { io: { isErrorTerminal: true } });
    assert.match(stderr, /^(?:\r\u001B\[K\d+ messages, \d+ msgs\/s)+\n$/);
    assert.ok(stderr.includes('3 messages'));
  });
});

test('--quiet tells no error of the connection', async () => {
  await using broker = await FakeBroker.start((packet, line) => {
    if (packet.type === 'publish') line.socket.destroy();
    return packet.type === 'publish';
  });
  const { code, stderr } = await pub(broker, '-t a -m x -q 1 --quiet');
  assert.deepEqual([code, stderr], [7, '']);
});
