/** Chats in a terminal: `node chat.mts NAME`. */
import { createInterface } from 'node:readline';
import { connect } from 'zanzara/client';

const name = process.argv[2] ?? 'somebody';
const will = { topic: 'chat/room', payload: `${name} is gone` };

await using client = await connect('mqtt://localhost', { will });
await client.subscribe('chat/room', { qos: 1, noLocal: true }, (message) => console.log(message.text()));
await client.publish('chat/room', `${name} is here`, { qos: 1 });

for await (const line of createInterface({ input: process.stdin }))
  await client.publish('chat/room', `${name}: ${line}`, { qos: 1 });

await client.close({ reasonCode: 4 }); // with the will
