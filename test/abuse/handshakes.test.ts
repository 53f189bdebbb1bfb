/** TLS handshakes that are begun and never ended. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { freePort, Scratch } from '../cli/program.ts';
import { started } from '../listeners/broker.ts';
import { connectPacket } from '../listeners/visitor.ts';
import { Authority, testWithOpenssl } from '../tls/authority.ts';
import { heard } from './heard.ts';

/** The beginning of a ClientHello: a record of 512 bytes, of which eleven come. */
const HALF_A_HELLO = Buffer.from('1603010200010001fc0303', 'hex');
/** Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

function halfOpen(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // it is closed by the broker, or in the end
  socket.write(HALF_A_HELLO);
  return socket;
}

/** Whether a client is let in. */
async function isLetIn(port: number, ca: string): Promise<boolean> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(ca) });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on('error', () => undefined); // 'close' follows
  socket.on('close', () => resolve(false));
  socket.on('data', () => resolve(true));
  socket.write(connectPacket('honest'));
  const outcome = await promise;
  socket.destroy();
  return outcome;
}

testWithOpenssl('half a handshake holds a place until somebody else needs it', async () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const { certificate, key } = root.server();
  const port = await freePort();
  const tls = `listener ${port} 127.0.0.1\ncertfile ${certificate}\nkeyfile ${key}\n`;
  await using broker = await started(`${tls}max_pending_connections 5`);
  assert.equal(await isLetIn(port, root.certificate), true);
  const sockets = Array.from({ length: 5 }, () => halfOpen(port));
  await heard(broker.program, 'New connection from', 6);
  assert.equal(await isLetIn(port, root.certificate), false);
  await broker.program.until('denied: too many pending connections.');
  let letIn = false;
  for (const end = Date.now() + PATIENCE_MS; !letIn && Date.now() < end;) {
    await sleep(100);
    letIn = await isLetIn(port, root.certificate);
  }
  assert.ok(letIn, broker.program.stderr);
  await broker.program.until('disconnected: server busy.');
  for (const socket of sockets) socket.destroy();
});
