/** One URL, asked over HTTP or HTTPS on connections that are kept: bounded in time and in size, never redirected. */
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent as SecureAgent, request as requestSecurely } from 'node:https';
import { LIMITS } from '../broker/limits.ts';

/** What is asked, and how long it may take. */
export interface WebTarget {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly timeoutMs: number;
  /** PEM of the authorities that may vouch for the server, in the place of those that Node knows. */
  readonly authorities?: string | undefined;
}

/** An answer of the server, whatever it says. */
export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

/** Why there is no answer: a phrase without a final dot, for the log. */
export class WebFailure extends Error {
  override readonly name = 'WebFailure';
}

/** What system and TLS errors mean, by their code; of others the text is told. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the answer',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too long',
};

/** What stands for a URL in the log: no user, no password, no query. */
export function shownUrl({ origin, pathname }: URL): string {
  return origin + pathname;
}

export class WebClient {
  readonly #target: WebTarget;
  readonly #agent: Agent;
  readonly #request: typeof request;

  constructor(target: WebTarget) {
    const options = { keepAlive: true, maxSockets: LIMITS.webRequests };
    const secure = target.url.protocol === 'https:';
    const { authorities } = target;
    this.#target = target;
    this.#request = secure ? requestSecurely : request;
    this.#agent = secure
      ? new SecureAgent({ ...options, ...(authorities !== undefined && { ca: authorities }) })
      : new Agent(options);
  }

  /** Rejects with a `WebFailure` where there is no answer. */
  get(): Promise<WebAnswer> {
    return this.#ask('GET');
  }

  post(json: string): Promise<WebAnswer> {
    return this.#ask('POST', json);
  }

  /** Closes the connections that are kept, and ends what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, json?: string): Promise<WebAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WebAnswer>();
    const { timeoutMs } = this.#target;
    let current: ClientRequest;
    const fail = (reason: string): void => {
      reject(new WebFailure(reason));
      current.destroy();
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const send = (again: boolean): void => {
      current = this.#open(method, json);
      current.on('response', (response) => gather(response, resolve, fail));
      current.on('upgrade', () => fail('it speaks another protocol'));
      current.on('error', (error: NodeJS.ErrnoException) => {
        // the server has closed a connection that was kept, at the same moment: it has seen nothing of the question
        if (again && current.reusedSocket && error.code === 'ECONNRESET') send(false);
        else fail(reasonOf(error));
      });
      current.end(json);
    };
    send(true);
    return promise.finally(() => clearTimeout(timer));
  }

  #open(method: string, json: string | undefined): ClientRequest {
    const { url, headers } = this.#target;
    const body = json !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(json),
    };
    return this.#request(url, {
      method,
      agent: this.#agent,
      headers: { Accept: 'application/json', 'User-Agent': 'zanzara', ...headers, ...body },
    });
  }
}

/** Reads an answer whole, within the limit. */
function gather(
  response: IncomingMessage,
  done: (answer: WebAnswer) => void,
  fail: (reason: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LIMITS.webAnswerBytes) fail(`an answer of more than ${LIMITS.webAnswerBytes} bytes`);
    else chunks.push(chunk);
  });
  response.on('error', (error) => fail(reasonOf(error)));
  response.on('end', () =>
    done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
  );
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const { code = '', message } = error;
  return REASONS[code] ?? (message === '' ? code : message);
}
