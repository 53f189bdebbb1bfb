/** What people do with mosquitto_pub, mosquitto_sub and mosquitto_rr. */
import { EVERYTHING } from './stage.ts';
import type { Play } from './stage.ts';

/** The plays by their titles. */
export const PLAYS: Map<string, Play> = new Map();

const VERSIONS = ['31', '311', '5'] as const;
const QOS = ['0', '1', '2'] as const;
const show = ['-F', EVERYTHING] as const;

for (const version of VERSIONS) {
  const v = ['-V', version] as const;
  for (const qos of QOS) {
    PLAYS.set(`${version} QoS ${qos}, retained and not, to every QoS`, async (stage) => {
      const { topic } = stage;
      const t = ['-t', topic] as const;
      for (const granted of QOS)
        await stage.sub(`live${granted}`, ...v, ...t, '-q', granted, '-C', '2', ...show);
      await stage.pub(...v, ...t, '-q', qos, '-m', 'not retained');
      await stage.pub(...v, ...t, '-q', qos, '-m', 'retained', '-r');
      await stage.end('live0', 'live1', 'live2');
      for (const granted of QOS) {
        await stage.sub(`late${granted}`, ...v, ...t, '-q', granted, '-C', '1', ...show);
        await stage.end(`late${granted}`);
      }
      await stage.pub(...v, ...t, '-q', qos, '-r', '-n');
      await stage.sub('last', ...v, ...t, '-q', '2', '-C', '1', ...show);
      await stage.pub(...v, ...t, '-q', qos, '-m', 'after');
      await stage.end('last');
    });

    for (const retain of [false, true]) {
      PLAYS.set(`${version} will at QoS ${qos}${retain ? ', retained' : ''}`, async (stage) => {
        const { topic } = stage;
        const will = ['--will-topic', `${topic}/will`, '--will-payload', 'gone', '--will-qos', qos];
        if (retain) will.push('--will-retain');
        const marker = [...v, '-q', qos, '-t', `${topic}/marker`, '-m', 'marker'];
        await stage.sub('heir', ...v, '-t', `${topic}/#`, '-q', '2', '-C', '3', ...show);
        await stage.sub('lost', ...v, '-t', 'nothing', ...will);
        await stage.kill('lost');
        await stage.sub('late', ...v, '-t', `${topic}/#`, '-q', '2', '-C', retain ? '2' : '1', ...show);
        await stage.pub(...marker);
        await stage.sub('polite', ...v, '-t', 'nothing', '-E', ...will);
        await stage.end('polite');
        await stage.pub(...marker);
        await stage.end('late', 'heir');
      });
    }
  }

  PLAYS.set(`${version} a session that stays: what was queued, in order`, async (stage) => {
    const { topic } = stage;
    const session = [...v, '-c', '-t', `${topic}/#`, '-q', '2', ...show];
    await stage.sub('sleeper', ...session, '-E');
    await stage.end('sleeper');
    for (const [at, qos] of ['1', '2', '0', '1', '2'].entries()) {
      await stage.pub(...v, '-t', `${topic}/${at}`, '-q', qos, '-m', `${at}`);
    }
    await stage.sub('sleeper', ...session, '-C', '4');
    await stage.end('sleeper');
  });

  PLAYS.set(`${version} several filters, overlapping ones, and -T`, async (stage) => {
    const { topic } = stage;
    const filters = [`${topic}/a`, `${topic}/+`, `${topic}/b/#`].flatMap((filter) => ['-t', filter]);
    await stage.sub('reader', ...v, ...filters, '-q', '1', '-T', `${topic}/hidden`, '-C', '5', ...show);
    for (const name of ['b', 'hidden', 'b/c', 'b/c/d', 'c']) {
      await stage.pub(...v, '-t', `${topic}/${name}`, '-q', '1', '-m', name);
    }
    await stage.end('reader');
  });

  PLAYS.set(`${version} lines of standard input, and all of it`, async (stage) => {
    const t = [...v, '-t', stage.topic];
    await stage.sub('reader', ...t, '-q', '2', '-C', '6', '-v');
    await stage.pipe('one\n\nthree\n', ...t, '-q', '1', '-l');
    await stage.pipe('all\nof\nit', ...t, '-q', '2', '-s');
    await stage.pub(...t, '-m', 'again', '--repeat', '2');
    await stage.end('reader');
  });

  PLAYS.set(`${version} a second client with the same identifier`, async (stage) => {
    const t = [...v, '-t', stage.topic];
    await stage.sub('twin', ...t, '-E');
    await stage.end('twin');
    await stage.sub('twin', ...t, '-C', '1', ...show);
    await stage.pub(...t, '-m', 'still here');
    await stage.end('twin');
  });
}

const PROPERTIES = propertiesOf('publish');

const WILL_PROPERTIES = propertiesOf('will');

/** `-D` for each property of a message, or of a will. */
function propertiesOf(command: 'publish' | 'will'): readonly string[] {
  const all = [
    ['content-type', 'text/plain'],
    ['correlation-data', 'data'],
    ['message-expiry-interval', '100'],
    ['payload-format-indicator', '1'],
    ['response-topic', 'answer/here'],
    ['user-property', 'z', 'first'],
    ['user-property', 'a', 'second'],
    ['user-property', 'z', 'third'],
  ];
  return all.flatMap((property) => ['-D', command].concat(property));
}

for (const qos of QOS) {
  PLAYS.set(`5 all properties at QoS ${qos}, live and retained`, async (stage) => {
    const t = ['-V', '5', '-t', stage.topic, '-q', qos];
    const identifier = ['-D', 'subscribe', 'subscription-identifier', '268435455'];
    await stage.sub('live', ...t, ...identifier, '-C', '1', ...show);
    await stage.pub(...t, '-r', '-m', 'text', ...PROPERTIES);
    await stage.sub('late', ...t, ...identifier, '-C', '1', ...show);
    await stage.sub('old', '-V', '311', '-t', stage.topic, '-C', '1', ...show);
    await stage.end('live', 'late', 'old');
  });

  PLAYS.set(`5 will with all properties at QoS ${qos}`, async (stage) => {
    const { topic } = stage;
    await stage.sub('heir', '-V', '5', '-t', topic, '-q', qos, '-C', '1', ...show);
    const will = ['--will-topic', topic, '--will-payload', 'gone', '--will-qos', qos, ...WILL_PROPERTIES];
    await stage.sub('lost', '-V', '5', '-t', 'nothing', ...will);
    await stage.kill('lost');
    await stage.end('heir');
  });

  PLAYS.set(`5 request and response at QoS ${qos}`, async (stage) => {
    const { topic } = stage;
    const to = ['-V', '5', '-q', qos];
    await stage.sub('server', ...to, '-t', `${topic}/request`, '-C', '1', '-F', '%p %R %D %P');
    const data = [
      '-D',
      'publish',
      'correlation-data',
      'ticket 7',
      '-D',
      'publish',
      'user-property',
      'k',
      'v',
    ];
    stage.rr(
      'client',
      ...to,
      '-t',
      `${topic}/request`,
      '-e',
      `${topic}/answer`,
      '-m',
      'what?',
      ...data,
      ...show,
    );
    await stage.end('server');
    const same = ['-D', 'publish', 'correlation-data', 'ticket 7'];
    await stage.pub(...to, '-t', `${topic}/answer`, '-m', 'that', ...same);
    await stage.end('client');
  });
}

PLAYS.set('5 a topic alias of the publisher', async (stage) => {
  const t = ['-V', '5', '-t', stage.topic, '-q', '1'];
  await stage.sub('reader', ...t, '-C', '3', ...show);
  await stage.pub(...t, '-m', 'again', '--repeat', '3', '-D', 'publish', 'topic-alias', '10');
  await stage.end('reader');
});

PLAYS.set('5 a topic alias that is too large', async (stage) => {
  await stage.pub('-V', '5', '-t', stage.topic, '-q', '1', '-m', 'x', '-D', 'publish', 'topic-alias', '11');
});

PLAYS.set('5 a session with an expiry of its own', async (stage) => {
  const { topic } = stage;
  const session = ['-V', '5', '-c', '-x', '100', '-t', topic, '-q', '1', ...show];
  await stage.sub('sleeper', ...session);
  await stage.kill('sleeper');
  await stage.pub('-V', '5', '-t', topic, '-q', '1', '-m', 'queued', ...PROPERTIES);
  await stage.sub('sleeper', ...session, '-C', '1');
  await stage.end('sleeper');
  await stage.sub('sleeper', '-V', '5', '-t', topic, '-q', '1', '-C', '1', ...show);
  await stage.pub('-V', '5', '-t', topic, '-q', '1', '-m', 'clean');
  await stage.end('sleeper');
});

for (const version of ['311', '5']) {
  PLAYS.set(`${version} a shared subscription`, async (stage) => {
    const { topic } = stage;
    const member = ['-V', version, '-t', `$share/group/${topic}`, '-q', '1', '-C', '3', '-F', '%t q%q r%r'];
    for (const name of ['one', 'two']) await stage.sub(name, ...member);
    for (let at = 0; at < 6; at++) await stage.pub('-V', version, '-t', topic, '-q', '1', '-m', `${at}`);
    await stage.end('one', 'two');
  });

  PLAYS.set(`${version} retained messages come in the order in which their topics began`, async (stage) => {
    const { topic } = stage;
    for (const name of ['b', 'a', 'c/y', 'c', 'c/x', 'b']) {
      await stage.pub('-V', version, '-t', `${topic}/${name}`, '-m', name, '-r');
    }
    await stage.sub('reader', '-V', version, '-t', `${topic}/#`, '-C', '5', '-v');
    await stage.end('reader');
  });

  PLAYS.set(`${version} retained messages only, and their removal`, async (stage) => {
    const { topic } = stage;
    const all = ['-V', version, '-t', `${topic}/#`, '-q', '1', ...show];
    await stage.pub('-V', version, '-t', `${topic}/a`, '-m', 'retained', '-r');
    await stage.sub('reader', ...all, '--retained-only');
    await stage.pub('-V', version, '-t', `${topic}/a`, '-m', 'live');
    await stage.end('reader');
    await stage.sub('remover', ...all, '--remove-retained');
    await stage.hears('remover', `${topic}/a||q1|r0|`);
    await stage.kill('remover');
    await stage.sub('last', ...all, '-C', '1');
    await stage.pub('-V', version, '-t', `${topic}/a`, '-m', 'nothing left');
    await stage.end('last');
  });

  PLAYS.set(`${version} unsubscribing`, async (stage) => {
    const { topic } = stage;
    const session = ['-V', version, '-c', '-q', '1', '-C', '1', ...show];
    await stage.sub('reader', ...session, '-t', `${topic}/a`, '-t', `${topic}/b`);
    await stage.pub('-V', version, '-t', `${topic}/a`, '-q', '1', '-m', 'a');
    await stage.end('reader');
    await stage.sub('reader', ...session, '-U', `${topic}/a`, '-t', `${topic}/c`);
    for (const name of ['a', 'b'])
      await stage.pub('-V', version, '-t', `${topic}/${name}`, '-q', '1', '-m', name);
    await stage.end('reader');
  });
}

/** Plays at a broker with further lines of configuration. */
export const CONFIGURED: readonly (readonly [config: string, play: Play])[] = [
  ['allow_anonymous false', asEveryVersion('-m', 'x')],
  ['clientid_prefixes ours-', asEveryVersion('-m', 'x', '-i', 'theirs')],
  ['allow_zero_length_clientid false', asEveryVersion('-m', 'x', '-i', '')],
  ['retain_available false', asEveryVersion('-m', 'x', '-q', '1', '-r')],
  ['max_qos 1', asEveryVersion('-m', 'x', '-q', '2')],
  ['max_packet_size 1000', asEveryVersion('-m', 'x'.repeat(1001), '-q', '1')],
  ['message_size_limit 10', received(['12345678901', '1234567890'], 1)],
  ['upgrade_outgoing_qos true', received(['upgraded'], 1)],
  ['max_queued_messages 2\nmax_inflight_messages 1', queued(['0', '1', '1', '1', '1'], 3)],
  ['queue_qos0_messages true', queued(['0', '1', '0'], 3)],
];

/** One mosquitto_pub of each version: what it says and its exit code. */
function asEveryVersion(...args: readonly string[]): Play {
  return async (stage) => {
    for (const version of VERSIONS) await stage.pub('-V', version, '-t', stage.topic, ...args);
  };
}

/** Which of the messages a subscriber of QoS 2 gets, so many. */
function received(messages: readonly string[], count: number): Play {
  return async (stage) => {
    const t = ['-t', stage.topic];
    for (const version of VERSIONS) {
      await stage.sub(version, '-V', version, ...t, '-q', '2', '-C', `${count}`, ...show);
      for (const text of messages) await stage.pub('-V', version, ...t, '-m', text);
      await stage.end(version);
    }
  };
}

/** Which messages, sent at these QoS, a subscriber gets when it comes back: so many, with the last. */
function queued(qos: readonly string[], count: number): Play {
  return async (stage) => {
    const t = ['-t', stage.topic];
    for (const version of VERSIONS) {
      const session = ['-V', version, '-c', ...t, '-q', '1', '-F', '%p q%q'];
      await stage.sub(version, ...session, '-E');
      await stage.end(version);
      for (const [at, one] of qos.entries()) await stage.pub('-V', version, ...t, '-q', one, '-m', `${at}`);
      await stage.sub(version, ...session, '-C', `${count}`);
      await stage.pub('-V', version, ...t, '-q', '1', '-m', 'last');
      await stage.end(version);
    }
  };
}
