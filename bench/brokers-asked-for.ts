/** The brokers that the command line asks for. */
import { custom, KNOWN } from './broker.ts';
import type { Broker } from './broker.ts';
import { UsageError } from './flags.ts';
import type { Flag, Flags } from './flags.ts';

export const BROKER_FLAG: Flag = {
  value: 'NAME[=CMD]',
  multiple: true,
  about: `may be repeated: ${Object.keys(KNOWN).join(', ')}, or a name and a command with {port} or {config}`,
};

/** Those that were asked for; else those that are there, Mosquitto first because it is the yardstick. */
export function brokersOf(flags: Flags): readonly Broker[] {
  const asked = flags.texts('broker');
  if (asked.length > 0) return asked.map(brokerOf);
  return Object.entries(KNOWN).flatMap(([name, find]) => {
    const broker = find();
    if (broker === undefined) process.stderr.write(`${name} is not installed: measuring without it.\n`);
    return broker ?? [];
  });
}

function brokerOf(asked: string): Broker {
  const [name = '', ...command] = asked.split('=');
  if (command.length > 0) return custom(name, command.join('='));
  const broker = KNOWN[name]?.();
  if (broker === undefined) throw new UsageError(`--broker: "${name}" is not known or not installed.`);
  return broker;
}
