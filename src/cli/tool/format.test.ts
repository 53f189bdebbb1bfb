import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../test/runs.ts';
import { Message } from '../../client/message.ts';
import type { Publish } from '../../protocol/packet.ts';
import { NO_PROPERTIES } from '../../protocol/properties.ts';
import { readFormat } from './format.ts';
import type { Sink } from './printer.ts';

/** 2026-11-22 17:48:31.684585 UTC */
const NOW = Date.UTC(2026, 10, 22, 17, 48, 31) + 684.585;

interface Wishes extends Partial<Omit<Publish, 'payload'>> {
  readonly payload?: string | Uint8Array;
}

function messageOf({ payload = 'abcd', ...more }: Wishes = {}): Message {
  const { topic = 'f/a' } = more;
  const packet = {
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: NO_PROPERTIES,
    ...more,
  } as const;
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return new Message({ type: 'publish', ...packet, topic, payload: bytes }, topic);
}

/** What a format prints, byte for byte, and what it complains about. */
function print(format: string, wishes: Wishes = {}, isPretty = false): { out: string; problems: string[] } {
  const read = readFormat(format, isPretty);
  if ('problem' in read) throw new Error(read.problem);
  const chunks: Buffer[] = [];
  const sink: Sink = {
    text: (text) => void chunks.push(Buffer.from(text)),
    bytes: (bytes) => void chunks.push(Buffer.from(bytes)),
  };
  const message = messageOf(wishes);
  const problems = read.pieces
    .map((piece) => piece(sink, message, NOW))
    .filter((problem) => problem !== undefined);
  return { out: Buffer.concat(chunks).toString('latin1'), problems };
}

function check(cases: readonly (readonly [format: string, expected: string])[], wishes: Wishes = {}): void {
  for (const [format, expected] of cases) assert.equal(print(format, wishes).out, expected, format);
}

/** Of Node: set for the whole process, which is this file's own. */
process.env['TZ'] = 'UTC';

describe('directives', () => {
  test('payload: the width cuts and pads', () => {
    check([
      ['%p', 'abcd'],
      ['%6p|', '  abcd|'],
      ['%-6p|', 'abcd  |'],
      ['%06p|', '00abcd|'],
      ['%2p|', 'ab|'],
      ['%.2p|', 'abcd|'],
    ]);
  });

  test('hexadecimal: separators after every so many digits', () => {
    check([
      ['%x', '61626364'],
      ['%.2:x', '61:62:63:64'],
      ['%.4-X', '6162-6364'],
      ['%.3x', '616 263 64'],
      ['%12x|', '    61626364|'],
      ['%-12x|', '61626364    |'],
      ['%012x|', '000061626364|'],
      ['%5x|', ' 6162|'],
    ]);
    assert.equal(print('%X', { payload: Uint8Array.of(0, 0xab, 0xff) }).out, '00ABFF');
    assert.equal(print('%.2:x', { payload: '' }).out, '');
  });

  test('numbers', () => {
    check(
      [
        ['%l %5l| %05l| %-5l|', '4     4| 00004| 4    |'],
        ['%m %q %r', '7 1 1'],
      ],
      { packetId: 7, qos: 1, retain: true },
    );
  });

  test('topic: precision cuts', () =>
    check([['%t|%6t|%-6t|%.2t|%.0t|%5.1t|', 'f/a|   f/a|f/a   |f/||    f|']]));

  test('properties, and what stands for those that are not there', () => {
    check([['%A|%3A|%03F|%E|%C|%3C|%R|%5R|%D|%P|%S|', '|   |000|||   ||||||']]);
    const properties = {
      contentType: 'text',
      responseTopic: 'r/t',
      correlationData: Uint8Array.of(0xff, 0),
      messageExpiryInterval: 30,
      payloadFormatIndicator: 1,
      topicAlias: 3,
      subscriptionIdentifiers: [5, 6],
      userProperties: [
        ['k', 'v'],
        ['k', 'w'],
      ],
    } as const;
    check([['%A %C %R %D %E %F %S %P', '3 text r/t \u00FF\u0000 30 1 5 k:v k:w']], { properties });
  });

  test('floating point: the payload is the number', () => {
    const float = Buffer.alloc(4);
    float.writeFloatLE(21.5);
    const double = Buffer.alloc(8);
    double.writeDoubleLE(-0.1);
    check([['%f %.1f %8.1f| %-8.1f| %08.1f|', '21.500000 21.5     21.5| 21.5    | 000021.5|']], {
      payload: float,
    });
    check([['%d %.3d %09.3d', '-0.100000 -0.100 -0000.100']], { payload: double });
    double.writeDoubleLE(1e22);
    check([['%.1d %.0d', '10000000000000000000000.0 10000000000000000000000']], { payload: double });
    double.writeDoubleLE(-Infinity);
    check([['%d %06d', '-inf   -inf']], { payload: double });
    assert.deepEqual(print('%f').problems.length, 0);
    assert.deepEqual(print('a%db'), {
      out: 'ab',
      problems: ['requested double printing, but non-double data received'],
    });
    assert.deepEqual(print('%f', { payload: 'abc' }).problems, [
      'requested float printing, but non-float data received',
    ]);
  });

  test('times', () => {
    check([
      ['%I', '2026-11-22T17:48:31+0000'],
      ['%U', '1795369711.684585000'],
      ['@Y-@m-@d @H:@M:@S.@N @@ @%', '2026-11-22 17:48:31.684585000 @ %'],
    ]);
  });

  test('escapes and other text', () => {
    check([['\\\\|\\0|\\a|\\e|\\n|\\r|\\t|\\v|%%|ö', '\\|\0|\u0007|\u001B|\n|\r|\t|\v|%|\u00C3\u00B6']]);
  });
});

describe('JSON', () => {
  const properties = {
    contentType: 'text/plain',
    userProperties: [
      ['k', 'v'],
      ['k2', 'v2'],
    ],
    correlationData: Buffer.from('abc\0d'),
    responseTopic: 'r/t',
    payloadFormatIndicator: 1,
    messageExpiryInterval: 30,
  } as const;
  const head =
    '{"tst":"2026-11-22T17:48:31.684585+0000","topic":"f/a","qos":1,"retain":false,"payloadlen":7,"mid":1,';
  const middle =
    '"properties":{"content-type":"text/plain","user-properties":[{"k":"v"},{"k2":"v2"}],"correlation-data":"abc",' +
    '"response-topic":"r/t","payload-format-indicator":1,"message-expiry-interval":30},';
  const wishes: Wishes = { payload: '{"a":1}', qos: 1, packetId: 1, properties };

  test('%j and %J, as the reference has them', () => {
    check(
      [
        ['%j', `${head}${middle}"payload":"{\\"a\\":1}"}`],
        ['%J', `${head}${middle}"payload":{"a":1}}`],
      ],
      wishes,
    );
  });

  test('a payload that is empty, has a NUL, is no UTF-8, or no JSON', () => {
    const payload = (format: string, bytes: string | Uint8Array): string =>
      /"payload":(.*)\}$/s.exec(print(format, { payload: bytes }).out)?.[1] ?? '';
    assert.equal(payload('%j', ''), 'null');
    assert.equal(payload('%J', ''), 'null');
    assert.equal(payload('%j', 'a\0b'), '"a"');
    assert.equal(payload('%j', Uint8Array.of(0xff, 0x22)), '"\u00FF\\""');
    assert.deepEqual(print('%J', { payload: '{' }), {
      out: '',
      problems: ['Error: Message payload is not valid JSON on topic f/a.'],
    });
  });

  test('several subscription identifiers are several members', () => {
    const { out } = print('%j', { properties: { subscriptionIdentifiers: [1, 2] } });
    assert.ok(out.includes('"properties":{"subscription-identifier":1,"subscription-identifier":2}'));
  });

  test('--pretty', () => {
    const { out } = print('%J', { payload: '{"a":[1,{}]}' }, true);
    assert.ok(out.startsWith('{\n\t"tst":\t"2026'), out);
    assert.ok(out.endsWith('\t"payload":\t{\n\t\t"a":\t[1, {\n\t\t\t}]\n\t}\n}'), out);
  });

  test('a member', () => {
    const payload = '{"t":21.5,"s":"x\\u00e9","o":{"l":[true,"y"]},"a b":1,"__proto__":2}';
    check(
      [
        ['%j.t', '21.5'],
        ['%J.s', 'x\u00C3\u00A9'],
        ['%5j.t|%-6j.t|', ' 21.5|21.5  |'],
        ['%j.o', '{"l":[true,"y"]}'],
        ['%j.o.l[1] %j.o.l[0]', 'y true'],
        ['%j.["a b"]', '1'],
        ['%j.missing.deeper|%j.o.l[9]|%j.toString|', '|||'],
        ['%j.__proto__', '2'],
      ],
      { payload },
    );
    check([['%j.[1]', '2']], { payload: '[1,2]' });
    assert.equal(print('%j.a', { payload: 'no' }).problems.length, 1);
    // what is no path is text, as it always was
    assert.ok(print('%j.').out.endsWith('"}.'));
    assert.ok(print('%j. x').out.endsWith('"}. x'));
  });
});

test('what is wrong with a format', () => {
  for (const [format, problem] of [
    ['%', 'Error: Incomplete format specifier.'],
    ['%5', 'Error: Incomplete format specifier.'],
    ['%-', 'Error: Incomplete format specifier.'],
    ['%.3', 'Error: Incomplete format specifier.'],
    ['@', 'Error: Incomplete format specifier.'],
    ['%z', "Error: Invalid format specifier 'z'."],
    ['ok %p %-010k', "Error: Invalid format specifier 'k'."],
    ['\\', 'Error: Incomplete escape specifier.'],
    ['\\q', "Error: Invalid escape specifier 'q'."],
  ] as const)
    assert.deepEqual(readFormat(format, false), { problem });
});

test('any format is right or wrong, and prints any message without a fault', () => {
  const letters = fc.constantFrom(...'%%%%AaCDEFIJPRSUXdfjlmpqrtx0123456789.-:_@\\nN ö'.split(''));
  const properties = fc.record(
    { contentType: fc.string(), topicAlias: fc.nat(), correlationData: fc.uint8Array() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: letters, maxLength: 12 }),
      fc.uint8Array(),
      properties,
      (format, payload, some) => {
        const read = readFormat(format, false);
        if ('problem' in read) assert.match(read.problem, /^Error: (?:Incomplete|Invalid) /);
        else print(format, { payload, properties: some });
      },
    ),
    runs('formats', 2000),
  );
});
