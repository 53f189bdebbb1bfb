/** AbortSignals: what they mean here, and that nothing stays behind on them. */
import { MqttError } from './error.ts';

/** Calls a handler once when the signal aborts; the result takes it away again. */
export function onAbort(signal: AbortSignal | undefined, handler: () => void): () => void {
  if (signal === undefined) return nothing;
  signal.addEventListener('abort', handler, { once: true });
  return () => signal.removeEventListener('abort', handler);
}

/** The error of what was given up; its cause is the signal's reason. */
export function aborted(what: string, { reason }: AbortSignal): MqttError {
  return new MqttError('ABORTED', `${what} was aborted`, { cause: reason });
}

export function throwIfAborted(what: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(what, signal);
}

/** The same promise, until the signal aborts: then it rejects, and what was begun goes on. */
export async function abortable<T>(
  what: string,
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const forget = onAbort(signal, () => reject(aborted(what, signal)));
  try {
    return await Promise.race([promise, gone]);
  } finally {
    forget();
  }
}

/**
 * The same promise; but one that is ignored and fails ends no program, so that no server can end it by refusing what
 * nobody waits for. Whoever awaits it learns of the failure.
 */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

/** A failure that may be ignored, too. */
export function rejected(failure: Error): Promise<never> {
  return ignorable(Promise.reject(failure));
}

function nothing(): void {}
