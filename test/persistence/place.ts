/** A place where state is kept, and brokers that come and go there. */
import assert from 'node:assert/strict';
import { freePort, Program, Scratch, zanzara, connectTo } from '../cli/program.ts';
import type { Ended } from '../cli/program.ts';

/** A folder with a configuration file, for one broker after the other. */
export class Place implements AsyncDisposable {
  readonly scratch: Scratch = new Scratch();
  readonly port: number;
  readonly file: string;
  #program: Program | undefined;

  private constructor(port: number) {
    this.port = port;
    this.file = this.scratch.at('mosquitto.conf');
  }

  /** With these lines below a listener for everybody on 127.0.0.1. */
  static async make(config: string): Promise<Place> {
    const place = new Place(await freePort());
    place.configure(config);
    return place;
  }

  /** For the next start; `user root` lets Debian's broker and ours write to each other's files. */
  configure(config: string): void {
    this.scratch.file(
      'mosquitto.conf',
      `listener ${this.port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence_location ${this.scratch.path}\n${config}\n`,
    );
  }

  /** Starts a broker, ours without a command, and waits for it. */
  async start(command: readonly string[] = zanzara('-c', this.file), env = {}): Promise<Program> {
    this.#program = new Program(command, { cwd: this.scratch.path, env });
    await this.#program.until(/ running\n/);
    return this.#program;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    assert.ok(this.#program);
    return this.#program.stop(signal);
  }

  at(name: string): string {
    return this.scratch.at(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.stop('SIGKILL');
    this.scratch[Symbol.dispose]();
  }
}

const VERSIONS = [4, 5] as const;

const lasting = (version: 4 | 5): Parameters<typeof connectTo>[1] => ({
  version,
  clientId: `reader-${version}`,
  clean: false,
  ...(version === 5 && { properties: { sessionExpiryInterval: 1000 } }),
});

/** Leaves behind retained messages, and a session of each version with subscriptions and messages that wait. */
export async function furnish(port: number): Promise<void> {
  for (const version of VERSIONS) {
    const reader = await connectTo(port, lasting(version));
    await reader.subscribe('queue/+', 2);
    await reader.subscribe(`of/${version}/#`, 1);
    reader.drop();
  }
  const writer = await connectTo(port, { clientId: 'writer', clean: true });
  await writer.publish('kept/7', 'first', { qos: 1, retain: true });
  await writer.publish('kept/007', 'second', { qos: 2, retain: true });
  await writer.publish('kept/gone', 'x', { qos: 1, retain: true });
  await writer.publish('kept/gone', '', { qos: 1, retain: true });
  for (const at of [1, 2, 3]) await writer.publish('queue/a', `${at}`, { qos: at === 2 ? 2 : 1 });
  await writer.disconnect();
}

/** All that `furnish` left is there: once, in order, and whole. `since` came behind it on `of/<version>/x`. */
export async function expectFurnished(port: number, since?: string): Promise<void> {
  for (const version of VERSIONS) {
    const reader = await connectTo(port, lasting(version));
    assert.equal(reader.connack?.sessionPresent, true);
    for (const at of [1, 2, 3]) await reader.receive('queue/a', `${at}`, { qos: at === 2 ? 2 : 1 });
    if (since !== undefined) await reader.receive(`of/${version}/x`, since, { qos: 1 });
    const writer = await connectTo(port, { clientId: 'writer', clean: true });
    await writer.publish(`of/${version}/x`, 'still subscribed', { qos: 2 });
    await writer.disconnect();
    await reader.receive(`of/${version}/x`, 'still subscribed', { qos: 1 });
    await reader.expectNothing();
    reader.drop();
  }
  const other = await connectTo(port, { clientId: 'other', clean: true });
  const packetId = other.nextPacketId();
  other.send(other.p.subscribe(packetId, [['kept/#', 2]]));
  await other.expectAll(
    other.p.suback(packetId, [2]),
    { type: 'publish', topic: 'kept/7', payload: 'first', qos: 1, retain: true },
    { type: 'publish', topic: 'kept/007', payload: 'second', qos: 2, retain: true },
  );
  other.drop();
}
