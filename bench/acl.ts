/** `node bench/acl.ts`: what a question to an ACL file costs. In one process, without sockets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aclFile } from '../src/access/acl-file.ts';
import type { Backend } from '../src/access/backend.ts';
import { AccessChain } from '../src/access/chain.ts';
import { SILENT } from '../src/base/log.ts';
import type { MessageView, Principal } from '../src/broker/access.ts';
import { figure, toText } from './table.ts';

/** Questions of one run, and runs of which the quickest counts. */
const QUESTIONS = 1_000_000;
const RUNS = 5;

const MESSAGE: MessageView = { payload: new Uint8Array(), qos: 0, retain: false, properties: {} };

interface Scenario {
  readonly name: string;
  /** The ACL file; none asks a chain without backends. */
  readonly acl?: string;
  readonly clients: readonly Principal[];
  readonly topics: readonly string[];
}

const list = (length: number, line: (at: number) => string): string[] =>
  Array.from({ length }, (_, at) => fresh(line(at)));

/** The same text as another string, as what was decoded from a packet is no string of the file. */
function fresh(text: string): string {
  return Buffer.from(text).toString();
}

const clients = (count: number): Principal[] =>
  list(count, (at) => `user${at}`).map((username, at) => ({ clientId: fresh(`client${at}`), username }));

/** As many rules for one user as `count` says. */
const rulesOf = (count: number): string =>
  `user user0\n${list(count, (at) => `topic read in/${at}/#`).join('\n')}`;

const USERS = 10_000;
const PUBLIC = list(
  USERS,
  (at) => `user user${at}\ntopic read public/#\ntopic readwrite home/user${at}/#`,
).join('\n');
const NEW_TOPICS = 20_000;

const SCENARIOS: readonly Scenario[] = [
  { name: 'no ACL file', clients: clients(1), topics: list(64, (at) => `in/${at}/x`) },
  ...[10, 1000].flatMap((count): Scenario[] => {
    const base = { acl: rulesOf(count), clients: clients(1) };
    return [
      { ...base, name: `${count} rules, one topic, allowed`, topics: ['in/5/x'] },
      {
        ...base,
        name: `${count} rules, 64 topics, allowed`,
        topics: list(64, (at) => `in/${at % count}/x${at}`),
      },
      { ...base, name: `${count} rules, 64 topics, denied`, topics: list(64, (at) => `out/${at}/x`) },
      {
        ...base,
        name: `${count} rules, ever new topics, allowed`,
        topics: list(NEW_TOPICS, (at) => `in/${at % count}/x${at}`),
      },
    ];
  }),
  { name: '10,000 users, one topic to all', acl: PUBLIC, clients: clients(USERS), topics: ['public/x'] },
  {
    name: '10,000 users, 64 topics',
    acl: PUBLIC,
    clients: clients(USERS),
    topics: list(64, (at) => `public/${at}`),
  },
  {
    name: '10,000 users, a home each',
    acl: PUBLIC,
    clients: clients(2000),
    topics: list(2000, (at) => `home/user${at}/x`),
  },
  {
    name: 'pattern %u, 10,000 clients, one topic',
    acl: 'pattern read home/%u/#',
    clients: clients(USERS),
    topics: ['home/user7/x'],
  },
  {
    name: 'pattern %u, a home each',
    acl: 'pattern read home/%u/#',
    clients: clients(2000),
    topics: list(2000, (at) => `home/user${at}/x`),
  },
  {
    name: '201 levels, ever new topics',
    acl: `topic read #\nuser user0\ntopic read ${'+/'.repeat(200)}#`,
    clients: clients(1),
    topics: list(NEW_TOPICS, (at) => `${'a/'.repeat(200)}${at}`),
  },
];

function load(text: string): Backend {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'));
  try {
    const path = join(folder, 'acl');
    writeFileSync(path, text, { mode: 0o600 });
    const read = aclFile(path, { allowSymlinks: false, log: SILENT });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return read.value;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Nanoseconds per question, and the share of those allowed. */
function measure({ acl, clients: who, topics }: Scenario): { nanoseconds: number; allowed: number } {
  const chain = new AccessChain(acl === undefined ? [] : [load(acl)]);
  let allowed = 0;
  const ask = (): number => {
    allowed = 0;
    const start = process.hrtime.bigint();
    for (let at = 0; at < QUESTIONS; at++)
      if (chain.mayReceive(who[at % who.length]!, topics[at % topics.length]!, MESSAGE)) allowed++;
    return Number(process.hrtime.bigint() - start) / QUESTIONS;
  };
  return { nanoseconds: Math.min(...Array.from({ length: RUNS }, ask)), allowed: allowed / QUESTIONS };
}

const rows = SCENARIOS.map((scenario) => {
  const { nanoseconds, allowed } = measure(scenario);
  return [scenario.name, figure(nanoseconds), `${figure(allowed * 100)}%`];
});
const start = performance.now();
load(PUBLIC);
rows.push(['reading a file of 20,000 rules, ms', figure(performance.now() - start), '']);
process.stdout.write(toText({ head: ['', 'ns', 'allowed'], rows, words: 1 }));
