/** Logs made comparable: without what differs from run to run, and sorted by the client that a line is about. */

/** Everybody who takes part in the walk. */
const CLIENTS = [
  'zhoujing',
  'JY_API_PUSH_CLIENT',
  '36383A64663A6464003V0',
  '33303A33393A3236003V0',
  '351BBJKFX62C1',
] as const;

/** The first line of a connection says nothing of the client yet. */
const OPENING = /New connection from|"connectionOpened"/;

/** Times, addresses and ports have the right form: then they read TIME, ADDRESS and PORT. */
function normalised(line: string): string {
  return line
    .replace(/^1\d{9}: /, 'TIME: ')
    .replace(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"time":"TIME"')
    .replace(/\b(\d+\.){3}\d+:\d+/, 'ADDRESS:PORT')
    .replace(/\b(\d+\.){3}\d+/, 'ADDRESS')
    .replace(/ on port \d+\./, ' on port PORT.')
    .replaceAll(/"(port|listenerPort)":\d+/g, '"$1":PORT');
}

/**
 * The lines of a log by the client they are about, in order. A line that names nobody belongs to the client of the
 * line before it, and the opening of a connection to the next client that is named.
 */
export function linesByClient(log: string): Map<string, string[]> {
  const groups = new Map<string, string[]>(CLIENTS.map((client) => [client, []]));
  let opening: string[] = [];
  let group: string[] = [];
  for (const line of log.trim().split('\n').map(normalised)) {
    const client = CLIENTS.find((id) => line.includes(id));
    if (client !== undefined) {
      group = groups.get(client)!;
      group.push(...opening);
      opening = [];
    }
    (OPENING.test(line) ? opening : group).push(line);
  }
  return groups;
}

/** The lines of `wanted` that `lines` does not have, or not in this order. */
export function missingInOrder(wanted: readonly string[], lines: readonly string[]): string[] {
  let at = 0;
  return wanted.filter((line) => {
    const found = lines.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}
