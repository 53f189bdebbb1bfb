/** The acceptance walk: one visit of clients to a broker. What the log says of it is another matter. */
import { once } from 'node:events';
import { connect as openSocket } from 'node:net';
import { packets } from '../conformance/harness/packets.ts';
import { connectTo } from '../cli/program.ts';

const TOPIC = 'jiji/chat/9';
const PUBLISHER = 'JY_API_PUSH_CLIENT';

/** Everybody comes, does his part and leaves, one after the other: so the log has one order, and each run the same. */
export async function playWalk(port: number): Promise<void> {
  const reader = await connectTo(port, {
    clientId: 'zhoujing',
    username: 'joyo',
    clean: false,
    keepAlive: 60,
  });
  await reader.subscribe(TOPIC, 2);
  await publish(port);
  await reader.receive(TOPIC, 'x'.repeat(396), { qos: 2, packetId: 1 });
  await takeOver(port);
  await ping(port);
  await fallSilent(port);
  await reset(port);
  await reader.disconnect();
}

async function publish(port: number): Promise<void> {
  const publisher = await connectTo(port, { clientId: PUBLISHER });
  await publisher.publish(TOPIC, 'x'.repeat(396), { qos: 2, packetId: 1 });
  await publisher.disconnect();
}

async function takeOver(port: number): Promise<void> {
  const first = await connectTo(port, { clientId: PUBLISHER });
  const second = await connectTo(port, { clientId: PUBLISHER });
  await first.expectClosed({ ping: false });
  await second.disconnect();
}

async function ping(port: number): Promise<void> {
  const client = await connectTo(port, { clientId: '36383A64663A6464003V0' });
  await client.expectNothing(); // asks with a PINGREQ
  await client.disconnect();
}

async function fallSilent(port: number): Promise<void> {
  const client = await connectTo(port, { clientId: '33303A33393A3236003V0', keepAlive: 1 });
  await client.expectClosed({ ping: false });
}

/** A reset is not in the vocabulary of the harness's client. */
async function reset(port: number): Promise<void> {
  const socket = openSocket(port, '127.0.0.1');
  socket.write(packets(4).connect({ clientId: '351BBJKFX62C1' }));
  await once(socket, 'data');
  socket.resetAndDestroy();
}
