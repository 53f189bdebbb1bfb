/** Forty weaknesses that brokers and their clients had, and what shows that this one does not have them. */

/** A test by its file and its title, or a part of the title. */
export type Proof = readonly [file: string, title: string];

/** What can be said of a weakness: tests that would find it, or why it cannot be there. `later`: what is not there yet. */
export type Answer =
  | { readonly tests: readonly Proof[]; readonly later?: string }
  | { readonly notApplicable: string };

export interface Weakness {
  readonly number: number;
  /** As it was published. */
  readonly id: string;
  readonly broker: string;
  /** Its class: what would go wrong here. */
  readonly what: string;
  readonly answer: Answer;
}

const CORE = 'test/weaknesses/core.test.ts';
const ACCESS = 'test/weaknesses/access.test.ts';
const CRASH = 'test/crash/crash.test.ts';
const POWER_CUT = 'test/crash/power/power-cut.test.ts';
const MEMORY = 'test/fuzz/memory.test.ts';
const PROCESS_MEMORY = 'test/abuse/memory.test.ts';
const CONNECTION_FUZZ: Proof = [
  'test/fuzz/connection.test.ts',
  'no bytes and no order of packets break the broker, and nothing stays behind',
];
const CHAOS: Proof = [
  'test/simulation/chaos.test.ts',
  'whatever clients send, nothing throws, all that is sent is valid, and nothing is left behind',
];
const EVERY_DELIVERY: Proof = [
  'src/broker/session.test.ts',
  'asks about every delivery: live, queued, retained, replayed, a will, shared, sent again',
];
const RIGHTS_TAKEN_BACK: Proof = [
  ACCESS,
  'a right that was taken back is gone for subscriptions that are there, kept or queued',
];
const SESSION_OF_USER: Proof = [
  CORE,
  'a session is its user’s: whoever else knows the client identifier finds nothing of it',
];

function tests(...proofs: readonly Proof[]): Answer {
  return { tests: proofs };
}

function row(number: number, id: string, broker: string, what: string, answer: Answer): Weakness {
  return { number, id, broker, what, answer };
}

export const WEAKNESSES: readonly Weakness[] = [
  row(
    1,
    'CVE-2017-7650',
    'Mosquitto',
    'a wildcard as user name or client identifier gets past an ACL pattern',
    tests(
      [ACCESS, 'a wildcard as user name or client identifier is no way around patterns'],
      [
        'src/access/acl-rules.test.ts',
        'acl: a name with +, # or / is allowed no more than a name that stands nowhere',
      ],
    ),
  ),
  row(
    2,
    'CVE-2017-7651',
    'Mosquitto',
    'a CONNECT of a stranger makes large allocations',
    tests(
      [
        PROCESS_MEMORY,
        'a CONNECT over 100,000 bytes is refused when its length is read, not when it has come',
      ],
      [PROCESS_MEMORY, 'three hundred CONNECTs that are never finished cost what they have sent'],
      [
        'src/broker/newcomers.test.ts',
        'together may send so much: beyond it those close that have sent more than a little',
      ],
      [
        'src/protocol/decoder.test.ts',
        'a decoder holds no more than about twice what has arrived, whatever was announced',
      ],
      ['src/transport/websocket-stream.test.ts', 'gets no more room than a CONNECT needs'],
    ),
  ),
  row(
    3,
    'CVE-2017-7652',
    'Mosquitto',
    'a reload without free descriptors drops the security settings',
    tests(
      [
        ACCESS,
        'a reload that finds no descriptors changes nothing: who was refused is refused, who came in comes in',
      ],
      ['test/listeners/descriptors.test.ts', 'without descriptors: one warning, clients stay'],
    ),
  ),
  row(
    4,
    'CVE-2017-7653',
    'Mosquitto',
    'a topic that is no UTF-8 makes other clients disconnect',
    tests([CORE, 'a topic that is no UTF-8 costs its sender the connection, and nobody else']),
  ),
  row(
    5,
    'CVE-2017-7654',
    'Mosquitto',
    'a malformed CONNECT leaks',
    tests([MEMORY, 'malformed CONNECTs leave the heap flat']),
  ),
  row(
    6,
    'CVE-2017-9868',
    'Mosquitto',
    'files with what clients have sent are readable by everybody',
    tests(
      [ACCESS, 'a log file is made for its owner, and perhaps his group, alone'],
      ['test/store/sqlite-trouble.test.ts', 'every file is for its owner alone, whatever the umask'],
      [
        'test/store/mosquitto-db-save.test.ts',
        'a file takes the place of the one before, for its owner alone',
      ],
    ),
  ),
  row(
    7,
    'CVE-2018-12543',
    'Mosquitto',
    'a topic that begins with $ and is not of $SYS is a crash',
    tests([CORE, 'of any kind are no trouble, retained, as a will, subscribed or published']),
  ),
  row(
    8,
    'CVE-2018-12546',
    'Mosquitto',
    'retained messages are served when their publisher has lost his right',
    tests([
      ACCESS,
      'what was retained is not served when its publisher may not publish it any more: check_retain_source',
    ]),
  ),
  row(
    9,
    'CVE-2018-12550',
    'Mosquitto',
    'an empty ACL file allows everything',
    tests([
      ACCESS,
      'an empty file, or one of comments, allows nothing; nor does one without rules for a user',
    ]),
  ),
  row(
    10,
    'CVE-2018-12551',
    'Mosquitto',
    'a damaged line of the password file is a user without a password',
    tests(
      [ACCESS, 'is refused with the line, or lets nobody in without a password'],
      ['src/access/password-file.test.ts', 'a file without users lets no user in'],
    ),
  ),
  row(
    11,
    'CVE-2018-20145',
    'Mosquitto',
    'with per_listener_settings an ACL is not applied',
    tests([
      ACCESS,
      'with per_listener_settings each listener has its own rules, and the ACL of none is forgotten',
    ]),
  ),
  row(
    12,
    'CVE-2019-11778',
    'Mosquitto',
    'a will delay longer than the session is a use after its end',
    tests(
      ['src/broker/will.test.ts', 'is cut short by an expiry that DISCONNECT shortens'],
      [
        'src/broker/will.test.ts',
        'has passed in a long sleep of the process, before the session that expires in it',
      ],
      [
        'test/simulation/sessions.test.ts',
        'sessions lose no message, send none twice, keep the order and return every identifier',
      ],
    ),
  ),
  row(
    13,
    'CVE-2019-11779',
    'Mosquitto',
    'a filter of 65,000 slashes overflows the stack',
    tests(
      ['src/topic/topic.test.ts', 'The deepest topics and filters do not recurse'],
      ['src/access/acl-rules.test.ts', 'acl: filters and topics of 201 levels, and as long as can be'],
    ),
  ),
  row(
    14,
    'CVE-2020-13849',
    'MQTT (SlowITe)',
    'keep alive 0 or 65535, or no CONNECT at all, holds a place for ever',
    tests(
      [CORE, 'keep alive 0 and 65535 are cut down to max_keepalive, or refused before 5.0'],
      [CORE, 'who sends a byte now and then has as long for its CONNECT as who sends none'],
      [
        'src/broker/newcomers.test.ts',
        'one that has been silent for five seconds makes room for another [SlowITe]',
      ],
      ['test/abuse/limits.test.ts', 'max_pending_connections: silent peers make room for a client'],
      ['test/abuse/handshakes.test.ts', 'half a handshake holds a place until somebody else needs it'],
      ['src/transport/websocket.test.ts', 'has as long as a CONNECT'],
      [
        'src/transport/proxy-protocol.test.ts',
        'a header comes in time, or not at all: drops that keep coming do not help',
      ],
    ),
  ),
  row(
    15,
    'CVE-2021-28166',
    'Mosquitto',
    'a client sends what only a server may, a CONNACK',
    tests(
      ['test/conformance/14-malformed/packets.ts', '[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a CONNACK'],
      ['test/conformance/01-connect/first-packet.ts', 'before CONNECT closes, without an answer'],
    ),
  ),
  row(
    16,
    'CVE-2021-34432',
    'Mosquitto',
    'a PUBLISH with an empty topic is a crash',
    tests([CORE, 'an empty topic closes, with or without an alias, as a will, and at any QoS']),
  ),
  row(
    17,
    'CVE-2021-34434',
    'Mosquitto',
    'a kept subscription outlives the right to it',
    tests(RIGHTS_TAKEN_BACK, EVERY_DELIVERY),
  ),
  row(
    18,
    'CVE-2021-41039',
    'Mosquitto',
    'thousands of user properties burn the processor',
    tests([
      CORE,
      'are refused with 0x97, wherever they stand; a thousand are read, delivered, retained and queued',
    ]),
  ),
  row(
    19,
    'CVE-2023-0809',
    'Mosquitto',
    'a large first packet that is no CONNECT is buffered',
    tests([
      PROCESS_MEMORY,
      '14 times 100 MB of junk as a first packet: the socket goes at the first byte, and memory stays',
    ]),
  ),
  row(
    20,
    'CVE-2023-28366',
    'Mosquitto',
    'messages of QoS 2 that are never completed leak',
    tests(
      [MEMORY, 'the same PUBLISH at QoS 2, sent for ever and never released, is held once'],
      [
        'src/broker/publishing.test.ts',
        '3.x knows no Receive Maximum; the bytes it has under way are bounded',
      ],
      [
        'src/flow/inbound.test.ts',
        'another message under the same identifier takes its place, and the first is let go',
      ],
    ),
  ),
  row(
    21,
    'CVE-2023-3592',
    'Mosquitto',
    'a will with invalid properties leaks',
    tests([MEMORY, 'malformed CONNECTs leave the heap flat']),
  ),
  row(
    22,
    'CVE-2024-8376',
    'Mosquitto',
    'SUBSCRIBE and UNSUBSCRIBE of shared and ordinary filters, in some order, are a crash',
    tests(
      CHAOS,
      CONNECTION_FUZZ,
      ['src/topic/topic.test.ts', 'FilterTree.match finds what matches says, through additions and removals'],
      ['test/simulation/shared.test.ts', 'a group works on every message, on those of QoS 2 once'],
    ),
  ),
  row(
    23,
    'CVE-2024-3935',
    'Mosquitto',
    'what a remote broker sends to a bridge with other topics is a double free',
    {
      notApplicable: 'There are no bridges yet. When there are: a hostile broker at the other end, fuzzed.',
    },
  ),
  row(
    24,
    'CVE-2024-10525',
    'libmosquitto',
    'a SUBACK without reason codes crashes the client',
    tests(
      ['test/weaknesses/client.test.ts', 'a SUBACK without reason codes is no subscription'],
      ['test/weaknesses/client.test.ts', 'any packets, whole and damaged, in any order, are survived'],
    ),
  ),
  row(
    25,
    '–',
    'mosquitto_passwd',
    'a slip on the command line stores the user name as password',
    tests(
      [
        'test/cli/passwd/slips.test.ts',
        'no slip on the command line writes a file: what is not the password never becomes one',
      ],
      ['test/cli/passwd/slips.test.ts', 'what Mosquitto 2.0 takes and drops is refused'],
    ),
  ),
  row(
    26,
    'CVE-2026-6564',
    'EMQX',
    'a session that is taken over grants the rights of another',
    tests(SESSION_OF_USER, [
      'src/broker/handshake.test.ts',
      'takes its time: nobody is let in, or taken over, before the answer',
    ]),
  ),
  row(
    27,
    'CVE-2026-8741',
    'EMQX',
    'QoS 2 and what is stored of it come apart in a crash',
    tests(
      ['src/broker/journal.test.ts', 'the release of a message of QoS 2 and its deliveries'],
      ['src/broker/held.test.ts', 'PUBLISH of QoS 2 and PUBREL to a kept session, but not PUBLISH of QoS 1'],
      [CRASH, 'nothing acknowledged is lost: persistence_durability'],
      [POWER_CUT, 'at any moment leaves a beginning: persistence_durability'],
    ),
  ),
  row(
    28,
    'CVE-2025-59946',
    'NanoMQ',
    'subscriptions that come and go while a message is delivered are a race',
    tests(CHAOS, [
      'test/simulation/shared.test.ts',
      'a group works on every message, on those of QoS 2 once',
    ]),
  ),
  row(
    29,
    'CVE-2026-22040',
    'NanoMQ',
    'a storm of connections under one client identifier is a race',
    tests([CORE, 'a storm of connections under one identifier leaves one, and one session'], CONNECTION_FUZZ),
  ),
  row(
    30,
    'CVE-2026-25627',
    'NanoMQ',
    'in a WebSocket frame the remaining length may be more than there is',
    tests(
      [
        'src/transport/websocket-stream.test.ts',
        '[MQTT-6.0.0-2] several in one, one in several, in pieces of one byte',
      ],
      ['src/transport/websocket-stream.test.ts', 'what is wrong with MQTT in them closes as always'],
      [
        'src/protocol/fuzz.test.ts',
        'bytes that look like packets give packets or a ProtocolError, and do give packets',
      ],
    ),
  ),
  row(
    31,
    'CVE-2026-21888',
    'NanoMQ',
    'a remaining length of five bytes is accepted',
    tests(
      ['test/conformance/14-malformed/packets.ts', '[MQTT-1.5.5-1] a Remaining Length of five bytes'],
      ['src/protocol/fuzz.test.ts', 'any bytes give packets or a ProtocolError'],
    ),
  ),
  row(
    32,
    'CVE-2024-48080, GHSA-xxqp-5qx8-gj5q',
    'Aedes',
    'a crafted topic, or one of more than 100 levels, throws and ends the process',
    tests(CONNECTION_FUZZ, CHAOS, [
      'src/topic/topic.test.ts',
      'The deepest topics and filters do not recurse',
    ]),
  ),
  row(
    33,
    'mqtt-packet #83, #157',
    'Aedes, MQTT.js',
    'a will of QoS 3, a wrong protocol name, a missing client identifier are accepted',
    tests(
      ['test/conformance/01-connect/fields.ts', '[MQTT-3.1.2-12] [3.1.1:MQTT-3.1.2-14] Will QoS 3'],
      ['test/conformance/01-connect/protocol.ts', '[MQTT-3.1.2-1] [3.1.1:MQTT-3.1.2-1] the protocol name'],
      ['test/conformance/01-connect/protocol.ts', '[MQTT-3.1.2-2] [MQTT-3.2.2-7] level'],
    ),
  ),
  row(34, 'CVE-2024-50948', 'Mochi', 'a crafted request ends the broker', tests(CONNECTION_FUZZ, CHAOS)),
  row(
    35,
    'CVE-2026-42209',
    'FlashMQ',
    'a number of the configuration leads to a division by zero',
    tests([CORE, 'its smallest, its largest, and what lies beside them, break nothing']),
  ),
  row(
    36,
    'CVE-2026-27571, CVE-2026-27889',
    'NATS',
    'a compressed WebSocket frame grows without bound, before authentication',
    tests(
      ['src/transport/websocket-stream.test.ts', 'a message is bounded by what it grows to'],
      ['src/transport/websocket-stream.test.ts', 'gets no more room than a CONNECT needs'],
      ['src/transport/websocket-stream.test.ts', 'what was not compressed at all closes'],
    ),
  ),
  row(
    37,
    'CVE-2026-33215, CVE-2026-33217',
    'NATS',
    'a client identifier is enough to get a session; topics of the broker itself are open to clients',
    tests(SESSION_OF_USER, [CORE, 'of the broker are closed to clients']),
  ),
  row(
    38,
    'NATS 2026-26',
    'NATS',
    'retained messages and those sent again are not checked',
    tests(EVERY_DELIVERY, RIGHTS_TAKEN_BACK),
  ),
  row(
    39,
    'NATS 2026-16, 2026-18',
    'NATS',
    'the port of the cluster is open; an allowing rule beats a denying one',
    {
      tests: [[ACCESS, 'deny wins, whatever else allows']],
      later: 'The cluster, which does not exist yet: its links need authentication on both sides.',
    },
  ),
  row(
    40,
    'sol #17',
    'sol',
    'a connection whose client identifier was taken over goes on listening',
    tests([
      CORE,
      'who takes a client identifier over closes the connection that had it, before anything is answered',
    ]),
  ),
];
