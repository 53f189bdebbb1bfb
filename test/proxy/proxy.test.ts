/** Listeners behind a proxy: what the header says is what counts, and who does not say it does not get in. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { freePort } from '../cli/program.ts';
import { body, started } from '../listeners/broker.ts';
import type { Broker } from '../listeners/broker.ts';
import { connectPacket, enter, Visitor } from '../listeners/visitor.ts';
import { runs } from '../runs.ts';
import { ssl, version2 } from '../vectors/proxy.ts';

const LINE = Buffer.from('PROXY TCP4 192.0.2.5 127.0.0.1 6275 1883\r\n');

/** A broker with one listener that wants headers. */
interface Proxied extends Broker {
  readonly port: number;
  readonly where: { readonly port: number; readonly host: string };
}

async function proxied(version: 1 | 2, lines = ''): Promise<Proxied> {
  const port = await freePort();
  const listener = `listener ${port} 127.0.0.1\nenable_proxy_protocol ${version}\n`;
  const broker = await started(`${listener}${lines}`);
  return Object.assign(broker, { port, where: { port, host: '127.0.0.1' } });
}

/** The log after the start, without times. */
function since({ program }: Broker): string[] {
  const log = program.stderr.slice(program.stderr.indexOf(' running\n') + ' running\n'.length);
  return log.split('\n').map((line) => line.replace(/^\d{10}: /, ''));
}

const withoutPort = (line: string): string => line.replace(/:\d+\b/, ':PORT');

describe('listeners with PROXY headers', { concurrency: 4 }, () => {
  test('version 1: the client behind the proxy is who has come', async () => {
    await using broker = await proxied(1);
    using client = await Visitor.open(broker.where);
    await client.send(Buffer.concat([LINE, connectPacket('sensor')])).accepted();
    client.socket.end();
    await broker.program.until('disconnected');
    assert.deepEqual(since(broker), [
      `New connection from 192.0.2.5:6275 on port ${broker.port}.`,
      'New client connected from 192.0.2.5:6275 as sensor (p4, c1, k60).',
      'Client sensor [192.0.2.5:6275] disconnected: connection closed by client.',
      '',
    ]);
  });

  test('version 1: UNKNOWN leaves the address of the proxy, and a header may come in pieces', async () => {
    await using broker = await proxied(1);
    using client = await Visitor.open(broker.where);
    client.send(Buffer.from('PROXY UNK'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.send(Buffer.concat([Buffer.from('NOWN\r\n'), connectPacket('sensor')])).accepted();
    await broker.program.until(`New connection from 127.0.0.1:${client.socket.localPort} on port`);
  });

  test('version 2: IPv6, and TLS that the proxy has ended', async () => {
    await using broker = await proxied(
      2,
      'use_identity_as_username true\nproxy_protocol_v2_require_tls true',
    );
    const said = { flags: 7, version: 'TLSv1.3', commonName: 'sensor-7', cipher: 'TLS_AES_256_GCM_SHA384' };
    const addresses = Buffer.from(`20010db8000000000000000000000005${'00'.repeat(16)}1883075b`, 'hex');
    using client = await Visitor.open(broker.where);
    const header = version2({ family: 0x21, addresses, tlvs: [ssl(said)] });
    await client.send(Buffer.concat([header, connectPacket('sensor')])).accepted();
    client.socket.end();
    await broker.program.until('disconnected');
    assert.deepEqual(since(broker), [
      `New connection from 2001:db8::5:6275 on port ${broker.port}.`,
      "New client connected from 2001:db8::5:6275 as sensor (p4, c1, k60, u'sensor-7').",
      'Client sensor negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
      'Client sensor [2001:db8::5:6275] disconnected: connection closed by client.',
      '',
    ]);
  });

  test('who speaks MQTT at once goes at once, and the log says what was wrong', async () => {
    await using one = await proxied(1);
    await using two = await proxied(2);
    for (const { where } of [one, two]) {
      using client = await Visitor.open(where);
      await client.send(connectPacket('sensor')).closed();
    }
    using mixed = await Visitor.open(two.where);
    await mixed.send(LINE).closed();
    await one.program.until('it does not begin');
    await two.program.until('a header of version 1');
    assert.deepEqual(since(one).map(withoutPort), [
      'Connection rejected, corrupt PROXY header.',
      '\t127.0.0.1:PORT: it does not begin as a header',
      '',
    ]);
    assert.deepEqual(since(two).map(withoutPort), [
      'Connection from 127.0.0.1:PORT rejected, corrupt PROXY header.',
      '\t127.0.0.1:PORT: it does not begin as a header',
      'Connection from 127.0.0.1:PORT rejected, corrupt PROXY header.',
      '\t127.0.0.1:PORT: a header of version 1',
      '',
    ]);
  });

  test('version 2: without TLS, without a certificate, with one that is not valid', async () => {
    const noTls = 'Connection from 192.0.2.5:6275 rejected, client did not connect using TLS.';
    const noCertificate = 'Connection from 192.0.2.5:6275 rejected, client did not provide a certificate.';
    await using tls = await proxied(2, 'proxy_protocol_v2_require_tls true');
    await using certificate = await proxied(2, 'require_certificate true');
    for (const [broker, header] of [
      [tls, version2()],
      [tls, version2({ tlvs: [ssl({ flags: 0 })] })],
      [certificate, version2()],
      [certificate, version2({ tlvs: [ssl({ flags: 1 })] })],
      [certificate, version2({ tlvs: [ssl({ flags: 7, verify: 19, commonName: 'eve' })] })],
    ] as const) {
      using client = await Visitor.open(broker.where);
      await client.send(Buffer.concat([header, connectPacket('eve')])).closed();
    }
    await tls.program.until(new RegExp(`(?:${noTls}[^]*){2}`));
    await certificate.program.until(new RegExp(`(?:${noCertificate}[^]*){3}`));
    assert.deepEqual(since(tls), [noTls, noTls, '']);
    assert.deepEqual(since(certificate), [noCertificate, noCertificate, noCertificate, '']);
    using valid = await Visitor.open(certificate.where);
    const header = version2({ tlvs: [ssl({ flags: 7, commonName: 'ann' })] });
    await valid.send(Buffer.concat([header, connectPacket('ann')])).accepted();
  });

  test('version 2: a name that no certificate proves is no user name', async () => {
    await using broker = await proxied(2, 'use_identity_as_username true');
    for (const tlvs of [
      [],
      [ssl({ flags: 1, commonName: 'eve' })],
      [ssl({ flags: 7, verify: 1, commonName: 'eve' })],
    ]) {
      using client = await Visitor.open(broker.where);
      await client.send(Buffer.concat([version2({ tlvs }), connectPacket('eve')])).closed();
      assert.match(client.received.toString('hex'), /^2002000[45]$/); // bad user name, or not authorised
    }
  });

  test('version 2: LOCAL, and a port scan, leave no word', async () => {
    await using broker = await proxied(2);
    using check = await Visitor.open(broker.where);
    await check.send(version2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) })).closed();
    using scan = await Visitor.open(broker.where);
    scan.socket.end();
    await scan.closed();
    using client = await Visitor.open(broker.where);
    await client.send(Buffer.concat([version2(), connectPacket('sensor')])).accepted();
    assert.deepEqual(since(broker).slice(0, 1), [
      `New connection from 192.0.2.5:6275 on port ${broker.port}.`,
    ]);
  });

  test('sockets without a header count towards max_connections, and do not delay the end', async () => {
    await using broker = await proxied(1, 'max_connections 3');
    using one = await Visitor.open(broker.where);
    await one.send(Buffer.concat([LINE, connectPacket('one')])).accepted();
    using silent = await Visitor.open(broker.where);
    using slow = await Visitor.open(broker.where);
    slow.send(LINE.subarray(0, 10));
    using late = await Visitor.open(broker.where);
    await late.closed();
    await broker.program.until('Client connection from 127.0.0.1 denied: max_connections exceeded.\n');
    silent.socket.destroy();
    slow.send(Buffer.concat([LINE.subarray(10), connectPacket('slow')]));
    await slow.accepted();
    using other = await Visitor.open(broker.where);
    await other.send(Buffer.concat([LINE, connectPacket('other')])).accepted();
    other.socket.destroy();
    await broker.program.until('Client other [');
    using mute = await Visitor.open(broker.where);
    const ended = await broker.program.stop();
    assert.equal(ended.code, 0);
    await mute.closed();
  });

  test('a reload turns headers on and off, and clients that are there stay', async () => {
    await using broker = await proxied(1);
    const listener = `listener ${broker.port} 127.0.0.1\nallow_anonymous true\n`;
    using old = await Visitor.open(broker.where);
    await old.send(Buffer.concat([LINE, connectPacket('old')])).accepted();
    using waiting = await Visitor.open(broker.where);
    waiting.send(LINE.subarray(0, 20));
    using next = await Visitor.open(broker.where); // who comes later is not served before
    await next.send(Buffer.concat([LINE, connectPacket('next')])).accepted();
    writeFileSync(broker.file, listener);
    broker.program.signal('SIGHUP');
    await broker.program.until('Reloading config.');
    using plain = await enter(broker.where, 'plain');
    writeFileSync(broker.file, `${listener}enable_proxy_protocol 2\n`);
    broker.program.signal('SIGHUP');
    await broker.program.until(/Reloading config\.[^]*Reloading config\./);
    using headed = await Visitor.open(broker.where);
    await headed.send(Buffer.concat([version2(), connectPacket('headed')])).accepted();
    await waiting.send(Buffer.concat([LINE.subarray(20), connectPacket('waiting')])).accepted();
    for (const client of [old, next, plain, headed, waiting]) await client.pinged();
  });

  test('whatever is sent, in whatever pieces, the broker stays', async () => {
    await using one = await proxied(1);
    await using two = await proxied(2);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.concat([LINE, rest])),
      fc.uint8Array({ maxLength: 480 }).map((addresses) => version2({ addresses })),
      fc.nat(1000).map((length) => Buffer.concat([version2(), connectPacket('x')]).subarray(0, length)),
    );
    const pieces = fc.array(bytes, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (chunks, first) => {
        using client = await Visitor.open((first ? one : two).where);
        for (const chunk of chunks) {
          client.send(chunk);
          await new Promise(setImmediate);
        }
        client.socket.end();
        await client.closed();
      }),
      runs('bytes at a listener with PROXY headers', 60),
    );
    for (const [{ where }, header] of [
      [one, LINE],
      [two, version2()],
    ] as const) {
      using client = await Visitor.open(where);
      await client.send(Buffer.concat([header, connectPacket('after')])).accepted();
    }
    assert.deepEqual(body(one.program.stderr).length, 1);
  });
});
