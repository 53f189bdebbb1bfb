import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestPorts } from '../../test/access/ports.ts';
import { SILENCE, Web } from '../../test/access/web.ts';
import type { Reply } from '../../test/access/web.ts';
import { LIMITS } from '../broker/limits.ts';
import { readDecision } from './http-answers.ts';
import { WebService } from './web-service.ts';

const ALLOW: Reply = { json: { result: 'allow' } };
const DEFAULTS = { headers: {}, timeoutMs: 5000, failures: 3, retrySeconds: 30 };

function serviceOf(url: URL, more: Partial<typeof DEFAULTS> = {}): { service: WebService; ports: TestPorts } {
  const ports = new TestPorts();
  return { service: new WebService({ ...DEFAULTS, url, ...more }, ports), ports };
}

describe('an answer', () => {
  test('is JSON with status 200; 401 and 403 are a no', async () => {
    await using web = await Web.start(() => ALLOW);
    const { service } = serviceOf(web.url('/x?y=1'), { headers: { 'x-key': ['secret'] } });
    assert.equal(await service.ask({ a: 'ü' }, readDecision), 'allow');
    const [asked] = web.asked;
    assert.deepEqual([asked?.method, asked?.path, asked?.json], ['POST', '/x?y=1', { a: 'ü' }]);
    assert.equal(asked?.headers['x-key'], 'secret');
    assert.equal(asked?.headers['content-type'], 'application/json');
    for (const status of [401, 403]) {
      web.reply = () => ({ status, text: 'no' });
      assert.equal(await service.ask({}, readDecision), 'deny');
    }
    service.close();
  });

  test('comes over a connection that is kept', async () => {
    await using web = await Web.start(() => ALLOW);
    const { service } = serviceOf(web.url());
    for (let at = 0; at < 5; at++) assert.equal(await service.ask({}, readDecision), 'allow');
    assert.equal(web.connections, 1);
    service.close();
  });

  test('comes over a new one when the server has closed it', async () => {
    await using web = await Web.start(() => ALLOW);
    const { port } = web;
    const { service, ports } = serviceOf(web.url());
    assert.equal(await service.ask({}, readDecision), 'allow');
    await web.stop();
    await using again = await Web.start(() => ALLOW, { port });
    assert.equal(await service.ask({}, readDecision), 'allow');
    assert.equal(again.asked.length, 1);
    assert.deepEqual(ports.said('webServiceFailed'), []);
    service.close();
  });
});

describe('a failure', () => {
  const cases: readonly (readonly [name: string, reply: Reply, reason: RegExp])[] = [
    ['another status', { status: 500, json: { result: 'allow' } }, /HTTP status 500/],
    ['no content', { raw: (response) => response.writeHead(204).end() }, /HTTP status 204/],
    [
      'a redirection',
      { raw: (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end() },
      /HTTP status 302/,
    ],
    ['no JSON', { text: '<html>welcome</html>' }, /not JSON/],
    ['nothing', { text: '' }, /not JSON/],
    ['other JSON', { json: ['allow'] }, /not understood/],
    ['another word', { json: { result: 'yes' } }, /not understood/],
    ['null', { json: null }, /not understood/],
    ['a great deal', { text: ' '.repeat(LIMITS.webAnswerBytes + 1) }, /more than \d+ bytes/],
    ['no end', { raw: (response) => response.write('{"result":') }, /no answer within 200 ms/],
    ['silence', SILENCE, /no answer within 200 ms/],
    ['an end at once', { raw: (response) => response.destroy() }, /closed/],
    [
      'an end in the middle',
      {
        raw: (response) => {
          response.writeHead(200, { 'Content-Length': 100 });
          response.write('{"result"', () => response.destroy());
        },
      },
      /closed|aborted/,
    ],
    [
      'too long a header',
      { raw: (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(100_000)}\r\n\r\n`) },
      /headers/,
    ],
    ['no HTTP', { raw: (response) => response.socket?.end('SSH-2.0\r\n\r\n') }, /./],
    [
      'another protocol',
      {
        raw: (response) =>
          response.socket?.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      },
      /./,
    ],
  ];
  for (const [name, reply, reason] of cases) {
    test(`is ${name}`, async () => {
      await using web = await Web.start(() => reply);
      const { service, ports } = serviceOf(web.url('/secret?token=secret'), { timeoutMs: 200, failures: 0 });
      assert.equal(await service.ask({ password: 'secret' }, readDecision), undefined);
      const [line, ...others] = ports.said('webServiceFailed');
      assert.match(line ?? '', reason);
      assert.ok(line?.startsWith(`Warning: http://127.0.0.1:${web.port}/secret gave no answer of use: `));
      assert.ok(!line?.includes('token'));
      assert.deepEqual(others, []);
      service.close();
    });
  }

  test('is a server that is not there', async () => {
    const web = await Web.start(() => ALLOW);
    const url = web.url();
    await web.stop();
    const { service, ports } = serviceOf(url);
    assert.equal(await service.ask({}, readDecision), undefined);
    assert.match(ports.said('webServiceFailed')[0] ?? '', /the connection was refused/);
    service.close();
  });

  test('in a row opens the circuit: one line, no question, until it has been tried again', async () => {
    await using web = await Web.start(() => ({ status: 500, text: '' }));
    const { service, ports } = serviceOf(web.url());
    for (let at = 0; at < 10; at++) assert.equal(await service.ask({}, readDecision), undefined);
    assert.equal(web.asked.length, 3);
    const url = `http://127.0.0.1:${web.port}/`;
    const failed = `Warning: ${url} gave no answer of use: HTTP status 500.`;
    assert.deepEqual(ports.said('webServiceFailed'), [failed, failed]);
    assert.deepEqual(ports.said('webServiceSuspended'), [
      `Warning: ${url} has failed 3 times in a row, last with: HTTP status 500. It is left alone for 30 seconds; what it would decide is refused.`,
    ]);
    ports.advance(30_000);
    assert.equal(await service.ask({}, readDecision), undefined);
    assert.equal(web.asked.length, 4, 'the probe');
    assert.equal(await service.ask({}, readDecision), undefined);
    assert.equal(web.asked.length, 4);
    web.reply = () => ALLOW;
    ports.advance(30_000);
    const all = await Promise.all(Array.from({ length: 5 }, () => service.ask({}, readDecision)));
    assert.deepEqual(all, ['allow', undefined, undefined, undefined, undefined], 'one probe');
    assert.equal(await service.ask({}, readDecision), 'allow');
    assert.deepEqual(ports.said('webServiceResumed'), [`${url} answers again.`]);
    assert.equal(ports.said('webServiceFailed').length, 2);
    assert.equal(ports.said('webServiceSuspended').length, 1);
    service.close();
  });
});

describe('many questions', () => {
  test('are asked a few at a time, and all are answered', async () => {
    await using web = await Web.start(async () => {
      await sleep(1);
      return ALLOW;
    });
    const { service } = serviceOf(web.url());
    const asked = Array.from({ length: LIMITS.webRequests * 5 }, () => service.ask({}, readDecision));
    assert.ok((await Promise.all(asked)).every((answer) => answer === 'allow'));
    assert.ok(web.mostOpen <= LIMITS.webRequests, `${web.mostOpen} at a time`);
    service.close();
  });

  test('wait no longer than they may, nor in a line without an end', async () => {
    const gates: (() => void)[] = [];
    await using web = await Web.start(() => new Promise((resolve) => gates.push(() => resolve(ALLOW))));
    const { service, ports } = serviceOf(web.url());
    const running = Array.from({ length: LIMITS.webRequests }, () => service.ask({}, readDecision));
    const waiting = Array.from({ length: LIMITS.webQuestionsWaiting }, () => service.ask({}, readDecision));
    assert.equal(await service.ask({}, readDecision), undefined, 'the line is full');
    while (gates.length < LIMITS.webRequests) await sleep(5);
    ports.advance(5001);
    for (const open of gates) open();
    assert.ok((await Promise.all(running)).every((answer) => answer === 'allow'));
    assert.ok(
      (await Promise.all(waiting)).every((answer) => answer === undefined),
      'too late',
    );
    assert.equal(web.asked.length, LIMITS.webRequests);
    service.close();
  });

  test('are not kept where they are too long, all together', async () => {
    await using web = await Web.start(() => SILENCE);
    const { service } = serviceOf(web.url(), { timeoutMs: 100, failures: 1 });
    const password = 'x'.repeat(LIMITS.webQuestionCharacters / 4);
    const running = Array.from({ length: LIMITS.webRequests }, () => service.ask({}, readDecision));
    const waiting = Array.from({ length: 3 }, () => service.ask({ password }, readDecision));
    const late = await Promise.race([service.ask({ password }, readDecision), running[0]]);
    assert.equal(late, undefined);
    assert.equal(web.asked.length, 0, 'it was refused before anything was answered');
    await Promise.all([...running, ...waiting]);
    service.close();
  });

  test('that wait when the circuit opens are refused with it', async () => {
    await using web = await Web.start(() => SILENCE);
    const { service } = serviceOf(web.url(), { timeoutMs: 100 });
    const asked = Array.from({ length: LIMITS.webRequests * 3 }, () => service.ask({}, readDecision));
    assert.ok((await Promise.all(asked)).every((answer) => answer === undefined));
    assert.ok(web.asked.length <= LIMITS.webRequests + 3, `${web.asked.length} were asked`);
    service.close();
  });
});
