/** A web service that answers questions in JSON: a few at a time, and none while it is out of order. */
import { Queue } from '../base/queue.ts';
import { LIMITS } from '../broker/limits.ts';
import { Circuit } from './circuit.ts';
import type { Pass } from './circuit.ts';
import type { AccessPorts } from './ports.ts';
import { shownUrl, WebClient, WebFailure } from './web-client.ts';
import type { WebAnswer, WebTarget } from './web-client.ts';

export interface WebServiceSettings extends WebTarget {
  /** Failures in a row after which it is left alone; 0 is never. */
  readonly failures: number;
  /** For so long. */
  readonly retrySeconds: number;
}

/** Makes an answer of JSON; undefined if it is none that can be understood. */
export type AnswerReader<Answer> = (json: unknown) => Answer | undefined;

/** A question that waits for its turn; `since` in milliseconds. */
interface Waiting {
  readonly since: number;
  readonly characters: number;
  /** Asks it, and resolves when that is done. */
  readonly ask: () => Promise<void>;
  /** Gives it up. */
  readonly giveUp: () => void;
}

/** What 401 and 403 stand for. */
const DENIED = { result: 'deny' };

export class WebService {
  readonly #settings: WebServiceSettings;
  readonly #ports: Pick<AccessPorts, 'log' | 'now'>;
  readonly #client: WebClient;
  readonly #circuit: Circuit;
  readonly #waiting = new Queue<Waiting>();
  #running = 0;
  /** Of the questions that wait. */
  #characters = 0;

  constructor(settings: WebServiceSettings, ports: Pick<AccessPorts, 'log' | 'now'>) {
    this.#settings = settings;
    this.#ports = ports;
    this.#client = new WebClient(settings);
    this.#circuit = new Circuit(settings.failures, settings.retrySeconds * 1000);
  }

  /** The answer to a question; undefined if there is none, for whatever reason: the log says why. */
  ask<Answer>(question: object, read: AnswerReader<Answer>): Promise<Answer | undefined> {
    const since = this.#ports.now();
    const json = JSON.stringify(question);
    if (this.#circuit.isOpen(since) || !this.#hasRoom(json)) return Promise.resolve(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
    this.#waiting.push({
      since,
      characters: json.length,
      ask: () => this.#ask(json, read).then(resolve, reject),
      giveUp: () => resolve(undefined),
    });
    this.#characters += json.length;
    this.#advance();
    return promise;
  }

  /** Closes its connections; what is under way fails. */
  close(): void {
    this.#client.close();
  }

  #hasRoom({ length }: string): boolean {
    const { webQuestionsWaiting, webQuestionCharacters } = LIMITS;
    return this.#waiting.length < webQuestionsWaiting && this.#characters + length <= webQuestionCharacters;
  }

  /** Asks as many of those that wait as may be asked at a time. Who has waited too long has gone anyway. */
  #advance(): void {
    while (this.#running < LIMITS.webRequests) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#characters -= next.characters;
      if (this.#ports.now() - next.since > this.#settings.timeoutMs) next.giveUp();
      else void this.#run(next);
    }
  }

  async #run({ ask }: Waiting): Promise<void> {
    this.#running++;
    await ask();
    this.#running--;
    this.#advance();
  }

  async #ask<Answer>(json: string, read: AnswerReader<Answer>): Promise<Answer | undefined> {
    const pass = this.#circuit.enter(this.#ports.now());
    if (pass === undefined) return undefined; // it has opened meanwhile
    try {
      const answer = understood(await this.#client.post(json), read);
      this.#succeeded(pass);
      return answer;
    } catch (error) {
      this.#failed(pass, error instanceof WebFailure ? error.message : String(error));
      return undefined;
    }
  }

  #succeeded(pass: Pass): void {
    if (this.#circuit.succeeded(pass))
      this.#ports.log.event('webServiceResumed', { url: shownUrl(this.#settings.url) });
  }

  /** One line for each failure until the circuit opens, one line then, and none until it closes. */
  #failed(pass: Pass, reason: string): void {
    const { log, now } = this.#ports;
    const { failures, retrySeconds } = this.#settings;
    const url = shownUrl(this.#settings.url);
    const wasOpen = pass === 'probe' || this.#circuit.isOpen(now());
    if (this.#circuit.failed(pass, now()))
      log.event('webServiceSuspended', { url, failures, retrySeconds, reason });
    else if (!wasOpen) log.event('webServiceFailed', { url, reason });
  }
}

/** What the service has said; throws where that is of no use. */
function understood<Answer>({ status, body }: WebAnswer, read: AnswerReader<Answer>): Answer {
  if (status !== 200 && status !== 401 && status !== 403) throw new WebFailure(`HTTP status ${status}`);
  const answer = read(status === 200 ? parsed(body) : DENIED);
  if (answer === undefined) throw new WebFailure('an answer that is not understood');
  return answer;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new WebFailure('an answer that is not JSON');
  }
}
