/** What `zanzara bench --help` says, from the rows of the options and of the scenarios. */
import { BENCH_OPTIONS } from './options.ts';
import { SCENARIOS } from './scenarios.ts';

/** Columns of the names. */
const NAMES = 24;

export function usage(): string {
  const scenarios = Object.entries(SCENARIOS).map(([name, { about }]) => described(name, about));
  const options = BENCH_OPTIONS.map(({ names, value, about }) =>
    described([names.join(', '), value ?? []].flat().join(' '), about),
  );
  return `Usage: zanzara bench SCENARIO [options]

Loads a broker with clients of MQTT 3.1.1, and tells what it did.

Scenarios
${scenarios.join('\n')}

Options
${options.join('\n')}

Topics are below zanzara-bench/. Exit status: 0, or 1 if the broker cannot be reached or refuses.
The manual page, zanzara-bench(1), says more.
`;
}

function described(names: string, about: string): string {
  return `  ${names.padEnd(NAMES)} ${about}`;
}
