import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { LIMITS } from '../broker/limits.ts';
import { Downloads } from './downloads.ts';

function response(): ServerResponse {
  const request = new IncomingMessage(new Socket());
  const answer = new ServerResponse(request);
  answer.assignSocket(request.socket);
  return answer;
}

test('so many answers at a time, and room again when one is done', async () => {
  const downloads = new Downloads();
  const responses = Array.from({ length: LIMITS.downloads }, response);
  for (const one of responses) assert.ok(downloads.begin(one));
  const late = response();
  assert.ok(!downloads.begin(late));
  assert.ok(late.socket?.destroyed ?? true);
  responses[0]!.emit('close');
  assert.ok(downloads.begin(response()));
  assert.ok(!downloads.begin(response()));
  downloads.close();
  assert.ok(responses.slice(1).every(({ destroyed }) => destroyed));
});

test('an answer that nobody takes ends', () => {
  const downloads = new Downloads();
  const one = response();
  const { socket } = one;
  downloads.begin(one);
  assert.equal(socket?.timeout, LIMITS.downloadIdleSeconds * 1000);
  one.emit('timeout');
  assert.ok(one.destroyed);
});
