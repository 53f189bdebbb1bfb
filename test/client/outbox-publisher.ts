/**
 * A program that publishes what it is told to and is killed when so many messages are left, -1 for never:
 * `node outbox-publisher.ts URL OUTBOX COUNT LEFT`.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { connect, openOutbox } from '../../src/client/index.ts';

const [url = '', path = '', count = '', left = ''] = process.argv.slice(2);
/** Another thread, so that the kill may hit this one at any moment of its work. */
const isTime = new Int32Array(new SharedArrayBuffer(4));
const killer = new Worker(
  `const { workerData } = require('node:worker_threads');
   while (Atomics.load(workerData, 0) === 0) Atomics.wait(workerData, 0, 0, 1);
   process.kill(process.pid, 'SIGKILL');`,
  { eval: true, workerData: isTime },
);
await once(killer, 'online');
killer.unref();
const client = await connect(url, {
  clientId: 'publisher',
  cleanStart: false,
  properties: { sessionExpiryInterval: 1000 },
  outbox: await openOutbox(path),
  startOffline: true,
  inflight: 10,
  queue: 0,
});
for (let at = 0; at < Number(count); at++)
  void client.publish(`t/${at % 2}`, `${at}`, { qos: at % 2 === 0 ? 2 : 1 });
console.log('kept');
while (client.unfinished > 0) {
  if (client.unfinished <= Number(left)) Atomics.store(isTime, 0, 1);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
await client.close();
console.log('done');
