/** The first words to someone who started the broker without a configuration. */
import { VERSION } from '../server/version.ts';

/** Where it listens and what to type next. */
export function welcome(addresses: readonly { readonly host: string; readonly port: number }[]): string {
  const places = addresses.map(({ host, port }) =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
  );
  const port = addresses[0]?.port ?? 1883;
  const flag = port === 1883 ? '' : ` -p ${port}`;
  return [
    '',
    `Zanzara ${VERSION} listens on ${places.join(' and ')}, for clients on this machine.`,
    '',
    'Try it, in a second and a third terminal (Debian package mosquitto-clients):',
    `  mosquitto_sub${flag} -t 'hello/#' -v`,
    `  mosquitto_pub${flag} -t hello/world -m 'it works'`,
    '',
    'To let other machines in, write a file with the two lines',
    '  listener 1883',
    '  allow_anonymous true',
    'and start with -c FILE. Ctrl-C ends the broker.',
    '',
    '',
  ].join('\n');
}
