/** Clients that do nothing but come and go over TLS: a process of its own, which prints how many there were. */
import { connect, createSecureContext } from 'node:tls';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { cpuSeconds } from '../process-usage.ts';

/** What the process is asked for, as JSON in its first argument. */
export interface HandshakeJob {
  readonly port: number;
  /** The broker's process, whose CPU time is read. */
  readonly pid: number;
  readonly version: SecureVersion;
  /** Whether clients go on with a session that they had. */
  readonly resumed: boolean;
  /** Clients at a time. */
  readonly clients: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What it prints, as JSON. */
export interface HandshakeResult {
  readonly handshakes: number;
  readonly seconds: number;
  /** Of the broker, user and system; null where it is not known. */
  readonly cpuSeconds: number | null;
  /** How many of the handshakes were resumed. */
  readonly resumed: number;
}

/** MQTT 3.1.1, a clean session, no client identifier. */
const CONNECT = Buffer.from('100c00044d5154540402003c0000', 'hex');
const DISCONNECT = Buffer.from('e000', 'hex');

class Crowd {
  readonly #job: HandshakeJob;
  readonly #context;
  #session: Buffer | undefined;
  handshakes = 0;
  resumed = 0;

  constructor(job: HandshakeJob) {
    this.#job = job;
    const { version } = job;
    this.#context = createSecureContext({ minVersion: version, maxVersion: version, ca: [] });
  }

  /** One client after the other, for ever. */
  come(): void {
    const { port, resumed } = this.#job;
    const session = resumed ? this.#session : undefined;
    const socket: TLSSocket = connect({
      port,
      host: '127.0.0.1',
      secureContext: this.#context,
      rejectUnauthorized: false, // the broker is measured, not the client
      ...(session && { session }),
    });
    socket.setNoDelay(true);
    if (resumed && session === undefined) socket.on('session', (next) => (this.#session ??= next));
    socket.on('error', (error) => {
      throw error;
    });
    socket.once('data', () => {
      this.handshakes++;
      if (socket.isSessionReused()) this.resumed++;
      socket.end(DISCONNECT);
      this.come();
    });
    socket.write(CONNECT);
  }
}

async function measure(job: HandshakeJob): Promise<HandshakeResult> {
  const crowd = new Crowd(job);
  for (let client = 0; client < job.clients; client++) crowd.come();
  await pass(job.warmUpSeconds);
  const [before, resumed, cpu, start] = [
    crowd.handshakes,
    crowd.resumed,
    cpuSeconds(job.pid),
    performance.now(),
  ];
  await pass(job.seconds);
  const after = cpuSeconds(job.pid);
  return {
    handshakes: crowd.handshakes - before,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: cpu === null || after === null ? null : after - cpu,
    resumed: crowd.resumed - resumed,
  };
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

if (import.meta.main) {
  const result = await measure(JSON.parse(process.argv[2] ?? '') as HandshakeJob);
  process.stdout.write(JSON.stringify(result));
  process.exit(0);
}
