/** Errors of OpenSSL as C programs print them. */

/** What stands in the message of an error of Node's: a number, the library, where it happened, the reason. */
const PATTERN = /error:([0-9A-F]{8}):([^:\n]*):[^:\n]*:([^:\n]*)/g;

/** The errors of OpenSSL behind an error, the first one first; none if it has another cause. */
export function openSslErrors(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const { message, opensslErrorStack = [] } = error as Error & {
    readonly opensslErrorStack?: readonly string[];
  };
  const texts = [message, ...opensslErrorStack.toReversed()].join('\n');
  const errors = Array.from(
    texts.matchAll(PATTERN),
    ([, number, library, reason]) => `error:${number}:${library}::${reason?.trimEnd()}`,
  );
  return [...new Set(errors)];
}
