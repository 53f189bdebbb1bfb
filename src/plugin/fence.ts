/** The fence around a plugin: whatever it does when it is called, only the request at hand is concerned. */
import { LIMITS } from '../broker/limits.ts';
import { describeThrown } from './complaints.ts';
import type { Complaints } from './complaints.ts';
import type { Enter } from './strays.ts';

/** An answer that means nothing, neither yes nor no. The message says what is wrong with it. */
export class WrongAnswer extends TypeError {
  constructor(problem: string) {
    super(problem);
    this.name = 'WrongAnswer';
  }
}

/** What an answer of a plugin means; throws `WrongAnswer` if that is nothing. */
export type Meaning<T> = (answer: unknown) => T;

/** What a promise came to; undefined if it was rejected or late. */
type Arrived = { readonly value: unknown } | undefined;

/**
 * Calls the members of one plugin. One that throws, rejects, is late, or answers what means nothing gives
 * `otherwise`; the log is told. A late answer is ignored. Nothing is ever thrown, and no promise rejects.
 */
export class Fence {
  readonly #complaints: Complaints;
  readonly #enter: Enter;
  readonly #patienceMs: number;
  /** Answers that are awaited. */
  #asked = 0;
  /** Events that the plugin has not finished with. */
  #told = 0;

  constructor(complaints: Complaints, enter: Enter, patienceMs: number) {
    this.#complaints = complaints;
    this.#enter = enter;
    this.#patienceMs = patienceMs;
  }

  /** A question that may take its time. */
  ask<T>(member: string, call: () => unknown, meaning: Meaning<T>, otherwise: T): T | Promise<T> {
    if (this.#asked >= LIMITS.pluginCalls) {
      this.#complaints.about(member, 'has too many', `was not asked: ${this.#asked} answers are outstanding`);
      return otherwise;
    }
    try {
      const answer = this.#enter(call);
      if (!isThenable(answer)) return meaning(answer);
      return this.#later(member, answer, meaning, otherwise);
    } catch (error) {
      return this.#failed(member, error, otherwise);
    }
  }

  /** A question that is answered at once. */
  askNow<T>(member: string, call: () => unknown, meaning: Meaning<T>, otherwise: T): T {
    try {
      const answer = this.#enter(call);
      if (!isThenable(answer)) return meaning(answer);
      Promise.resolve(answer).catch(() => undefined); // that there is a promise at all is told below
    } catch (error) {
      return this.#failed(member, error, otherwise);
    }
    const advice = 'gave a promise, which counts as no: it must answer at once';
    this.#complaints.about(member, 'is not at once', advice);
    return otherwise;
  }

  /** An event: what the plugin makes of it concerns nobody else. */
  tell(member: string, call: () => unknown): void {
    if (this.#told < LIMITS.pluginCalls) void this.tellAndWait(member, call);
    else
      this.#complaints.about(member, 'has too many', `was not told: ${this.#told} events are not done with`);
  }

  /** An event; resolves when the plugin is done with it, or as late as for an answer. */
  async tellAndWait(member: string, call: () => unknown): Promise<void> {
    try {
      const result = this.#enter(call);
      if (isThenable(result)) await this.#finished(member, result);
    } catch (error) {
      this.#failed(member, error, undefined);
    }
  }

  #later<T>(member: string, answer: unknown, meaning: Meaning<T>, otherwise: T): Promise<T> {
    this.#asked++;
    return new Promise((resolve) => {
      this.#await(member, answer, (arrived) => {
        this.#asked--;
        resolve(arrived === undefined ? otherwise : this.#mean(member, arrived.value, meaning, otherwise));
      });
    });
  }

  #finished(member: string, result: unknown): Promise<void> {
    this.#told++;
    return new Promise((resolve) => {
      this.#await(member, result, () => {
        this.#told--;
        resolve();
      });
    });
  }

  /** Calls back once: when the promise is settled, or when its time is over. */
  #await(member: string, promise: unknown, done: (arrived: Arrived) => void): void {
    let open = true;
    const end = (arrived: Arrived): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      done(arrived);
    };
    const timer = setTimeout(() => {
      this.#complaints.about(member, 'is late', `was not done after ${this.#patienceMs / 1000} s`);
      end(undefined);
    }, this.#patienceMs);
    timer.unref();
    Promise.resolve(promise).then(
      (value) => end({ value }),
      (error: unknown) => {
        if (open) this.#failed(member, error, undefined);
        end(undefined);
      },
    );
  }

  #mean<T>(member: string, answer: unknown, meaning: Meaning<T>, otherwise: T): T {
    try {
      return meaning(answer);
    } catch (error) {
      return this.#failed(member, error, otherwise);
    }
  }

  #failed<T>(member: string, error: unknown, otherwise: T): T {
    if (error instanceof WrongAnswer)
      this.#complaints.about(member, 'answers wrong', `gave an answer that means nothing: ${error.message}`);
    else this.#complaints.about(member, 'throws', `threw ${describeThrown(error)}`);
    return otherwise;
  }
}

function isThenable(answer: unknown): boolean {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    typeof (answer as { readonly then?: unknown }).then === 'function'
  );
}
