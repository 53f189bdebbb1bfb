/** The result of a run for people: a table on a terminal, a figure a line elsewhere. */
import type { ConnectResult, MessageResult, Result, Times } from './result.ts';

const BOLD = '\u001B[1m';
const PLAIN = '\u001B[0m';
/** Columns. */
const NAME = 12;
const FIGURE = 14;

/** For a terminal; `isColoured` makes headings bold. */
export function tableOf(result: Result, isColoured: boolean): string {
  const bold = (text: string): string => (isColoured ? `${BOLD}${text}${PLAIN}` : text);
  const [title, ...parts] = 'connections' in result ? connects(result) : messages(result);
  const blocks = parts.map(([head, ...rows]) => [bold(head!), ...rows].join('\n'));
  return `${[bold(title![0]!), ...blocks].join('\n\n')}\n`;
}

/** A figure a line: easy to cut, to compare and to search. */
export function linesOf(result: Result): string {
  const flat = Object.entries(result).flatMap(([name, value]) =>
    typeof value === 'object'
      ? Object.entries(value as Times).map(([key, figure]) => [`${name}.${key}`, figure])
      : [[name, value as string | number | boolean]],
  );
  return flat.map(([name, value]) => `${name}: ${value}\n`).join('');
}

/** A number as people read it. */
export function grouped(value: number, decimals = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function messages(result: MessageResult): string[][] {
  const { publishers, subscribers, qos, payloadBytes, sent, received, lost, skipped } = result;
  const about = `${count(publishers, 'publisher')}, ${count(subscribers, 'subscriber')}, QoS ${qos}, ${payloadBytes} bytes`;
  const late = skipped > 0 ? [row('skipped', grouped(skipped))] : [];
  return [
    [titleOf(result, about)],
    [
      row('', 'messages', 'a second'),
      row('sent', grouped(sent), grouped(result.sentPerSecond)),
      row('received', grouped(received), grouped(result.receivedPerSecond)),
      row('lost', grouped(lost)),
      ...late,
    ],
    times('latency, ms', result.latencyMilliseconds),
  ];
}

function connects(result: ConnectResult): string[][] {
  const { clients, connections, connectionsPerSecond } = result;
  return [
    [titleOf(result, `${count(clients, 'client')} at a time`)],
    [row('', 'in all', 'a second'), row('connections', grouped(connections), grouped(connectionsPerSecond))],
    times('connect, ms', result.connectMilliseconds),
  ];
}

function titleOf({ scenario, host, port, tls, seconds }: Result, about: string): string {
  return `${scenario}, ${host}:${port}${tls ? ' (TLS)' : ''}: ${about}, ${grouped(seconds, 1)} s`;
}

function times(name: string, { p50, p90, p99, max }: Times): string[] {
  const figures = [p50, p90, p99, max].map((value) => grouped(value, 3));
  return [row('', 'p50', 'p90', 'p99', 'max'), row(name, ...figures)];
}

function count(number: number, thing: string): string {
  return `${grouped(number)} ${thing}${number === 1 ? '' : 's'}`;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(NAME) + cells.map((cell) => cell.padStart(FIGURE)).join('');
}
