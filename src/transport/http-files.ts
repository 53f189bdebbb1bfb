/** Files over HTTP: those of one directory, for a browser that is to load the page before it speaks MQTT. */
import { constants, promises, readdirSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { extname, sep } from 'node:path';
import { promises as streams } from 'node:stream';

/** A file that is open, and what the system says of it. */
interface Found {
  readonly file: promises.FileHandle;
  readonly stats: Stats;
  /** Of its name, with the dot. */
  readonly extension: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};

const ALWAYS: OutgoingHttpHeaders = {
  // One answer, as with Mosquitto; what comes after it on the socket is not looked at
  Connection: 'close',
  'X-Content-Type-Options': 'nosniff',
};

/** Errors of the system that mean: there is no such file for you. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'EACCES',
  'EPERM',
  'ENXIO',
  'ENAMETOOLONG',
]);

/** Never waits for the other end of a pipe, and follows no link that was put there since the path was resolved. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** The files of one directory. What lies outside, also by way of a link, and what begins with a dot is not served. */
export class HttpFiles {
  readonly #root: string;

  /** Throws the system's error if there is no such directory. */
  constructor(directory: string) {
    this.#root = realpathSync(directory);
    readdirSync(this.#root);
  }

  /** Answers a request; the socket closes after it. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      page(response, 405, 'Method not allowed.', { Allow: 'GET, HEAD' });
      return;
    }
    this.#serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) notFound(response);
      else page(response, 500, 'Internal server error.');
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const names = namesOf(request.url ?? '');
    const path = names === undefined ? '' : await promises.realpath([this.#root, ...names].join(sep));
    if (names === undefined || !this.#isServed(path)) {
      notFound(response);
      return;
    }
    const file = await promises.open(path, OPEN_FLAGS);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) redirect(response, names.at(-1)!);
      else if (stats.isFile()) await send(request, response, { file, stats, extension: extname(path) });
      else notFound(response);
    } finally {
      await file.close();
    }
  }

  /** Whether a path without links is below the root, by names that do not begin with a dot. */
  #isServed(path: string): boolean {
    const inside = this.#root.endsWith(sep) ? this.#root : `${this.#root}${sep}`;
    return path.startsWith(inside) && !path.slice(inside.length).split(sep).some(isHidden);
  }
}

/** The names a path consists of; undefined if nothing by that path is served. A folder stands for its index. */
function namesOf(url: string): string[] | undefined {
  const [encoded = ''] = url.split('?', 1);
  const path = decode(encoded);
  if (path?.startsWith('/') !== true) return undefined;
  const names = path.slice(1).split('/');
  if (names.at(-1) === '') names[names.length - 1] = 'index.html';
  return names.some((name) => name === '' || isHidden(name) || /[\0\\]/.test(name)) ? undefined : names;
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // a percent sign that stands for nothing
  }
}

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

async function send(request: IncomingMessage, response: ServerResponse, found: Found): Promise<void> {
  const { file, stats, extension } = found;
  const validators = {
    ETag: `W/"${stats.size.toString(16)}-${Math.trunc(stats.mtimeMs).toString(16)}"`,
    'Last-Modified': stats.mtime.toUTCString(),
    'Cache-Control': 'no-cache', // the browser keeps it, and asks each time whether it has changed
  };
  if (isKnown(request, validators.ETag, stats.mtimeMs)) {
    response.writeHead(304, { ...ALWAYS, ...validators }).end();
    return;
  }
  response.writeHead(200, {
    ...ALWAYS,
    ...validators,
    'Content-Type': MEDIA_TYPES[extension.toLowerCase()] ?? 'application/octet-stream',
    'Content-Length': stats.size,
  });
  if (request.method === 'HEAD' || stats.size === 0) response.end();
  // No more than was announced, should the file grow meanwhile
  else await streams.pipeline(file.createReadStream({ start: 0, end: stats.size - 1 }), response);
}

/** Whether the browser has the file as it is. RFC 9110 §13.2.2 */
function isKnown({ headers }: IncomingMessage, tag: string, changedAt: number): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = headers;
  if (tags !== undefined) return tags.split(',').some((one) => ['*', tag].includes(one.trim()));
  return since !== undefined && Math.trunc(changedAt / 1000) * 1000 <= Date.parse(since);
}

/** To the folder itself, so that what its index refers to is found below it. */
function redirect(response: ServerResponse, name: string): void {
  page(response, 302, 'It is a folder.', { Location: `${encodeURIComponent(name)}/` });
}

function notFound(response: ServerResponse): void {
  page(response, 404, 'Not found.');
}

function page(response: ServerResponse, status: number, text: string, headers?: OutgoingHttpHeaders): void {
  const body = `${text}\n`;
  const type = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length };
  response.writeHead(status, { ...ALWAYS, ...type, ...headers }).end(body);
}
