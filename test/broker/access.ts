/** An access backend that a test scripts: it says yes, no, later, or fails. */
import type { Access, Credentials, Exchange, Principal, Verdict } from '../../src/broker/access.ts';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import { Reason } from '../../src/protocol/reason.ts';
import type { ReasonCode } from '../../src/protocol/reason.ts';

/** What is asked. */
export type Verb = 'connect' | 'step' | 'publish' | 'subscribe' | 'unsubscribe' | 'receive';

interface Held {
  readonly answer: () => void;
  readonly fail: () => void;
}

/**
 * Questions are told as text, `alice publish a/b`, and answered yes unless denied. The one method of enhanced
 * authentication is `TEST`: hello → who? → name → secret? → sesame → welcome.
 */
export class ScriptedAccess implements Access {
  /** Every question but those about receiving, in the order they were asked. */
  readonly asked: string[] = [];
  readonly #denied = new Set<string>();
  readonly #later = new Set<Verb>();
  #held: Held[] = [];
  /** What a no to a client is given as reason. */
  reasonCode: ReasonCode = Reason.notAuthorized;
  /** In the place of the usual verdict on a CONNECT. */
  verdict: ((credentials: Credentials) => Verdict) | undefined;

  deny(...questions: readonly string[]): void {
    for (const question of questions) this.#denied.add(question);
  }

  allow(...questions: readonly string[]): void {
    for (const question of questions) this.#denied.delete(question);
  }

  /** From now on these questions are answered by `answer` and `fail`. */
  hold(...verbs: readonly Exclude<Verb, 'receive'>[]): void {
    for (const verb of verbs) this.#later.add(verb);
  }

  /** From now on questions are answered at once. */
  prompt(): void {
    this.#later.clear();
  }

  /** How many questions wait. */
  get waiting(): number {
    return this.#held.length;
  }

  /** Answers the question that has waited longest. */
  answer(): void {
    this.#held.shift()!.answer();
  }

  /** Its promise rejects. */
  fail(): void {
    this.#held.shift()!.fail();
  }

  authenticate(credentials: Credentials): Verdict | Promise<Verdict> {
    const { clientId, username } = credentials;
    const principal = { clientId, ...(username !== undefined && { username }) };
    const yes = this.#ask('connect', `${clientId} connect ${username ?? ''}`.trimEnd());
    return this.#soon(
      'connect',
      () => this.verdict?.(credentials) ?? (yes() ? { outcome: 'accepted', principal } : this.#refused()),
    );
  }

  exchange(method: string, credentials: Credentials): Exchange | undefined {
    this.asked.push(`${credentials.clientId} exchange ${method}`);
    if (method !== 'TEST') return undefined;
    const steps = ['who?', 'secret?'];
    let name = '';
    return {
      step: (data) => {
        const text = data === undefined ? '' : new TextDecoder().decode(data);
        const yes = this.#ask('step', `${credentials.clientId} step ${text}`);
        return this.#soon('step', () => {
          if (!yes() || (steps.length === 0 && text !== 'sesame')) return this.#refused();
          if (steps.length === 1) name = text;
          const challenge = steps.shift();
          if (challenge !== undefined) return { outcome: 'challenge', data: utf8Bytes(challenge) };
          const principal = { clientId: credentials.clientId, username: name };
          return { outcome: 'accepted', principal, data: utf8Bytes('welcome') };
        });
      },
    };
  }

  mayPublish({ clientId }: Principal, topic: string): boolean | Promise<boolean> {
    return this.#soon('publish', this.#ask('publish', `${clientId} publish ${topic}`));
  }

  maySubscribe({ clientId }: Principal, filter: string): boolean | Promise<boolean> {
    return this.#soon('subscribe', this.#ask('subscribe', `${clientId} subscribe ${filter}`));
  }

  mayUnsubscribe({ clientId }: Principal, filter: string): boolean | Promise<boolean> {
    return this.#soon('unsubscribe', this.#ask('unsubscribe', `${clientId} unsubscribe ${filter}`));
  }

  mayStay({ clientId }: Principal): boolean {
    return !this.#denied.has(`${clientId} stay`);
  }

  mayReceive({ clientId }: Principal, topic: string): boolean {
    return this.#denied.size === 0 || !this.#denied.has(`${clientId} receive ${topic}`);
  }

  #refused(): Verdict {
    return { outcome: 'refused', reasonCode: this.reasonCode };
  }

  /** Notes the question; the answer is looked up when it is due. */
  #ask(verb: Verb, question: string): () => boolean {
    this.asked.push(question);
    return () => !this.#denied.has(question) && !this.#denied.has(verb);
  }

  #soon<T>(verb: Verb, answer: () => T): T | Promise<T> {
    if (!this.#later.has(verb)) return answer();
    return new Promise<T>((resolve, reject) => {
      this.#held.push({ answer: () => resolve(answer()), fail: () => reject(new Error('backend down')) });
    });
  }
}
