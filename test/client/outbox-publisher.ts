/** A program that publishes what it is told to and is killed: `node outbox-publisher.ts URL OUTBOX COUNT`. */
import { connect, openOutbox } from '../../src/client/index.ts';

const [url = '', path = '', count = ''] = process.argv.slice(2);
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
while (client.unfinished > 0)
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
await client.close();
console.log('done');
