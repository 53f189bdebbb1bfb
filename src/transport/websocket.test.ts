import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packets } from '../../test/conformance/harness/packets.ts';
import { frame, OPCODE } from '../../test/websocket/frames.ts';
import { Stand } from '../../test/websocket/stand.ts';
import { upgrade } from '../../test/websocket/visitor.ts';
import type { RequestOptions } from '../../test/websocket/visitor.ts';

const p = packets(4);
const CONNACK = '20020000';

/** A request that must be granted, and the head of the answer. */
async function granted(options: RequestOptions, rules = {}): Promise<string> {
  await using stand = await Stand.open({ rules });
  using visitor = await stand.visit();
  visitor.send(upgrade(options));
  return await visitor.head();
}

/** A request that must not, and why the connection then ended. */
async function refused(request: string | Uint8Array, rules = {}): Promise<string> {
  await using stand = await Stand.open({ rules });
  using visitor = await stand.visit();
  visitor.send(request);
  assert.equal(String(await visitor.rest()), '', 'as Mosquitto: no answer');
  const { cause, problem } = await stand.end();
  await stand.empty();
  assert.equal(stand.rig.broker.connections.size, 0);
  return problem ?? cause;
}

/** A request with a cookie of so many bytes. */
function padded(bytes: number): string {
  return upgrade({ headers: { Cookie: 'x'.repeat(bytes) } });
}

describe('the request for a WebSocket', () => {
  test('is granted in the words of Mosquitto', async () => {
    assert.equal(
      await granted({}),
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: WebSocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: mqtt',
        '\r\n',
      ].join('\r\n'),
    );
  });

  test('may name any path, and come as browsers write it', async () => {
    const browser = {
      path: '/?token=a%20b',
      headers: {
        Connection: 'keep-alive, Upgrade',
        Upgrade: 'WebSocket',
        Origin: 'https://page.example',
        'Cache-Control': 'no-cache',
        'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
      },
    };
    const head = await granted(browser);
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(head, /Extensions/, 'no compression unless it is turned on');
  });

  test('as Mosquitto, may lack the version', async () => {
    assert.match(await granted({ headers: { 'Sec-WebSocket-Version': undefined } }), / 101 /);
  });

  for (const [offered, chosen] of [
    ['mqtt', 'mqtt'],
    ['mqttv3.1', 'mqttv3.1'],
    ['mqttv3.1, mqtt', 'mqtt'],
    ['chat,mqtt', 'mqtt'],
    ['chat, mqttv3.1', 'mqttv3.1'],
  ] as const) {
    test(`[MQTT-6.0.0-4] offering ${offered} it is told ${chosen}`, async () => {
      const head = await granted({ headers: { 'Sec-WebSocket-Protocol': offered } });
      assert.ok(head.includes(`\r\nSec-WebSocket-Protocol: ${chosen}\r\n`), head);
    });
  }

  for (const [what, options, problem] of [
    ['no subprotocol', { 'Sec-WebSocket-Protocol': undefined }, /without the subprotocol mqtt/],
    ['another subprotocol', { 'Sec-WebSocket-Protocol': 'mqttv5, chat' }, /without the subprotocol mqtt/],
    ['a broken subprotocol', { 'Sec-WebSocket-Protocol': 'mqtt, mqtt' }, /Sec-WebSocket-Protocol/],
    ['no key', { 'Sec-WebSocket-Key': undefined }, /Sec-WebSocket-Key/],
    ['a short key', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==' }, /Sec-WebSocket-Key/],
    ['version 12', { 'Sec-WebSocket-Version': '12' }, /version 12 is not 13/],
    ['version 8', { 'Sec-WebSocket-Version': '8' }, /version 8 is not 13/],
    ['another protocol than websocket', { Upgrade: 'h2c' }, /Upgrade/],
    ['Connection: close', { Connection: 'close' }, /without an upgrade/],
    ['no Upgrade', { Upgrade: undefined }, /without an upgrade/],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      assert.match(await refused(upgrade({ headers: options })), problem);
    });
  }

  test('[MQTT-6.0.0-3] is refused with another method or an old HTTP', async () => {
    assert.match(await refused(upgrade({ method: 'HEAD' })), /HTTP method/);
    assert.match(await refused(upgrade({ http: '1.0' })), /HTTP\/1\.1/);
    assert.match(await refused('GET /index.html HTTP/1.1\r\n\r\n'), /without an upgrade/);
    const expecting = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n';
    assert.match(await refused(expecting), /without an upgrade/);
    assert.match(await refused(expecting.replace('100-continue', 'wonders')), /without an upgrade/);
    assert.match(await refused('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'), /closed by client/);
  });

  test('is told from other protocols', async () => {
    assert.match(await refused(p.connect({})), /MQTT without WebSocket/);
    assert.match(await refused(Buffer.from('160301020001', 'hex')), /TLS on a listener without TLS/);
    assert.match(await refused('nonsense\r\n\r\n'), /HTTP request: Parse Error/);
  });

  test('is no longer than packet_buffer_size', async () => {
    assert.match(await refused(padded(4096)), /larger than packet_buffer_size/);
    assert.match(await refused(padded(800), { headBytes: 800 }), /larger than packet_buffer_size/);
    assert.match(await granted({ headers: { Cookie: 'x'.repeat(3500) } }), / 101 /);
    assert.match(await granted({ headers: { Cookie: 'x'.repeat(9000) } }, { headBytes: 16_000 }), / 101 /);
  });

  test('has as long as a CONNECT', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.visit();
    visitor.send('GET / HTTP/1.1\r\nX-Slow: ');
    await stand.logged('connectionOpened');
    for (let second = 0; second < 19; second++) {
      visitor.send('a');
      await stand.rig.settle();
      stand.rig.advance(1000);
    }
    assert.equal(stand.rig.broker.connections.size, 1);
    stand.rig.advance(2000);
    assert.equal(String(await visitor.rest()), '');
    assert.equal((await stand.end()).cause, 'exceeded timeout');
  });
});

describe('websockets_origin', () => {
  const rules = { origins: new Set(['https://a.example', 'null']) };

  test('lets in whoever names one of them, or none', async () => {
    assert.match(await granted({ headers: { Origin: 'https://a.example' } }, rules), / 101 /);
    assert.match(await granted({ headers: { Origin: 'null' } }, rules), / 101 /);
    assert.match(await granted({}, rules), / 101 /);
  });

  for (const origin of ['https://a.exampl', 'https://a.example.com', 'http://a.example', 'HTTPS://a.example'])
    test(`sends away ${origin}`, async () => {
      const request = upgrade({ headers: { Origin: origin } });
      assert.equal(await refused(request, rules), 'non-matching http origin');
    });

  test('is asked anew after a reload, also for who came before it', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.visit();
    await stand.logged('connectionOpened');
    stand.reception.configure({
      origins: new Set(['https://b.example']),
      headBytes: 4096,
      packetBytes: 1000,
      compression: false,
      files: undefined,
    });
    visitor.send(upgrade({ headers: { Origin: 'https://a.example' } }));
    assert.equal(String(await visitor.rest()), '');
    assert.equal((await stand.end()).cause, 'non-matching http origin');
  });
});

describe('a connection over WebSocket', () => {
  test('is logged and counted when it comes, and closes as the broker stops', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.enter();
    assert.equal(stand.rig.listener.connections, 1);
    visitor.mqtt(p.connect({}));
    assert.equal(await visitor.bytes(4), CONNACK);
    stand.rig.broker.stop();
    assert.equal(await visitor.closed(), 1000);
    visitor.socket.end();
    await stand.empty();
    assert.equal(stand.rig.listener.connections, 0);
  });

  test('that the broker does not take is closed without a word', async () => {
    await using stand = await Stand.open({ listener: { maxConnections: 1 } });
    using first = await stand.enter();
    using second = await stand.visit();
    assert.equal(String(await second.send(upgrade()).rest()), '');
    assert.equal(await first.mqtt(p.connect({})).bytes(4), CONNACK);
  });

  test('may send its first frames with the request', async () => {
    await using stand = await Stand.open();
    using visitor = await stand.visit();
    visitor.send(Buffer.concat([Buffer.from(upgrade()), frame(OPCODE.binary, p.connect({}))]));
    await visitor.head();
    assert.equal(await visitor.bytes(4), CONNACK);
  });
});
