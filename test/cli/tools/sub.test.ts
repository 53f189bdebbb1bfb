/** `sub` toward its broker and its reader: what it sends, what it prints, how it ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Packet } from '../../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../../src/protocol/properties.ts';
import { Program, zanzara } from '../program.ts';
import { FakeBroker, accepted, message } from './fake-broker.ts';
import type { Answer, Line } from './fake-broker.ts';
import { runOurs } from './tool-run.ts';
import type { RunOptions } from './tool-run.ts';

/** Delivers these after each SUBACK. */
function delivering(...packets: readonly Packet[]): Answer {
  return (packet, line) => {
    if (packet.type !== 'subscribe') return false;
    const reasonCodes = packet.subscriptions.map(({ qos }) => qos);
    line.send({ type: 'suback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
    line.send(...packets);
    return true;
  };
}

/** What `sub` prints of these messages; it ends after so many. */
async function printed(
  args: readonly string[],
  packets: readonly Packet[],
  options: RunOptions = {},
): Promise<string> {
  await using broker = await FakeBroker.start(delivering(...packets));
  const count = String(packets.length);
  const { stdout } = await runOurs(
    'mosquitto_sub',
    [...broker.address, '-t', '#', '-C', count, ...args],
    options,
  );
  return stdout.toString();
}

describe('what is sent', () => {
  test('all filters in one SUBSCRIBE, then one UNSUBSCRIBE each', async () => {
    await using broker = await FakeBroker.start();
    const args = [...broker.address, '-t', 'a', '-t', 'b/#', '-U', 'c', '-U', 'd', '-q', '2', '-E'];
    await runOurs('mosquitto_sub', args);
    await broker.until('disconnect');
    const [subscribe] = broker.of('subscribe');
    assert.deepEqual(
      subscribe?.subscriptions.map(({ filter, qos }) => [filter, qos]),
      [
        ['a', 2],
        ['b/#', 2],
      ],
    );
    assert.deepEqual(
      broker.of('unsubscribe').map(({ filters }) => filters),
      [['c'], ['d']],
    );
    assert.equal(broker.of('disconnect').length, 1);
  });

  test('-E without -t: it ends once all is unsubscribed', async () => {
    await using broker = await FakeBroker.start();
    const { code } = await runOurs('mosquitto_sub', [...broker.address, '-U', 'c', '-U', 'd', '-E']);
    assert.equal(code, 0);
    await broker.until('disconnect');
    assert.equal(broker.of('unsubscribe').length, 2);
  });

  test('options and properties of MQTT 5.0', async () => {
    await using broker = await FakeBroker.start();
    const call =
      '-V 5 -t a -E -R --retain-as-published -x 60 -C 3 -D connect user-property k v ' +
      '-D subscribe subscription-identifier 7 -D disconnect reason-string bye';
    await runOurs('mosquitto_sub', [...broker.address, ...call.split(' ')]);
    await broker.until('disconnect');
    const [connect] = broker.of('connect');
    assert.deepEqual(connect?.properties, {
      receiveMaximum: 3,
      userProperties: [['k', 'v']],
      sessionExpiryInterval: 60,
    });
    const [subscribe] = broker.of('subscribe');
    assert.deepEqual(subscribe?.properties, { subscriptionIdentifiers: [7] });
    assert.deepEqual(subscribe?.subscriptions, [
      { filter: 'a', qos: 0, noLocal: false, retainAsPublished: true, retainHandling: 2 },
    ]);
    assert.deepEqual(broker.of('disconnect')[0]?.properties, { reasonString: 'bye' });
  });

  test('before 5.0 none of that', async () => {
    await using broker = await FakeBroker.start();
    await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-E', '-R', '--retain-as-published']);
    assert.deepEqual(broker.of('connect')[0]?.properties, {});
    assert.equal(broker.of('subscribe')[0]?.subscriptions[0]?.retainHandling, 0);
  });

  test('the last message is acknowledged before goodbye', async () => {
    for (const qos of [1, 2] as const) {
      await using broker = await FakeBroker.start((packet, line) => {
        if (packet.type === 'subscribe')
          return delivering(message('a', 'x', { qos, packetId: 9 }))(packet, line);
        if (packet.type === 'pubrec')
          line.send({ type: 'pubrel', packetId: 9, reasonCode: 0, properties: NO_PROPERTIES });
        return false;
      });
      await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-q', String(qos), '-C', '1']);
      await broker.until('disconnect');
      const last = broker.received.slice(-2).map(({ type }) => type);
      assert.deepEqual(last, [qos === 1 ? 'puback' : 'pubcomp', 'disconnect']);
    }
  });

  test('--remove-retained removes what it is shown, and -T keeps some', async () => {
    const packets = ['a', 'b', 'c'].map((topic) => message(topic, 'x', { retain: topic !== 'c' }));
    await using broker = await FakeBroker.start(delivering(...packets));
    await runOurs('mosquitto_sub', [...broker.address, '-t', '#', '-T', 'b', '--remove-retained', '-C', '2']);
    await broker.until('disconnect');
    const removals = broker
      .of('publish')
      .map(({ topic, qos, retain, payload }) => [topic, qos, retain, payload.length]);
    assert.deepEqual(removals, [['a', 1, true, 0]]);
  });

  test('a lost connection comes back, with its subscriptions', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type !== 'subscribe') return false;
      if (line.number === 1) line.socket.destroy();
      else line.send(message('a', 'again'));
      return true;
    });
    const { stdout, code } = await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-C', '1']);
    assert.deepEqual([stdout.toString(), code], ['again\n', 0]);
    assert.equal(broker.of('subscribe').length, 2);
  });
});

describe('which messages are printed', () => {
  const mixed = [message('a', '1', { retain: true }), message('b', '2'), message('a', '3')];

  test('-T and -R leave some out', async () => {
    assert.equal(await printed(['-T', 'a', '-C', '1'], mixed), '2\n');
    assert.equal(await printed(['-R', '-C', '2'], mixed), '2\n3\n');
  });

  test('--retained-only ends at the first that is not', async () => {
    assert.equal(await printed(['--retained-only'], mixed), '1\n');
  });

  test('--random-filter 100 leaves none out, and 0.1 nearly all', async () => {
    const many = Array.from({ length: 300 }, () => message('a', 'x'));
    assert.equal((await printed(['--random-filter', '100'], many)).length, 600);
    assert.ok((await printed(['--random-filter', '0.1'], many)).length < 60);
  });

  test('an alias stands for its topic', async () => {
    const first = message('long/topic', '1', { properties: { topicAlias: 5 } });
    const again = message('', '2', { properties: { topicAlias: 5 } });
    const args = ['-V', '5', '-D', 'connect', 'topic-alias-maximum', '10', '-F', '%t %A %p'];
    assert.equal(await printed(args, [first, again]), 'long/topic 5 1\nlong/topic 5 2\n');
  });
});

describe('how it is printed', () => {
  test('a member of a payload that is JSON', async () => {
    const payload = '{"temperature": 21.5, "place": "attic", "list": [1, {"a": null}]}';
    const formats: readonly (readonly [string, string])[] = [
      ['%j.temperature', '21.5'],
      ['%J.place!', 'attic!'],
      ['%10j.place|%-7j.place|', '     attic|attic  |'],
      ['%j.list[1].a', 'null'],
      ['%j.list', '[1,{"a":null}]'],
      ['%j.["place"]', 'attic'],
      ['%j.nothing.there|', '|'],
    ];
    for (const [format, expected] of formats)
      assert.equal(await printed(['-N', '-F', format], [message('a', payload)]), expected);
  });

  test('a payload that is none', async () => {
    for (const format of ['%J', '%j.a']) {
      await using broker = await FakeBroker.start(delivering(message('a/b', '{')));
      const { stdout, stderr } = await runOurs('mosquitto_sub', [
        ...broker.address,
        '-t',
        '#',
        '-C',
        '1',
        '-F',
        format,
      ]);
      assert.equal(stderr, 'Error: Message payload is not valid JSON on topic a/b.\n');
      assert.equal(stdout.toString(), '\n');
    }
  });

  test('topics are coloured for people only, and not for those who do not want it', async () => {
    const one = [message('a', 'x')];
    assert.equal(await printed(['-v'], one), 'a x\n');
    assert.equal(await printed(['-v'], one, { io: { isTerminal: true } }), '\u001B[36ma\u001B[39m x\n');
    const env = { NO_COLOR: '1' };
    assert.equal(await printed(['-v'], one, { env, io: { isTerminal: true } }), 'a x\n');
  });

  test('-w gives each topic its line', async () => {
    const out = await printed(['-w'], [message('a', '1'), message('b', '2'), message('a', '3')]);
    const clear = '\u001B[2J\u001B[1;1H';
    assert.ok(out.startsWith(`${clear}Broker: 127.0.0.1\n`), JSON.stringify(out));
    assert.ok(out.includes('\u001B[2;1H\u001B[2K1\n'));
    assert.ok(out.includes('\u001B[3;1H\u001B[2K2\n'));
    assert.ok(out.includes('\u001B[2;1H\u001B[2K3\n'));
  });

  test('--message-rate and --stats count in the place of printing', async () => {
    const sent = (performance.timeOrigin + performance.now() - 5).toFixed(3);
    const stamped = message('a', 'xyz', { properties: { userProperties: [['timestamp', sent]] } });
    const latencies = String.raw`latency p50 \d+\.\d{3} ms, p99 \d+\.\d{3} ms`;
    // a second in which nothing comes, on a slow machine, has its line, too
    const rate = /^(?:\d+ msgs\/s\n)+$/;
    const stats = new RegExp(
      String.raw`^(?:\d+ msgs/s, \d+ bytes/s, \d in all.*\n)+\d+ msgs/s, \d+ bytes/s, 3 in all, ${latencies}\n$`,
    );
    assert.match(await countedBy('--stats', stamped), stats);
    const told = await countedBy('--message-rate', stamped);
    assert.match(told, rate);
    assert.equal(countOf(told), 2, 'the third ends it');
  });
});

/** How many messages all lines of rates tell of. */
function countOf(told: string): number {
  return [...told.matchAll(/^(\d+) msgs/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** What is told of two messages at once, and of one more as soon as they have been told. */
async function countedBy(option: string, packet: Packet): Promise<string> {
  let line: Line | undefined;
  await using broker = await FakeBroker.start((received, from) => {
    line = from;
    return delivering(packet, packet)(received, from);
  });
  const { stdout } = await runOurs('mosquitto_sub', [...broker.address, '-t', '#', '-C', '3', option], {
    onOutput: (told) => {
      if (countOf(told) < 2) return;
      line?.send(packet);
      line = undefined;
    },
  });
  return stdout.toString();
}

describe('how it ends', () => {
  test('all subscriptions are denied', async () => {
    for (const denied of [true, false]) {
      await using broker = await FakeBroker.start((packet, line) => {
        if (packet.type !== 'subscribe') return false;
        const reasonCodes = [0x80, denied ? 0x80 : 1];
        line.send({ type: 'suback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
        line.send(message('b', 'x'));
        return true;
      });
      const call = [...broker.address, '-t', 'a', '-t', 'b', '-C', '1'];
      const { code, stdout, stderr } = await runOurs('mosquitto_sub', call);
      const expected = denied ? [0, '', 'All subscription requests were denied.\n'] : [0, 'x\n', ''];
      assert.deepEqual([code, stdout.toString(), stderr], expected);
    }
  });

  test('the connection is refused', async () => {
    for (const [version, code, text] of [
      ['311', 5, 'Connection Refused: not authorised.'],
      ['311', 3, 'Connection Refused: broker unavailable.'],
      ['5', 135, 'Not authorized'],
      ['5', 132, 'Unsupported Protocol Version. Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.'],
    ] as const) {
      await using broker = await FakeBroker.start((_packet, line) => {
        line.send(accepted(code));
        return true;
      });
      const outcome = await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-V', version]);
      assert.deepEqual([outcome.code, outcome.stderr], [code, `Connection error: ${text}\n`]);
      assert.deepEqual(
        (await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-V', version, '--quiet'])).stderr,
        '',
      );
    }
  });

  test('a server that breaks the protocol is left', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type === 'subscribe') line.socket.write(Uint8Array.of(0xf7, 0x00));
      return packet.type === 'subscribe';
    });
    const { code, stderr } = await runOurs('mosquitto_sub', [...broker.address, '-t', 'a']);
    assert.equal(code, 2);
    assert.equal(stderr, 'Error: A network protocol error occurred when communicating with the broker.\n');
  });

  test('the server sends it away: it does not come back', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type === 'subscribe')
        line.send({ type: 'disconnect', reasonCode: 0x8e, properties: NO_PROPERTIES });
      return packet.type === 'subscribe';
    });
    const call = [...broker.address, '-t', 'a', '-V', '5', '-i', 'me', '-d'];
    const { code, stdout, stderr } = await runOurs('mosquitto_sub', call);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout.toString(), /\nReceived DISCONNECT \(142\)\n$/);
  });

  test('its reader goes', async () => {
    const gone = new AbortController();
    await using broker = await FakeBroker.start(delivering(message('a', '1')));
    const { code, stderr } = await runOurs('mosquitto_sub', [...broker.address, '-t', 'a'], {
      io: { readerGone: gone.signal },
      onOutput: () => gone.abort(),
    });
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('a reader that is behind is waited for: nothing is read from the broker', async () => {
    const payload = Buffer.alloc(100_000, 'x');
    const total = 400;
    const packets = Array.from({ length: total }, () => message('a', payload));
    await using broker = await FakeBroker.start(delivering(...packets));
    let taken = 0;
    let most = 0;
    let pending = 0;
    const io = {
      stdout: (data: string | Uint8Array): boolean => {
        pending += data.length;
        most = Math.max(most, pending);
        return false;
      },
      drained: (): Promise<void> =>
        new Promise((resolve) => {
          setImmediate(() => {
            taken += pending;
            pending = 0;
            resolve();
          });
        }),
    };
    await runOurs('mosquitto_sub', [...broker.address, '-t', 'a', '-C', String(total), '-N'], { io });
    assert.equal(taken + pending, total * payload.length);
    assert.ok(most < 4 * 1024 * 1024, `${most} bytes were pending`);
  });

  test('signals: DISCONNECT with the will, and 0; before the broker has answered, 255 at once', async () => {
    await using broker = await FakeBroker.start();
    await using program = new Program(zanzara('sub', ...broker.address, '-V', '5', '-t', 'a'));
    await broker.until('subscribe');
    assert.equal((await program.stop('SIGINT')).code, 0);
    await broker.until('disconnect');
    assert.equal(broker.of('disconnect')[0]?.reasonCode, 4);

    await using mute = await FakeBroker.start(() => true);
    await using waiting = new Program(zanzara('sub', ...mute.address, '-t', 'a'));
    await mute.until('connect');
    assert.equal((await waiting.stop('SIGTERM')).code, 255);
  });

  test('a pipe that closes ends it without a word', async () => {
    await using broker = await FakeBroker.start((packet, line) => {
      if (packet.type !== 'subscribe') return false;
      const timer = setInterval(() => line.send(message('a', '1')), 20);
      line.socket.on('close', () => clearInterval(timer));
      return false;
    });
    await using program = new Program(zanzara('sub', ...broker.address, '-t', 'a'));
    await program.until('1', 'stdout');
    program.closeOutput();
    assert.equal((await program.result()).code, 0);
    assert.equal(program.stderr, '');
  });
});
