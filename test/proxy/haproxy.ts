/** HAProxy in front of a broker: a real proxy, with certificates made for the occasion. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Program } from '../cli/program.ts';
import type { Scratch } from '../cli/program.ts';
import { isInstalled as isMosquittoInstalled } from '../interop/mosquitto.ts';

/** Debian keeps it where not everybody's PATH leads. */
const HAPROXY = ['haproxy', '/usr/sbin/haproxy'].find((program) => isThere(program, '-v'));

const MISSING =
  'haproxy, openssl or mosquitto-clients is not installed: apt-get install haproxy openssl mosquitto mosquitto-clients';

const isInstalled = HAPROXY !== undefined && isThere('openssl', 'version') && isMosquittoInstalled;

function isThere(program: string, question: string): boolean {
  return spawnSync(program, [question]).error === undefined;
}

/** A test that needs HAProxy. Without it it is skipped, but in CI it fails: it belongs there. */
export function testWithHaproxy(name: string, run: () => Promise<void>): void {
  const skip = isInstalled || process.env['CI'] === 'true' ? false : MISSING;
  test(name, { skip }, async () => {
    if (!isInstalled) throw new Error(MISSING);
    await run();
  });
}

/** A port of HAProxy and where its connections go. */
export interface Route {
  readonly port: number;
  /** Whether TLS ends here; clients may then show a certificate. */
  readonly tls: boolean;
  /** Port or path of the broker, and how it is told who comes: `127.0.0.1:1883 send-proxy`. */
  readonly server: string;
}

/** Starts HAProxy. The files of `makeCertificates` are in the folder. */
export async function startHaproxy(scratch: Scratch, routes: readonly Route[]): Promise<Program> {
  const config = [
    'defaults',
    '  mode tcp',
    ...['connect', 'client', 'server', 'check'].map((what) => `  timeout ${what} 20s`),
    ...routes.flatMap(({ port, tls, server }) => [
      `listen route${port}`,
      `  bind 127.0.0.1:${port}${tls ? ` ssl crt ${scratch.at('both.pem')} ca-file ${scratch.at('ca.pem')} verify optional` : ''}`,
      `  server broker ${server}`,
    ]),
    '',
  ];
  const file = scratch.file('haproxy.cfg', config.join('\n'));
  const program = new Program([HAPROXY ?? 'haproxy', '-db', '-f', file]);
  for (const { port } of routes) await program.listens(port);
  return program;
}

/** Makes `ca.pem`, a server's certificate for localhost and a client's with this common name. */
export function makeCertificates(scratch: Scratch, commonName: string): void {
  const make = (name: string, subject: string, ...more: readonly string[]): void => {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      scratch.at(`${name}.key`),
    ];
    const out = ['-days', '2', '-subj', `/CN=${subject}`, '-out', scratch.at(`${name}.pem`)];
    const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...key, ...out, ...more]);
    if (status !== 0) throw new Error(String(stderr));
    chmodSync(scratch.at(`${name}.key`), 0o644); // a broker started as root is somebody else when it reads it
  };
  const signed = ['-CA', scratch.at('ca.pem'), '-CAkey', scratch.at('ca.key')];
  make('ca', 'authority');
  make('server', 'localhost', ...signed, '-addext', 'subjectAltName=DNS:localhost');
  make('client', commonName, ...signed);
  const parts = ['server.pem', 'server.key'].map((name) => readFileSync(scratch.at(name), 'utf8'));
  scratch.file('both.pem', parts.join(''));
}
