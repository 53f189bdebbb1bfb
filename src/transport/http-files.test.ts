import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Scratch } from '../../test/cli/program.ts';
import { runs } from '../../test/runs.ts';
import { Stand } from '../../test/websocket/stand.ts';
import { upgrade } from '../../test/websocket/visitor.ts';
import { HttpFiles } from './http-files.ts';

const SECRET = 'not for browsers';
const CHANGED = new Date('2024-05-06T07:08:09.000Z');

const scratch = new Scratch();
const root = scratch.at('www');
let stand: Stand;
let origin = '';

before(async () => {
  scratch.file('www/index.html', '<h1>Welcome</h1>');
  scratch.file('www/app.mjs', 'export {};');
  scratch.file('www/Photo.JPG', 'jpeg');
  scratch.file('www/data', 'bytes');
  scratch.file('www/empty.txt', '');
  scratch.file('www/with space ü%.txt', 'odd');
  scratch.file('www/docs/index.html', 'Docs');
  scratch.file('www/docs/.htpasswd', SECRET);
  scratch.file('www/.git/config', SECRET);
  scratch.file('www/large.bin', '');
  scratch.file('secret.txt', SECRET);
  scratch.file('www-other/secret.txt', SECRET);
  mkdirSync(scratch.at('www/bare'));
  truncateSync(scratch.at('www/large.bin'), 20_000_000);
  symlinkSync(scratch.at('secret.txt'), scratch.at('www/outside.txt'));
  symlinkSync(scratch.at('www-other'), scratch.at('www/other'));
  symlinkSync('docs/.htpasswd', scratch.at('www/dotted.txt'));
  symlinkSync('data', scratch.at('www/inside.txt'));
  symlinkSync('circle', scratch.at('www/circle'));
  utimesSync(scratch.at('www/app.mjs'), CHANGED, CHANGED);
  execFileSync('mkfifo', [scratch.at('www/pipe')]);
  stand = await Stand.open({ rules: { files: new HttpFiles(root) } });
  origin = `http://127.0.0.1:${stand.port}`;
});

after(async () => {
  await stand[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

/** The whole answer to a request that is written as it stands. */
async function answerTo(request: string): Promise<string> {
  using visitor = await stand.visit();
  return String(await visitor.send(request).rest());
}

describe('http_dir', () => {
  test('serves files with what a browser wants to know about them', async () => {
    const answer = await fetch(`${origin}/app.mjs?v=3`);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'export {};');
    const { date, ...headers } = Object.fromEntries(answer.headers);
    assert.ok(date);
    assert.deepEqual(headers, {
      'cache-control': 'no-cache',
      connection: 'close',
      'content-length': '10',
      'content-type': 'text/javascript; charset=utf-8',
      etag: `W/"a-${CHANGED.getTime().toString(16)}"`,
      'last-modified': 'Mon, 06 May 2024 07:08:09 GMT',
      'x-content-type-options': 'nosniff',
    });
  });

  for (const [path, type, text] of [
    ['/', 'text/html; charset=utf-8', '<h1>Welcome</h1>'],
    ['/docs/', 'text/html; charset=utf-8', 'Docs'],
    ['/Photo.JPG', 'image/jpeg', 'jpeg'],
    ['/data', 'application/octet-stream', 'bytes'],
    ['/inside.txt', 'application/octet-stream', 'bytes'],
    ['/empty.txt', 'text/plain; charset=utf-8', ''],
    ['/with%20space%20%C3%BC%25.txt', 'text/plain; charset=utf-8', 'odd'],
    ['/docs%2Findex.html', 'text/html; charset=utf-8', 'Docs'],
  ] as const)
    test(`${path} is ${type}`, async () => {
      const answer = await fetch(origin + path);
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type'), await answer.text()],
        [200, type, text],
      );
    });

  test('leads from a folder to its index', async () => {
    const answer = await fetch(`${origin}/docs`, { redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'docs/']);
    assert.equal(await (await fetch(`${origin}/docs`)).text(), 'Docs');
    assert.equal((await fetch(`${origin}/bare`)).status, 404);
  });

  test('HEAD is GET without the file', async () => {
    const answer = await fetch(`${origin}/large.bin`, { method: 'HEAD' });
    assert.equal(answer.headers.get('content-length'), '20000000');
    assert.equal((await answer.bytes()).length, 0);
  });

  test('large files come whole', async () => {
    const answer = await fetch(`${origin}/large.bin`);
    assert.equal((await answer.bytes()).length, 20_000_000);
  });

  test('a browser that has the file is told so', async () => {
    const tag = `W/"a-${CHANGED.getTime().toString(16)}"`;
    const changed = CHANGED.toUTCString();
    const earlier = new Date(CHANGED.getTime() - 1000).toUTCString();
    for (const [headers, status] of [
      [{ 'If-None-Match': tag }, 304],
      [{ 'If-None-Match': `"other", ${tag}` }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"other"' }, 200],
      [{ 'If-None-Match': '"other"', 'If-Modified-Since': changed }, 200],
      [{ 'If-Modified-Since': changed }, 304],
      [{ 'If-Modified-Since': earlier }, 200],
      [{ 'If-Modified-Since': 'yesterday' }, 200],
    ] as const) {
      const answer = await fetch(`${origin}/app.mjs`, { headers });
      assert.equal(answer.status, status, JSON.stringify(headers));
      assert.equal(answer.headers.get('etag'), tag);
      assert.equal((await answer.bytes()).length, status === 200 ? 10 : 0);
    }
  });

  for (const path of [
    '/missing',
    '/bare/',
    '/data/',
    '/data/x',
    '//data',
    '/docs//index.html',
    '/docs/.htpasswd',
    '/.git/config',
    '/./data',
    '/docs/../data',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/docs/..%5c..%5csecret.txt',
    '/outside.txt',
    '/other/secret.txt',
    '/dotted.txt',
    '/circle',
    '/pipe',
    '/data%00.html',
    '/100%',
    '/%ff',
    `/${'a'.repeat(300)}`,
    '*',
    'http://elsewhere.example/data',
  ])
    test(`${path.slice(0, 40)} is not there`, async () => {
      const answer = await answerTo(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 404 Not Found\r\n/);
      assert.match(answer, /\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
      assert.match(answer, /\r\nX-Content-Type-Options: nosniff\r\n/);
      assert.ok(answer.endsWith('\r\n\r\nNot found.\n'));
    });

  test('other methods are told what is allowed', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`${origin}/data`, { method });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'], method);
      assert.equal(await answer.text(), 'Method not allowed.\n');
    }
    const upload = await answerTo('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nxxx');
    assert.match(upload, /^HTTP\/1\.1 405 /);
  });

  test('whatever a path is made of, nothing outside is served', async () => {
    const piece = fc.constantFrom(
      root,
      encodeURIComponent(scratch.path),
      ...'.. . %2e%2e %2E. / %2f \\ %5c %00 % %25 %252e ? # ; www www-other secret.txt'.split(' '),
      ...'docs data other outside.txt .git config'.split(' '),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const answer = await answerTo(`GET /${pieces.join('')} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.ok(!answer.includes(SECRET));
        assert.match(answer, /^$|^HTTP\/1\.1 (?:200|302|404) /);
      }),
      runs('paths of files', 150),
    );
    await stand.empty();
  });

  test('a request is no connection any more, and a second one on its socket is not answered', async () => {
    using visitor = await stand.visit();
    visitor.send('GET /data HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    assert.ok(String(await visitor.rest()).split('HTTP/1.1 200').length <= 2);
    await stand.empty();
    assert.equal(stand.rig.listener.connections, 0);
    assert.equal(stand.rig.logged('clientDisconnected').at(-1)?.cause, 'normal');
  });

  test('a WebSocket is asked for at the same door', async () => {
    using visitor = await stand.visit();
    assert.match(await visitor.send(upgrade()).head(), / 101 /);
    using other = await stand.visit();
    other.send('GET /data HTTP/1.1\r\nHost: a\r\n\r\n', upgrade());
    assert.doesNotMatch(String(await other.rest()), / 101 /);
  });

  test('a browser that goes away in the middle leaves nothing behind', async () => {
    using visitor = await stand.visit();
    visitor.send('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    await visitor.head();
    visitor.socket.resetAndDestroy();
    await stand.empty();
  });

  test('files on their way are cut off when the listener closes', async () => {
    await using other = await Stand.open({ rules: { files: new HttpFiles(root) } });
    using visitor = await other.visit();
    visitor.socket.pause();
    visitor.send('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    visitor.socket.resume();
    await visitor.head();
    visitor.socket.pause();
    other.reception.close();
    await other.empty();
  });

  test('a file that vanishes in between is not there', async () => {
    scratch.file('www/brief.txt', 'soon gone');
    const path = scratch.at('www/brief.txt');
    rmSync(path);
    assert.equal((await fetch(`${origin}/brief.txt`)).status, 404);
  });

  test('must be a directory', () => {
    assert.throws(() => new HttpFiles(scratch.at('nowhere')), { code: 'ENOENT' });
    assert.throws(() => new HttpFiles(scratch.at('secret.txt')), { code: 'ENOTDIR' });
  });
});
