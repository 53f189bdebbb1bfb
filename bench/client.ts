/** `npm run bench:client`: the client library beside MQTT.js. */
import { clientTable, measureClients, sizes } from './client/beside.ts';
import { LIBRARIES } from './client/library.ts';
import { PAYLOAD_BYTES, WINDOW } from './client/task.ts';
import { commandLine, readFlags, runProgram } from './flags.ts';
import { describe, machine } from './machine.ts';
import { besidePage, writeJson, writePart } from './page.ts';
import { toMarkdown, toText } from './table.ts';

const ABOUT = Object.entries(LIBRARIES)
  .map(([name, { about }]) => `${name}: ${about}.`)
  .join(' ');

const PROGRAM = {
  usage: 'npm run bench:client -- [options]',
  about: `Publishes and receives messages of ${PAYLOAD_BYTES} bytes with each library, in turns, and prints medians.
At QoS 1 up to ${WINDOW} messages are not acknowledged. Ratios are to the first library.`,
  flags: {
    rounds: { value: 'N', about: 'how often each is run (3)' },
    seconds: { value: 'S', about: 'how long each run is measured (3)' },
    write: { about: 'rewrites the table in docs/client.md, and docs/performance/client.json' },
  },
};

await runProgram(async () => {
  const argv = process.argv.slice(2);
  const flags = readFlags(PROGRAM, argv);
  const [rounds, seconds] = [flags.number('rounds', 3), flags.number('seconds', 3)];
  const results = await measureClients(rounds, seconds);
  const size = await sizes();
  process.stdout.write(`${ABOUT}\n\n${toText(clientTable(results))}${size}\n`);
  if (flags.has('write')) {
    const command = commandLine('npm run bench:client', argv);
    const about = `${describe(machine())} Medians of ${rounds} rounds of ${seconds} s. ${ABOUT}`;
    writeJson(besidePage('client.json'), { command, machine: machine(), rounds, seconds, results, size });
    const part = [`\`\`\`sh\n${command}\n\`\`\``, about, toMarkdown(clientTable(results)), size];
    writePart('client', part.join('\n\n'), 'client.md');
  }
  process.exit(0);
});
