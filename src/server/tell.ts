/** Tells the operator, by the log, what is wrong with a configuration or with a file that it names. */
import type { Log } from '../base/log.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { Diagnostic } from '../config/diagnostic.ts';

const EVENTS = {
  error: 'configError',
  warning: 'configWarning',
  notice: 'configNotice',
  information: 'configInformation',
} as const;

export function tell(log: Log, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    for (const text of formatDiagnostic(diagnostic)) log.event(EVENTS[diagnostic.level], { text });
  }
}
