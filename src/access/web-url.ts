/** URLs of services that the broker asks: what should be known of them before secrets go there. */
import { problemAt } from './file.ts';
import type { FileProblem, OptionPlaces } from './file.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** A warning where what is sent or fetched can be read and changed on its way. */
export function clearTextWarnings(
  url: URL | undefined,
  option: string,
  places: OptionPlaces,
  what: string,
): FileProblem[] {
  if (url === undefined || url.protocol === 'https:' || LOOPBACK.test(url.hostname)) return [];
  const text = `Warning: '${option}' is not https: ${what}.`;
  const hint = 'Use https, or a service on this machine.';
  return [problemAt(places, option, { level: 'warning', text, hint })];
}
