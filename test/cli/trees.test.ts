/** SIGUSR2: who subscribed to what, as Mosquitto prints it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { connectTo, startZanzara } from './program.ts';
import type { Program, Running } from './program.ts';

/** The filters of each client, in the order in which they are subscribed to. */
const SUBSCRIPTIONS: readonly (readonly [clientId: string, filters: readonly string[]])[] = [
  ['one', ['a/b/c', 'a/+/c', '#', '$SYS/broker/uptime', '$SYS/#', '/x', 'a//', 'a/b/c/#', '+']],
  ['two', ['a/b/c', '$share/g/s/t', '$share/h/s/t', '$share/g/a/b', '$other/x']],
];

const EMPTY = `
    
    $SYS
    
`;

const BOTH = `
    
      
        a
          b
            c (one, 1) (two, 1)
              # (one, 1)
          +
            c (one, 1)
          
             (one, 1)
        # (one, 1)
        
          x (one, 1)
        + (one, 1)
    $SYS
      $SYS
        broker
          uptime (one, 1)
        # (one, 1)
    $other
      $other
        x (two, 1)
    
      
        s
          t (two, 1) (two, 1)
        a
          b (two, 1)
`;

const ONLY_TWO = `
    
      
        a
          b
            c (two, 1)
    $SYS
    $other
      $other
        x (two, 1)
    
      
        s
          t (two, 1) (two, 1)
        a
          b (two, 1)
`;

/** What a broker prints before anybody subscribed, then with two clients, then when one of them has gone. */
async function treesOf({ program, port }: Running): Promise<string> {
  const clients = [];
  await print(program, port);
  for (const [clientId, filters] of SUBSCRIPTIONS) {
    const client = await connectTo(port, { clientId });
    for (const filter of filters) await client.subscribe(filter, 1);
    clients.push(client);
  }
  await print(program, port);
  await clients[0]!.disconnect();
  await print(program, port);
  return (await program.stop()).stdout;
}

/** A client that is served after the signal knows that the broker has seen it. */
async function print(program: Program, port: number): Promise<void> {
  program.signal('SIGUSR2');
  await (await connectTo(port)).disconnect();
}

test('SIGUSR2 prints a tree of the subscriptions and one of the shared ones', async () => {
  await using broker = await startZanzara('sys_interval 0');
  const parts = [EMPTY, BOTH, ONLY_TWO].map((part) => part.slice(1));
  assert.equal(await treesOf(broker), parts.join(''));
});

testWithMosquitto('SIGUSR2 prints what Mosquitto prints, and also who shares', async () => {
  await using ours = await startZanzara('sys_interval 0');
  await using theirs = await startMosquitto('sys_interval 0');
  const [mine, original] = await Promise.all([treesOf(ours), treesOf(theirs)]);
  assert.equal(mine.replaceAll(/^( +(?:t|b))(?: \(two, 1\))+$/gm, '$1'), original);
});
