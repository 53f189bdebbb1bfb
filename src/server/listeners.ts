/** The listeners of a configuration: opened together, closed together. */
import { lookup } from 'node:dns/promises';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import { Guard } from '../broker/guard.ts';
import { LIMITS } from '../broker/limits.ts';
import type { Listener } from '../broker/limits.ts';
import type { Config, ListenerConfig } from '../config/config.ts';
import { Anteroom } from '../transport/anteroom.ts';
import { Flusher } from '../transport/flusher.ts';
import { arrive } from '../transport/arrival.ts';
import type { Door, Layers } from '../transport/arrival.ts';
import { listen } from '../transport/listener.ts';
import type { OpenListener, Place } from '../transport/listener.ts';
import type { AccessRules } from './access.ts';
import { layersOf } from './layers.ts';
import { listenerSettings } from './settings.ts';

/** An address to listen on; undefined for all of the family. */
interface Address {
  readonly host: string | undefined;
  readonly family: 4 | 6;
}

const ALL: readonly Address[] = [
  { host: undefined, family: 4 },
  { host: undefined, family: 6 },
];

/** One `listener` of the configuration and the sockets it opened, one for each family or address. */
interface Opened {
  /** Its place in the configuration. */
  readonly at: number;
  readonly config: ListenerConfig;
  readonly listener: Listener;
  readonly anteroom: Anteroom;
  /** A reload may replace them. */
  layers: Layers;
  readonly sockets: OpenListener[];
}

/** A family that the machine does not have; the listener then does without, as in Mosquitto. */
const NO_FAMILY: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

export class Listeners {
  readonly #broker: Broker;
  readonly #log: Log;
  readonly #flusher = new Flusher();
  readonly #guard = new Guard();
  #config: Config;
  #rules: AccessRules;
  #opened: Opened[] = [];

  constructor(broker: Broker, log: Log, config: Config, rules: AccessRules) {
    this.#broker = broker;
    this.#log = log;
    this.#config = config;
    this.#rules = rules;
  }

  /** Opens all; false, with all closed again, if one cannot be opened. What went wrong is in the log. */
  async open(): Promise<boolean> {
    for (const [at, config] of this.#config.listeners.entries()) {
      const opened = await this.#openOne(config, at);
      if (opened !== undefined) this.#opened.push(opened);
      else if (!this.#config.localOnly) {
        await this.close();
        return false;
      }
    }
    if (this.#opened.length > 0) return true;
    this.#log.event('serverError', { text: 'Error: Unable to start any listening sockets, exiting.' });
    return false;
  }

  /** Where clients can connect: `127.0.0.1:1883`, `[::1]:1883`. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#opened.flatMap(({ sockets }) => sockets.map(({ address }) => address));
  }

  /** A reload: the settings of each listener are replaced; connected clients keep theirs where they must. */
  configure(config: Config, rules: AccessRules): void {
    this.#config = config;
    this.#rules = rules;
    for (const opened of this.#opened) {
      rules.attach(opened.listener, opened.at);
      const next = config.listeners[opened.at];
      if (next === undefined) continue;
      opened.listener.settings = listenerSettings(next);
      opened.layers = layersOf(next, { log: this.#log, anteroom: opened.anteroom });
    }
  }

  /** Takes no more clients. Connections are not touched. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = [];
    for (const { anteroom } of opened) anteroom.close();
    await Promise.all(opened.flatMap(({ sockets }) => sockets.map((socket) => socket.close())));
  }

  async #openOne(config: ListenerConfig, at: number): Promise<Opened | undefined> {
    const places = await this.#places(config);
    if (places === undefined) return undefined;
    const listener: Listener = { settings: listenerSettings(config), connections: 0, guard: this.#guardOf() };
    const anteroom = this.#anteroomOf(listener);
    const layers = layersOf(config, { log: this.#log, anteroom });
    this.#rules.attach(listener, at);
    const opened: Opened = { at, config, listener, anteroom, layers, sockets: [] };
    for (const place of places) {
      const socket = await this.#openSocket(opened, place, places.length > 1);
      if (socket === 'failed') {
        await Promise.all(opened.sockets.map((one) => one.close()));
        return undefined;
      }
      if (socket !== 'skipped') opened.sockets.push(socket);
    }
    return opened.sockets.length === 0 ? undefined : opened;
  }

  #guardOf(): Guard {
    return this.#config.global.per_listener_settings ? new Guard() : this.#guard;
  }

  async #openSocket(
    opened: Opened,
    place: Place,
    dispensable: boolean,
  ): Promise<OpenListener | 'failed' | 'skipped'> {
    const { config } = opened;
    this.#log.event('listenerOpening', {
      port: config.port,
      ...('path' in place
        ? { family: 'unix', path: place.path }
        : { family: place.family === 4 ? 'ipv4' : 'ipv6' }),
    });
    const door = this.#doorOf(opened.listener);
    try {
      return await listen({
        place,
        noDelay: this.#noDelay(),
        arrived: (socket, peer) => arrive(socket, peer, door, opened.layers),
        failed: (error) => this.#log.event('serverWarning', { text: `Warning: ${error.message}` }),
      });
    } catch (error) {
      return this.#failed(error as NodeJS.ErrnoException, config, dispensable);
    }
  }

  #anteroomOf(listener: Listener): Anteroom {
    const broker = this.#broker;
    return new Anteroom({
      take: (peer) => broker.reserve(listener, peer),
      free: () => broker.giveUp(listener),
    });
  }

  #doorOf(listener: Listener): Door {
    const broker = this.#broker;
    return {
      limits: () => ({
        frames: broker.settings.maxQueuedMessages,
        bytes: broker.settings.maxQueuedBytes || LIMITS.wireBytes,
      }),
      flusher: this.#flusher,
      accept: (wire, peer, identity) => broker.accept(wire, listener, peer, identity),
    };
  }

  #failed(error: NodeJS.ErrnoException, config: ListenerConfig, dispensable: boolean): 'failed' | 'skipped' {
    const code = error.code ?? '';
    if (NO_FAMILY.has(code) && (dispensable || this.#config.localOnly)) {
      this.#log.event('serverWarning', { text: `Warning: ${systemText(error)}` });
      return 'skipped';
    }
    this.#log.event('serverError', { text: `Error: ${systemText(error)}` });
    const hint = HINTS[code]?.(config.port);
    if (hint !== undefined) this.#log.event('serverError', { text: hint });
    return 'failed';
  }

  /** Nagle's algorithm is left on only where the file asks for it: frames are gathered by the wire. */
  #noDelay(): boolean {
    const { global, setAt } = this.#config;
    return global.set_tcp_nodelay || !setAt.has('set_tcp_nodelay');
  }

  /** Where a listener listens: on a path, on all addresses, or on those its host resolves to; undefined if on none. */
  async #places(config: ListenerConfig): Promise<Place[] | undefined> {
    const { host, port, unixPath, socket_domain: domain } = config;
    if (unixPath !== undefined) return [{ path: unixPath }];
    const wanted = ({ family }: Address): boolean =>
      domain === undefined || (domain === 'ipv4' ? family === 4 : family === 6);
    const addresses = host === undefined ? ALL : await this.#resolve(host);
    return addresses?.filter(wanted).map(({ host: at, family }) => ({ port, host: at, family }));
  }

  async #resolve(host: string): Promise<Address[] | undefined> {
    try {
      const found = await lookup(host, { all: true });
      return found.map(({ address, family }) => ({ host: address, family: family === 4 ? 4 : 6 }));
    } catch (error) {
      this.#log.event('serverError', { text: `Error creating listener: ${systemText(error as Error)}.` });
      return undefined;
    }
  }
}

/** What to do about it, by the system's error code. */
const HINTS: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) =>
    `Port ${port} is taken, perhaps by another broker. Stop it, or choose another port with -p or in the configuration file.`,
  EACCES: (port) =>
    `Port ${port} needs more rights. Ports below 1024 need the capability CAP_NET_BIND_SERVICE; do not start the broker as root.`,
};

const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EACCES: 'Permission denied',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  ENOTFOUND: 'Name or service not known',
};

/** The system's words for an error, as C programs print them. */
function systemText(error: NodeJS.ErrnoException): string {
  return SYSTEM_TEXTS[error.code ?? ''] ?? error.message;
}
