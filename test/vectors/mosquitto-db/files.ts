/** Files of Mosquitto, versions 2 to 6, byte by byte after their layouts, and what they say. */
import type { Change } from '../../../src/broker/change.ts';
import { NO_PROPERTIES } from '../../../src/protocol/properties.ts';

/** When the files are read: milliseconds since 1970. 2026-01-01. */
export const NOW = 1_767_225_600_000;
/** In the files: 1767312000 (2026-01-02), little-endian. */
const TOMORROW = '800a576900000000';
const TOMORROW_MS = 1_767_312_000_000;
/** In the files: 1767139200 (2025-12-31). */
const YESTERDAY = '8067546900000000';

const NEVER = 0xffff_ffff;

export interface FileVector {
  readonly name: string;
  readonly bytes: readonly string[];
  readonly changes: readonly Change[];
  readonly warnings?: readonly string[];
}

function header(version: number): string {
  return `00b500 "mosquitto db" 00000000 0000000${version}`;
}

const RETAINED_MESSAGE = {
  topic: 'r/1',
  payload: Buffer.from('x'),
  qos: 1,
  retain: true,
  properties: NO_PROPERTIES,
  expiresAt: 0,
  publisher: 'pubx',
  username: undefined,
  port: 0,
} as const;

const QUEUED_MESSAGE = {
  ...RETAINED_MESSAGE,
  topic: 'q/ä',
  payload: Buffer.from('hello'),
  qos: 2,
  retain: false,
  username: 'bob',
  port: 1883,
} as const;

const SESSION = {
  clientId: 'dur',
  username: undefined,
  port: 0,
  expiryInterval: NEVER,
  expiresAt: 0,
  willAt: 0,
  seenAt: NOW,
} as const;

const SUBSCRIPTION = {
  filter: 'q/#',
  qos: 2,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
  isReplaying: false,
} as const;

const DELIVERY = {
  clientId: 'dur',
  messageId: 2,
  direction: 'out',
  qos: 2,
  retain: false,
  packetId: 0,
  state: 'waiting',
  identifiers: undefined,
} as const;

/** What versions 2 to 4 say, but for what they have no place for. */
function oldChanges(
  queued: { readonly username: string | undefined; readonly port: number },
  seenAt: number = NOW,
): readonly Change[] {
  return [
    { kind: 'message kept', id: 1, message: RETAINED_MESSAGE },
    { kind: 'message kept', id: 2, message: { ...QUEUED_MESSAGE, ...queued } },
    { kind: 'retained', topic: 'r/1', id: 1 },
    { kind: 'session', session: { ...SESSION, seenAt } },
    { kind: 'subscribed', clientId: 'dur', subscription: SUBSCRIPTION },
    {
      kind: 'delivery',
      key: 1,
      delivery: { ...DELIVERY, direction: 'in', packetId: 7, state: 'published' },
    },
    { kind: 'delivery', key: 2, delivery: { ...DELIVERY, packetId: 3, state: 'released' } },
    { kind: 'delivery', key: 3, delivery: DELIVERY },
  ];
}

const NOBODY = { username: undefined, port: 0 };

/** Chunks that versions 2 to 4 have alike. */
const OLD = {
  config: '0001 0000000a  01 08 1fcc266ffcb60400',
  retainedMessage: '0002 0000001e  1fcc266ffcb60400 0004"pubx" 0001 0000 0003"r/1" 01 01 00000001"x"',
  queuedMessage: '0002 00000023  0200000000000000 0004"pubx" 0007 0000 0004"q/ä" 02 00 00000005"hello"',
  incoming: '0003 00000014  0003"dur" 0200000000000000 0007 02 00 00 07 00',
  released: '0003 00000014  0003"dur" 0200000000000000 0003 02 00 01 09 01',
  queued: '0003 00000014  0003"dur" 0200000000000000 0004 02 00 01 0b 00',
  subscription: '0005 0000000b  0003"dur" 0003"q/#" 02',
  retained: '0004 00000008  1fcc266ffcb60400',
} as const;

const { config, retainedMessage, queuedMessage, incoming, released, queued, subscription, retained } = OLD;
const AFTER_CLIENT = [incoming, released, queued, subscription, retained] as const;

/** Versions 5 and 6. */
const NEW = {
  config: '00000001 00000010  1fcc266ffcb60400 01 08 000000000000',
  retainedMessage:
    '00000002 00000028  1fcc266ffcb60400 0000000000000000 00000001 0001 0004 0000 0003 0000 01 01 "pubx" "r/1" "x"',
  queuedMessage: `00000002 00000047  ffffffffffffffff ${TOMORROW} 00000005 0007 0004 0003 0004 075b 02 00
    "pubx" "bob" "q/ä" "hello"  16 01 01 03 0001"t" 08 0001"r" 09 0002"cd" 26 0001"k" 0001"v"`,
  incoming: '00000003 00000013  ffffffffffffffff 0007 0003 02 07 00 00 "dur"',
  released: '00000003 00000013  ffffffffffffffff 0003 0003 02 09 01 01 "dur"',
  queued: '00000003 00000017  ffffffffffffffff 0004 0003 02 0b 10 01 "dur" 03 0bac02',
  subscription: '00000005 00000012  0000012c 0003 0003 02 2c 0000 "dur" "q/#"',
  retained: '00000004 00000008  1fcc266ffcb60400',
} as const;

const NEW_AFTER_CLIENT = [NEW.incoming, NEW.released, NEW.queued, NEW.subscription, NEW.retained] as const;

function newChanges(session: Extract<Change, { kind: 'session' }>['session']): readonly Change[] {
  const properties = {
    payloadFormatIndicator: 1,
    contentType: 't',
    responseTopic: 'r',
    correlationData: Buffer.from('cd'),
    userProperties: [['k', 'v']] as const,
  };
  return [
    { kind: 'message kept', id: 1, message: RETAINED_MESSAGE },
    { kind: 'message kept', id: 2, message: { ...QUEUED_MESSAGE, expiresAt: TOMORROW_MS, properties } },
    { kind: 'retained', topic: 'r/1', id: 1 },
    { kind: 'session', session },
    {
      kind: 'subscribed',
      clientId: 'dur',
      subscription: {
        ...SUBSCRIPTION,
        noLocal: true,
        retainAsPublished: true,
        retainHandling: 2,
        identifier: 300,
        isReplaying: false,
      },
    },
    {
      kind: 'delivery',
      key: 1,
      delivery: { ...DELIVERY, direction: 'in', packetId: 7, state: 'published' },
    },
    { kind: 'delivery', key: 2, delivery: { ...DELIVERY, packetId: 3, state: 'released' } },
    { kind: 'delivery', key: 3, delivery: { ...DELIVERY, retain: true, identifiers: [300] } },
  ];
}

/** Files that are read. */
export const FILES: readonly FileVector[] = [
  {
    name: 'version 2',
    bytes: [
      header(2),
      config,
      retainedMessage,
      queuedMessage,
      '0006 00000007  0003"dur" 0004',
      ...AFTER_CLIENT,
    ],
    changes: oldChanges(NOBODY),
  },
  {
    name: 'version 3',
    bytes: [
      header(3),
      config,
      retainedMessage,
      queuedMessage,
      `0006 0000000f  0003"dur" 0004 ${YESTERDAY}`,
      ...AFTER_CLIENT,
    ],
    changes: oldChanges(NOBODY, NOW - 86_400_000),
  },
  {
    name: 'version 3 of a 32-bit system',
    bytes: [
      header(3),
      config,
      retainedMessage,
      queuedMessage,
      `0006 0000000b  0003"dur" 0004 ${YESTERDAY.slice(0, 8)}`,
      ...AFTER_CLIENT,
    ],
    changes: oldChanges(NOBODY, NOW - 86_400_000),
  },
  {
    name: 'version 4',
    bytes: [
      header(4),
      config,
      '0002 00000022  1fcc266ffcb60400 0004"pubx" 0000 0000 0001 0000 0003"r/1" 01 01 00000001"x"',
      '0002 0000002a  0200000000000000 0004"pubx" 0003"bob" 075b 0007 0000 0004"q/ä" 02 00 00000005"hello"',
      '0006 0000000f  0003"dur" 0004 0000000000000000',
      ...AFTER_CLIENT,
    ],
    changes: oldChanges({ username: 'bob', port: 1883 }),
  },
  {
    name: 'version 5',
    bytes: [
      header(5),
      NEW.config,
      NEW.retainedMessage,
      NEW.queuedMessage,
      '00000006 00000013  0000000000000000 ffffffff 0004 0003 "dur"',
      ...NEW_AFTER_CLIENT,
    ],
    changes: newChanges(SESSION),
  },
  {
    name: 'version 6',
    bytes: [
      header(6),
      NEW.config,
      NEW.retainedMessage,
      NEW.queuedMessage,
      `00000006 0000001e  ${TOMORROW} 00015180 0004 0003 075b 0003 00000000 "dur" "eve"`,
      ...NEW_AFTER_CLIENT,
    ],
    changes: newChanges({
      ...SESSION,
      username: 'eve',
      port: 1883,
      expiryInterval: 86_400,
      expiresAt: TOMORROW_MS,
    }),
  },
  {
    name: "the reference's example",
    bytes: [
      header(6),
      NEW.config,
      '00000002 00000028  1fcc266ffcb60400 0000000000000000 00000001 0001 0004 0000 0003 5605 01 01 "pubx" "r/1" "x"',
      NEW.retained,
    ],
    changes: [
      { kind: 'message kept', id: 1, message: { ...RETAINED_MESSAGE, port: 22_021 } },
      { kind: 'retained', topic: 'r/1', id: 1 },
    ],
  },
  { name: 'nothing', bytes: [], changes: [], warnings: ['Warning: Persistence file is empty.'] },
  { name: 'a header alone', bytes: [header(6)], changes: [] },
  {
    name: 'expired messages, and what refers to them',
    bytes: [
      header(6),
      `00000002 00000028  0100000000000000 ${YESTERDAY} 00000001 0001 0004 0000 0003 0000 01 01 "pubx" "r/1" "x"`,
      '00000006 0000001b  0000000000000000 ffffffff 0004 0003 0000 0000 00000000 "dur"',
      '00000003 00000013  0100000000000000 0004 0003 01 0b 00 01 "dur"',
      '00000004 00000008  0100000000000000',
    ],
    changes: [{ kind: 'session', session: SESSION }],
  },
  {
    name: 'a message that nobody refers to any more',
    bytes: [header(6), NEW.retainedMessage],
    changes: [],
  },
  {
    name: 'a subscription and a message of clients that are not in the file',
    bytes: [
      header(6),
      NEW.retainedMessage,
      '00000003 00000011  1fcc266ffcb60400 0004 0001 01 0b 00 01 "a"',
      '00000005 00000010  00000000 0001 0003 00 00 0000 "b" "q/#"',
    ],
    changes: [
      { kind: 'message kept', id: 1, message: RETAINED_MESSAGE },
      { kind: 'session', session: { ...SESSION, clientId: 'a' } },
      { kind: 'session', session: { ...SESSION, clientId: 'b' } },
      { kind: 'subscribed', clientId: 'b', subscription: { ...SUBSCRIPTION, qos: 0 } },
      { kind: 'delivery', key: 1, delivery: { ...DELIVERY, clientId: 'a', messageId: 1, qos: 1 } },
    ],
  },
  {
    name: 'a session that ended with its connection',
    bytes: [
      header(6),
      NEW.retainedMessage,
      '00000006 0000001b  0000000000000000 00000000 0004 0003 0000 0000 00000000 "dur"',
      '00000003 00000013  1fcc266ffcb60400 0004 0003 01 0b 00 01 "dur"',
      NEW.subscription,
    ],
    changes: [],
  },
  {
    name: "a user name that is Mosquitto's memory",
    bytes: [
      header(6),
      '00000006 00000022  0000000000000000 ffffffff 0004 0003 075b 0007 00000000 "dur" "eve" 00d47f00',
    ],
    changes: [{ kind: 'session', session: { ...SESSION, port: 1883 } }],
  },
  {
    name: 'deliveries in every state',
    bytes: [
      header(6),
      NEW.retainedMessage,
      ...['00', '01', '02', '03', '04', '05', '06', '07', '08', '09', '0a', '0b'].map(
        (state, at) =>
          `00000003 00000013  1fcc266ffcb60400 00${(at + 16).toString(16)} 0003 02 ${state} 01 01 "dur"`,
      ),
      '00000003 00000013  1fcc266ffcb60400 0003 0003 02 08 01 00 "dur"', // its PUBREL has come
      '00000003 00000013  1fcc266ffcb60400 0001 0003 01 02 00 01 "dur"', // never sent
      '00000003 00000013  1fcc266ffcb60400 0002 0003 01 09 00 01 "dur"', // no state of QoS 1
      '00000003 00000013  1fcc266ffcb60400 0002 0003 01 03 01 01 "dur"', // in flight already
      '00000003 00000013  1fcc266ffcb60400 0000 0003 00 01 00 01 "dur"',
    ],
    changes: [
      { kind: 'message kept', id: 1, message: RETAINED_MESSAGE },
      { kind: 'session', session: SESSION },
      ...(
        [
          [2, 0, 'waiting'],
          [2, 0, 'waiting'],
          [2, 18, 'published'],
          [2, 19, 'published'],
          [2, 20, 'published'],
          [2, 21, 'published'],
          [2, 22, 'released'],
          [2, 0, 'waiting'],
          [2, 0, 'waiting'],
          [2, 25, 'released'],
          [2, 0, 'waiting'],
          [2, 0, 'waiting'],
          [1, 0, 'waiting'],
          [1, 2, 'published'],
          [1, 0, 'waiting'],
          [0, 0, 'waiting'],
        ] as const
      ).map(([qos, packetId, state], at): Change => ({
        kind: 'delivery',
        key: at + 1,
        delivery: { ...DELIVERY, messageId: 1, qos, packetId, state },
      })),
    ],
  },
  {
    name: 'what has no name, what nobody knows, what is not there, what MQTT does not allow',
    bytes: [
      header(6),
      NEW.retainedMessage,
      '00000007 00000003  010203',
      '00000006 00000018  0000000000000000 ffffffff 0004 0000 0000 0000 00000000',
      '00000003 00000010  1fcc266ffcb60400 0004 0000 01 0b 00 01',
      '00000005 0000000f  00000000 0000 0003 00 00 0000 "q/#"',
      '00000005 0000000f  00000000 0003 0000 00 00 0000 "dur"',
      '00000004 00000008  0900000000000000',
      '00000005 00000011  00000000 0003 0002 00 00 0000 "dur" "a#"',
      '00000006 0000001a  0000000000000000 ffffffff 0004 0002 0000 0000 00000000 c328',
      '00000002 00000027  0300000000000000 0000000000000000 00000001 0001 0004 0000 0002 0000 01 01 "pubx" "+/" "x"',
      '00000004 00000008  0300000000000000',
    ],
    changes: [],
    warnings: [
      'Warning: Unsupported chunk "7" in persistent database file. Ignoring.',
      'Warning: Empty client entry found in persistence database, it may be corrupt.',
      'Warning: Persistence file contains client message with no matching client. File may be corrupt.',
      'Warning: Persistence found a subscription with no client id, ignoring.',
      'Warning: Persistence found a subscription with no topic filter, ignoring.',
      'Warning: Message 9 is not in the persistence file, but referred to at byte 184. Ignoring.',
      'Warning: A subscription in the persistence file is one that MQTT does not allow, and is left out: "a#" at byte 200.',
      'Warning: A client in the persistence file is one that MQTT does not allow, and is left out: "\uFFFD(" at byte 225.',
      'Warning: A message in the persistence file is one that MQTT does not allow, and is left out: "+/" at byte 259.',
    ],
  },
];

/** Files that are refused, and the words for that. */
export const REFUSED: readonly { readonly bytes: readonly string[]; readonly message: string }[] = [
  {
    bytes: ['"SQLite format 3" 00'],
    message: 'Error: Unable to restore persistent database. Unrecognised file format.',
  },
  {
    bytes: ['00b501 "mosquitto db" 00000000 00000006'],
    message: 'Error: Unable to restore persistent database. Unrecognised file format.',
  },
  {
    bytes: ['00b500 "mosq"'],
    message: 'Error: Corrupt persistent database: the file ends within its header at byte 0.',
  },
  ...[1, 7].map((version) => ({
    bytes: [header(version)],
    message: `Error: Unsupported persistent database format version ${version} (need version 6).`,
  })),
  ...[
    ['2', '0001 0000000a  01 04 1fcc266ffcb60400'],
    ['6', '00000001 00000010  1fcc266ffcb60400 01 04 000000000000'],
  ].map(([version, chunk]) => ({
    bytes: [header(Number(version)), chunk!],
    message: 'Error: Incompatible database configuration (dbid size is 4 bytes, expected 8).',
  })),
  ...[
    ['00000004 0000', "the file ends within a chunk's header"],
    ['00000004 00000008 1fcc266f', 'the file ends within the chunk'],
    ['00000004 00000004 1fcc266f', 'a chunk that ends within its fields'],
    ['00000004 00000009 1fcc266ffcb6040000', 'a chunk that goes on behind its fields'],
    ['00000063 ffffffff', 'the file ends within the chunk'],
    [
      '00000002 00000020  0000000000000000 0000000000000000 10000000 0001 0000 0000 0000 0000 01 01',
      'a payload of 268435456 bytes',
    ],
    [
      '00000002 00000022  0000000000000000 0000000000000000 00000000 0001 0000 0000 0001 0000 03 01 "a" 00',
      'a QoS of 3',
    ],
    [
      '00000002 00000023  0000000000000000 0000000000000000 00000000 0001 0000 0000 0001 0000 01 01 "a" 0163',
      'property 99 in PUBLISH',
    ],
  ].map(([chunk, problem]) => ({
    bytes: [header(6), chunk!],
    message: `Error: Corrupt persistent database: ${problem} at byte 23.`,
  })),
];
