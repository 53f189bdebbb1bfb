/** Tells the operator, by the log, what is wrong with a configuration or with a file that it names. */
import type { Log } from '../base/log.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import type { StoreError } from '../store/store-error.ts';

const EVENTS = {
  error: 'configError',
  warning: 'configWarning',
  notice: 'configNotice',
  information: 'configInformation',
} as const;

/** Why state cannot be read or written, and what to do. The text may have several lines. */
export function tellStoreError(log: Log, { message, hint }: StoreError): void {
  const text = message.startsWith('Error') ? message : `Error: ${message}`;
  for (const line of [...text.split('\n'), hint]) if (line !== '') log.event('serverError', { text: line });
}

export function tell(log: Log, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    for (const text of formatDiagnostic(diagnostic)) log.event(EVENTS[diagnostic.level], { text });
  }
}
