import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { LOG_TABLE, LOG_TYPES, type LogType } from './log-dialect.ts';
import type { LogEventName, LogEvents } from './log-events.ts';
import { DEFAULT_LOG_SETTINGS, Log, SILENT, type LogLine, type LogSettings } from './log.ts';

const ALL: LogSettings = { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES) };
const from = { address: '121.201.8.163', port: 40_000 };
const NOW = 1_403_334_375_678;

/** A log, a clock to set, and what was printed. */
function logging(settings: Partial<LogSettings> = {}): {
  log: Log;
  clock: { now: number };
  lines: LogLine[];
} {
  const lines: LogLine[] = [];
  const clock = { now: NOW };
  const log = new Log(
    { ...ALL, ...settings },
    () => clock.now,
    (line) => lines.push(line),
  );
  return { log, clock, lines };
}

const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

/** What `text` is printed as by an event that prints nothing else. */
function printed(text: string, settings: Partial<LogSettings> = {}): string {
  const { log, lines } = logging(settings);
  log.event('serverError', { text });
  return texts(lines).join('\n');
}

describe('levels', () => {
  test('an event is printed when its level is on', () => {
    for (const type of LOG_TYPES) {
      const { log, lines } = logging({ types: new Set([type]) });
      log.event('reloading', {});
      log.event('sessionExpired', { client: 'c' });
      log.event('runningAsRoot', {});
      log.event('serverError', { text: 'e' });
      log.event('pingreqReceived', { client: 'c' });
      log.event('subscribed', { client: 'c', filter: 'f', qos: 0 });
      log.event('unsubscribed', { client: 'c', filter: 'f' });
      const expected = type === 'internal' || type === 'websockets' ? [] : [type];
      assert.deepEqual(
        lines.map(({ level }) => level),
        expected,
      );
    }
  });

  test('without a configuration these are error, warning, notice and information', () => {
    assert.deepEqual([...DEFAULT_LOG_SETTINGS.types], ['error', 'warning', 'notice', 'information']);
  });

  test('debug tells whether debug is on, also after configure', () => {
    const { log, lines } = logging({ types: new Set<LogType>(['error']) });
    assert.equal(log.debug, false);
    log.configure(ALL);
    assert.equal(log.debug, true);
    log.event('pingreqReceived', { client: 'c' });
    log.configure({ ...ALL, types: new Set() });
    assert.equal(log.debug, false);
    log.event('serverError', { text: 'e' });
    assert.equal(lines.length, 1);
  });

  test('a session taken over is an error in 1.4 and a notice in 2.1', () => {
    const gone: LogEvents['clientDisconnected'] = { client: 'c', ...from, cause: 'session taken over' };
    for (const [dialect, level] of [
      ['mosquitto', 'notice'],
      ['mosquitto-1.4', 'error'],
    ] as const) {
      const { log, lines } = logging({ dialect, types: new Set([level]) });
      log.event('clientDisconnected', gone);
      assert.equal(lines.length, 1);
    }
  });

  test('SILENT prints nothing and is not in debug', () => {
    assert.equal(SILENT.debug, false);
    SILENT.event('serverError', { text: 'e' });
  });
});

/** Events that are about the coming and going of clients, and one of each other kind of CONNECT problem. */
function connections(log: Log): void {
  const client = { client: 'c', ...from };
  log.event('connectionOpened', { ...from, listenerPort: 1883 });
  log.event('connectionDenied', { ...from, why: 'max_connections exceeded' });
  log.event('clientConnected', {
    ...client,
    bridge: false,
    version: 4,
    cleanStart: true,
    keepAliveSeconds: 60,
  });
  log.event('willSpecified', { client: 'c', topic: 't', bytes: 0, retain: false, qos: 0 });
  log.event('noWillSpecified', { client: 'c' });
  log.event('clientDisconnected', { ...client, cause: 'normal' });
  log.event('protocolError', { ...client, problem: 'CONNECT with invalid protocol version (9)' });
  log.event('protocolError', { ...client, problem: 'CONNECT with invalid protocol "X"' });
}

test('connection_messages false suppresses who comes and goes, and nothing else', () => {
  for (const dialect of ['mosquitto', 'mosquitto-1.4', 'json'] as const) {
    const { log, lines } = logging({ dialect, connectionMessages: false });
    connections(log);
    assert.deepEqual(lines, []);
    log.event('connackSent', { client: 'c', sessionPresent: false, reasonCode: 0 });
    log.event('protocolError', { client: 'c', ...from, problem: 'CONNECT with invalid Will QoS (3)' });
    log.event('sessionExpired', { client: 'c' });
    log.event('messagesDropped', { client: 'c' });
    assert.equal(lines.length, 4);
    log.configure({ ...ALL, dialect, connectionMessages: true });
    connections(log);
    assert.ok(lines.length > 4);
  }
});

describe('the time in front of a line', () => {
  test('is seconds since 1970 by default', () => {
    assert.equal(printed('x'), '1403334375: x');
  });

  test('follows the clock', () => {
    const { log, clock, lines } = logging();
    for (const now of [NOW, NOW + 321, NOW + 322, NOW - 1_000_000]) {
      clock.now = now;
      log.event('serverError', { text: 'x' });
    }
    assert.deepEqual(texts(lines), ['1403334375: x', '1403334375: x', '1403334376: x', '1403333375: x']);
  });

  test('is left out with log_timestamp false', () => {
    assert.equal(printed('x', { timestamp: false }), 'x');
    assert.equal(printed('x', { timestamp: false, timestampFormat: '%Y' }), 'x');
    const json = printed('x', { timestamp: false, dialect: 'json' });
    assert.equal(json, '{"level":"error","event":"serverError","text":"x"}');
  });

  test('takes log_timestamp_format', () => {
    assert.equal(printed('x', { timestampFormat: 'at %Y' }), 'at 2014: x');
    assert.equal(printed('x', { timestampFormat: 'a%nb' }), 'a\\nb: x');
  });

  test('is "Time error" when the format gives nothing, or more than a line', () => {
    assert.equal(printed('x', { timestampFormat: '' }), 'Time error: x');
    assert.equal(printed('x', { timestampFormat: '%Y'.repeat(250) }), 'Time error: x');
  });
});

const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe('a line', () => {
  test('has at most 999 bytes, its time included', () => {
    assert.equal(printed('x'.repeat(987)), `1403334375: ${'x'.repeat(987)}`);
    assert.equal(printed('x'.repeat(988)), `1403334375: ${'x'.repeat(987)}`);
    assert.equal(printed('x'.repeat(70_000), { timestamp: false }), 'x'.repeat(999));
  });

  test('is not cut inside a character', () => {
    assert.equal(printed('é'.repeat(600), { timestamp: false }), 'é'.repeat(499));
    assert.equal(printed('€'.repeat(600), { timestamp: false }), '€'.repeat(333));
    assert.equal(printed('😀'.repeat(600), { timestamp: false }), '😀'.repeat(249));
    const gathered = fc.string({ unit: 'binary', maxLength: 2000 });
    fc.assert(fc.property(gathered, (text) => bytes(printed(text)) <= 999));
  });

  test('shows control characters as escapes', () => {
    assert.equal(
      printed('a\nb\rc\td\0e\u001B[31mf\u007F\u009B\u2028', { timestamp: false }),
      String.raw`a\nb\rc\td\x00e\x1b[31mf\x7f\x9b\u2028`,
    );
  });

  test('keeps only the tab of a detail', () => {
    const { log, lines } = logging({ timestamp: false });
    log.event('unsubscriptionRequested', { client: 'c', filter: '\tf' });
    log.event('unsubscribed', { client: '\tc', filter: 'f' });
    assert.deepEqual(texts(lines), ['\t\\tf', String.raw`\tc f`]);
  });

  test('in JSON is whole, whatever its length', () => {
    const text = 'x\n\u009B'.repeat(2000);
    const line = printed(text, { dialect: 'json' });
    assert.doesNotMatch(line, /\p{Cc}/u);
    assert.deepEqual(JSON.parse(line), {
      time: '2014-06-21T07:06:15.678Z',
      level: 'error',
      event: 'serverError',
      text,
    });
  });
});

/** An object in which every field that an event can have is a string as bad as they come. */
const anyFields = fc
  .string({ unit: fc.oneof(fc.constantFrom('\n', '\r', '\0', '\u0085', '\u2028'), fc.string()) })
  .map((bad) => {
    const names = 'client address topic filter username detail problem text file path user version method';
    return Object.fromEntries(names.split(' ').map((name) => [name, bad]));
  });

test('no value of any field puts a line end or a control character into a line', () => {
  const names = fc.constantFrom(...(Object.keys(LOG_TABLE) as LogEventName[]));
  const dialects = fc.constantFrom('mosquitto', 'mosquitto-1.4', 'json');
  fc.assert(
    fc.property(names, dialects, anyFields, (name, dialect, fields) => {
      const { log, lines } = logging({ dialect });
      log.event(name, fields as never);
      for (const { text } of lines) assert.doesNotMatch(text.replace(': \t', ': '), /[\p{Cc}\u2028\u2029]/u);
    }),
    { numRuns: 2000 },
  );
});
