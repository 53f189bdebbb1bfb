/** The topics of `$SYS/broker/` that Mosquitto 2.1 publishes, and what their values look like. */

const COUNT = /^\d+$/;
const RATE = /^\d+\.\d\d$/;

const COUNTS = [
  'bytes/received',
  'bytes/sent',
  'clients/active',
  'clients/connected',
  'clients/disconnected',
  'clients/expired',
  'clients/inactive',
  'clients/maximum',
  'clients/total',
  'connections/socket/count',
  'heap/current',
  'heap/maximum',
  'messages/received',
  'messages/sent',
  'messages/stored',
  'packet/out/bytes',
  'packet/out/count',
  'publish/bytes/received',
  'publish/bytes/sent',
  'publish/messages/dropped',
  'publish/messages/received',
  'publish/messages/sent',
  'retained messages/count',
  'shared_subscriptions/count',
  'store/messages/bytes',
  'store/messages/count',
  'subscriptions/count',
] as const;

const LOADS = [
  'bytes/received',
  'bytes/sent',
  'connections',
  'messages/received',
  'messages/sent',
  'publish/dropped',
  'publish/received',
  'publish/sent',
  'sockets',
] as const;

/** Every topic and the form of its value. */
export const TOPICS: ReadonlyMap<string, RegExp> = new Map([
  ['$SYS/broker/version', /^mosquitto version \d+\.\d+\.\d+( \(Zanzara \d+\.\d+\.\d+\))?$/],
  ['$SYS/broker/uptime', /^\d+ seconds$/],
  ...COUNTS.map((name): [string, RegExp] => [`$SYS/broker/${name}`, COUNT]),
  ...LOADS.flatMap((name) =>
    [1, 5, 15].map((minutes): [string, RegExp] => [`$SYS/broker/load/${name}/${minutes}min`, RATE]),
  ),
]);

/** Topics that came with 2.1: the Debian's mosquitto does not have them. */
export const NEW: ReadonlySet<string> = new Set(
  ['connections/socket/count', 'packet/out/bytes', 'packet/out/count'].map((name) => `$SYS/broker/${name}`),
);
