/** The process with the client that is measured: one task as JSON in its first argument, one result on its output. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIBRARIES } from './library.ts';
import type { BenchedClient } from './library.ts';
import { TOPIC, WINDOW } from './task.ts';
import type { Task, TaskResult } from './task.ts';

// Standard input ends with the process that started this one
process.stdin.resume().once('end', () => process.exit(1));

const task = JSON.parse(process.argv[2] ?? '') as Task;
let messages = 0;

/** Publishes a window of messages, awaits them all, and so on until the process ends. */
async function publish(client: BenchedClient): Promise<never> {
  const payload = new Uint8Array(task.payloadBytes).fill(0x78);
  for (;;) {
    const window: Promise<unknown>[] = [];
    for (let at = 0; at < WINDOW; at++) window.push(client.publish(TOPIC, payload, task.qos));
    await Promise.all(window);
    messages += WINDOW;
    // the timers below must ring, even where nothing has to be waited for
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function measure(): Promise<TaskResult> {
  await sleep(task.warmUpSeconds * 1000);
  const [before, cpu, start] = [messages, process.cpuUsage(), performance.now()];
  await sleep(task.seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  const count = messages - before;
  return { messagesPerSecond: count / seconds, cpuMicrosPerMessage: (user + system) / count };
}

const client = await LIBRARIES[task.library]!.connect(task.port);
if (task.direction === 'receive')
  await client.subscribe(TOPIC, task.qos, () => {
    messages++;
  });
else void publish(client);
process.stderr.write('ready\n');
const result = await measure();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
