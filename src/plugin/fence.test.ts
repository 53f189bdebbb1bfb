import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';
import { DEFAULT_LOG_SETTINGS, Log } from '../base/log.ts';
import { LIMITS } from '../broker/limits.ts';
import { Complaints, describeThrown } from './complaints.ts';
import { Fence, WrongAnswer } from './fence.ts';

const MINUTE = 60_000;
const PATIENCE_MS = 5000;

let lines: string[] = [];
let fence: Fence;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  lines = [];
  const log = new Log({ ...DEFAULT_LOG_SETTINGS, timestamp: false }, Date.now, ({ text }) =>
    lines.push(text),
  );
  fence = new Fence(new Complaints(() => 'bad', log), (call) => call(), PATIENCE_MS);
});

function yes(answer: unknown): string {
  if (answer === 'yes') return 'yes';
  throw new WrongAnswer(String(answer));
}

const ask = (call: () => unknown): string | Promise<string> => fence.ask('decides', call, yes, 'no');
const askNow = (call: () => unknown): string => fence.askNow('sees', call, yes, 'no');

/** Something like a promise; promises are whatever has such a member. */
function withThen(descriptor: PropertyDescriptor): object {
  return Object.defineProperty({}, ['th', 'en'].join(''), descriptor);
}

/** Lets promises that are settled be heard. */
async function settle(): Promise<void> {
  for (let times = 0; times < 5; times++) await Promise.resolve();
}

describe('a question', () => {
  test('is answered at once', () => {
    assert.equal(
      ask(() => 'yes'),
      'yes',
    );
    assert.deepEqual(lines, []);
  });

  test('is answered later, by any kind of promise', async () => {
    const thenable = withThen({ value: (resolve: (value: string) => void) => resolve('yes') });
    for (const call of [() => Promise.resolve('yes'), () => thenable, async () => 'yes'])
      assert.equal(await ask(call), 'yes');
    assert.deepEqual(lines, []);
    mock.timers.tick(PATIENCE_MS * 2);
    assert.deepEqual(lines, []);
  });

  const FAULTS: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new RangeError('oh');
      },
      /^Error: Plugin bad: decides threw RangeError: oh \(at .*fence\.test\.ts:\d+:\d+\)+\.$/,
    ],
    [
      'throws what is no error',
      () => {
        throw 'oh';
      },
      /threw oh\.$/,
    ],
    ['rejects', () => Promise.reject(new Error('later')), /threw Error: later/],
    ['rejects with nothing', () => Promise.reject(undefined), /threw undefined\.$/],
    ['answers what means nothing', () => 'perhaps', /gave an answer that means nothing: perhaps\.$/],
    ['answers later what means nothing', () => Promise.resolve(42), /means nothing: 42\.$/],
    [
      'answers with something whose then throws',
      () =>
        withThen({
          get: () => {
            throw new Error('trap');
          },
        }),
      /threw Error: trap/,
    ],
    [
      'answers with a promise whose then throws',
      () =>
        withThen({
          value: () => {
            throw new Error('then');
          },
        }),
      /threw Error: then/,
    ],
  ];
  for (const [name, call, line] of FAULTS) {
    test(`counts as no when the plugin ${name}`, async () => {
      assert.equal(await ask(call), 'no');
      assert.equal(lines.length, 1);
      assert.match(lines[0]!, line);
    });
  }

  test('counts as no when there is no answer in time, and a late one is ignored', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const late = Promise.withResolvers<string>();
    const answers = [ask(() => promise), ask(() => late.promise)];
    const heard: string[] = [];
    for (const answer of answers) void Promise.resolve(answer).then((one) => heard.push(one));
    mock.timers.tick(PATIENCE_MS - 1);
    await settle();
    assert.deepEqual(heard, []);
    mock.timers.tick(1);
    await settle();
    assert.deepEqual(heard, ['no', 'no']);
    resolve('yes');
    late.reject(new Error('late'));
    await settle();
    assert.deepEqual(heard, ['no', 'no']);
    assert.deepEqual(lines, ['Error: Plugin bad: decides was not done after 5 s.']);
  });

  test('is not asked when too many are outstanding, until some are answered', async () => {
    for (let asked = 0; asked < LIMITS.pluginCalls; asked++) void ask(() => new Promise(() => {}));
    const call = mock.fn(() => 'yes');
    assert.equal(ask(call), 'no');
    assert.equal(call.mock.callCount(), 0);
    assert.match(lines[0]!, /was not asked: 10000 answers are outstanding/);
    mock.timers.tick(PATIENCE_MS);
    await settle();
    assert.equal(ask(call), 'yes');
  });
});

describe('a question that is answered at once', () => {
  test('is', () =>
    assert.equal(
      askNow(() => 'yes'),
      'yes',
    ));

  test('counts as no when the answer is a promise', async () => {
    assert.equal(
      askNow(() => Promise.resolve('yes')),
      'no',
    );
    assert.equal(
      askNow(() => Promise.reject(new Error('unheard'))),
      'no',
    );
    await settle();
    assert.deepEqual(lines, [
      'Error: Plugin bad: sees gave a promise, which counts as no: it must answer at once.',
    ]);
  });

  test('counts as no when the plugin throws or answers what means nothing', () => {
    assert.equal(
      askNow(() => {
        throw new Error('oh');
      }),
      'no',
    );
    assert.equal(
      askNow(() => undefined),
      'no',
    );
    assert.equal(lines.length, 2);
  });
});

describe('an event', () => {
  test('concerns nobody, whatever the plugin makes of it', async () => {
    fence.tell('hears', () => {
      throw new Error('now');
    });
    fence.tell('listens', () => Promise.reject(new Error('later')));
    fence.tell('sleeps', () => new Promise(() => {}));
    fence.tell('returns', () => 'anything');
    await settle();
    mock.timers.tick(PATIENCE_MS);
    assert.deepEqual(
      lines.map((line) => line.replace(/ \(at .*\)/, '')),
      [
        'Error: Plugin bad: hears threw Error: now.',
        'Error: Plugin bad: listens threw Error: later.',
        'Error: Plugin bad: sleeps was not done after 5 s.',
      ],
    );
  });

  test('is not told when too many are not done with, and questions are asked all the same', async () => {
    for (let told = 0; told < LIMITS.pluginCalls; told++) fence.tell('hears', () => new Promise(() => {}));
    const call = mock.fn();
    fence.tell('hears', call);
    assert.equal(call.mock.callCount(), 0);
    assert.match(lines[0]!, /was not told: 10000 events are not done with/);
    assert.equal(
      ask(() => 'yes'),
      'yes',
    );
    mock.timers.tick(PATIENCE_MS);
    await settle();
    fence.tell('hears', call);
    assert.equal(call.mock.callCount(), 1);
  });

  test('is waited for, as long as for an answer', async () => {
    let ended = 0;
    void fence.tellAndWait('closes', () => new Promise(() => {})).then(() => ended++);
    void fence
      .tellAndWait('closes', () => {
        throw new Error('oh');
      })
      .then(() => ended++);
    await settle();
    assert.equal(ended, 1);
    mock.timers.tick(PATIENCE_MS);
    await settle();
    assert.equal(ended, 2);
  });
});

test('a fault is told once a minute, with how often it was not told', () => {
  const fail = (message: string): void => {
    void ask(() => {
      throw new Error(message);
    });
  };
  for (const message of ['1', '2', '3']) fail(message);
  void ask(() => 'perhaps'); // another kind of fault has a line of its own
  mock.timers.tick(MINUTE - 1);
  fail('4');
  mock.timers.tick(1);
  fail('5');
  mock.timers.tick(MINUTE);
  fail('6');
  assert.deepEqual(
    lines.map((line) => line.replace(/ \(at .*?\)/, '')),
    [
      'Error: Plugin bad: decides threw Error: 1.',
      'Error: Plugin bad: decides gave an answer that means nothing: perhaps.',
      'Error: Plugin bad: decides threw Error: 5 (3 more since the last line).',
      'Error: Plugin bad: decides threw Error: 6.',
    ],
  );
});

test('whatever is thrown can be told', () => {
  const trap = {
    toString: () => {
      throw new Error('trap');
    },
  };
  assert.equal(describeThrown(trap), 'something that cannot be printed');
  assert.equal(describeThrown(Object.create(null)), 'something that cannot be printed');
  assert.equal(describeThrown(Symbol('s')), 'Symbol(s)');
  assert.equal(describeThrown(Object.assign(new Error('no stack'), { stack: undefined })), 'Error: no stack');
});
