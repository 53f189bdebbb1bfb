/** The listeners of a configuration: opened together, closed together. */
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
import { Handshakes } from '../transport/handshakes.ts';
import { listen } from '../transport/listener.ts';
import type { OpenListener, Place } from '../transport/listener.ts';
import type { AccessRules } from './access.ts';
import type { ListenerEncryption, OpenedEncryption } from './encryption.ts';
import { isExhausted } from './descriptors.ts';
import type { KeyLog } from './key-log.ts';
import { layersOf } from './layers.ts';
import { loaded, usesTls, usesWebSockets } from './on-demand.ts';
import { planOf } from './places.ts';
import type { Step } from './places.ts';
import type { Plugins } from './plugins.ts';
import { listenerSettings } from './settings.ts';
import { listenFault, systemText } from './system-text.ts';
import type { ListenerWebSockets } from './websockets.ts';

/** One `listener` of the configuration and the sockets it opened, one for each family or address. */
interface Opened {
  /** Its place in the configuration. */
  readonly at: number;
  readonly config: ListenerConfig;
  readonly listener: Listener;
  readonly anteroom: Anteroom;
  readonly encryption: ListenerEncryption | undefined;
  /** Made when the configuration first speaks of WebSocket. */
  webSockets: ListenerWebSockets | undefined;
  /** A reload may replace them. */
  layers: Layers;
  readonly sockets: OpenListener[];
}

/** A family that the machine does not have; the listener then does without, as in Mosquitto. */
const NO_FAMILY: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

const NO_SOCKETS = 'Error: Unable to start any listening sockets, exiting.';

export class Listeners {
  readonly #broker: Broker;
  readonly #log: Log;
  readonly #flusher = new Flusher();
  readonly #guard = new Guard();
  readonly #handshakes = new Handshakes(LIMITS.tlsHandshakes);
  readonly #keyLog: KeyLog | undefined;
  readonly #plugins: Plugins;
  #config: Config;
  #rules: AccessRules;
  #opened: Opened[] = [];

  constructor(
    broker: Broker,
    log: Log,
    config: Config,
    rules: AccessRules,
    plugins: Plugins,
    keyLog?: KeyLog,
  ) {
    this.#broker = broker;
    this.#log = log;
    this.#config = config;
    this.#rules = rules;
    this.#plugins = plugins;
    this.#keyLog = keyLog;
  }

  /** Opens all; false, with all closed again, if one cannot be opened. What went wrong is in the log. */
  async open(): Promise<boolean> {
    for (const [at, config] of this.#config.listeners.entries()) {
      const opened = await this.#openOne(config, at);
      if (opened !== undefined) this.#add(opened);
      else if (!this.#config.localOnly) {
        await this.close();
        return false;
      }
    }
    if (this.#opened.length > 0) return true;
    this.#log.event('serverError', { text: NO_SOCKETS });
    return false;
  }

  #add(opened: Opened): void {
    this.#opened.push(opened);
    opened.encryption?.watch();
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
      opened.encryption?.renew(next);
      opened.webSockets ??= this.#webSocketsOf(next);
      opened.webSockets?.follow(next, config);
      opened.layers = this.#layersOf(next, opened);
    }
  }

  /** Takes no more clients. Connections are not touched. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = [];
    for (const { anteroom, encryption, webSockets } of opened) {
      anteroom.close();
      encryption?.close();
      webSockets?.close();
    }
    await Promise.all(opened.flatMap(({ sockets }) => sockets.map((socket) => socket.close())));
  }

  async #openOne(config: ListenerConfig, at: number): Promise<Opened | undefined> {
    const plan = await planOf(config);
    if ('error' in plan) {
      this.#log.event('serverError', { text: plan.error });
      return undefined;
    }
    const listener: Listener = { settings: listenerSettings(config), connections: 0, guard: this.#guardOf() };
    const anteroom = this.#anteroomOf(listener);
    const opening = this.#openEncryption(config, listener);
    if (opening === 'failed') return undefined;
    const encryption = opening === 'plain' ? undefined : opening;
    const webSockets = this.#webSocketsOf(config);
    if (webSockets?.follow(config, this.#config) === false) return undefined;
    const layers = this.#layersOf(config, { anteroom, encryption, webSockets });
    this.#rules.attach(listener, at);
    this.#plugins.attach(listener, at);
    const opened: Opened = { at, config, listener, anteroom, encryption, webSockets, layers, sockets: [] };
    for (const step of plan.steps) {
      const socket = await this.#openStep(opened, step, plan.steps.length > 1);
      if (socket === 'failed') {
        await Promise.all(opened.sockets.map((one) => one.close()));
        return undefined;
      }
      if (socket !== 'skipped') opened.sockets.push(socket);
    }
    if (opened.sockets.length > 0) return opened;
    if (!this.#config.localOnly) this.#log.event('serverError', { text: NO_SOCKETS });
    return undefined;
  }

  #openEncryption(config: ListenerConfig, listener: Listener): OpenedEncryption {
    if (!usesTls(config)) return 'plain';
    return loaded.encryption!.ListenerEncryption.open(config, {
      log: this.#log,
      handshakes: this.#handshakes,
      keyLog: this.#keyLog && ((line) => this.#keyLog?.write(line)),
      keyOf: (identity) => this.#rules.pskKey(listener, identity),
    });
  }

  #webSocketsOf(config: ListenerConfig): ListenerWebSockets | undefined {
    return usesWebSockets(config) ? new loaded.webSockets!.ListenerWebSockets(this.#log) : undefined;
  }

  #layersOf(
    config: ListenerConfig,
    { anteroom, encryption, webSockets }: Pick<Opened, 'anteroom' | 'encryption' | 'webSockets'>,
  ): Layers {
    return layersOf(config, {
      log: this.#log,
      anteroom,
      encryption: encryption?.tls,
      webSockets: webSockets?.layer,
    });
  }

  #guardOf(): Guard {
    return this.#config.global.per_listener_settings ? new Guard() : this.#guard;
  }

  async #openStep(
    opened: Opened,
    step: Step,
    dispensable: boolean,
  ): Promise<OpenListener | 'failed' | 'skipped'> {
    const { port, protocol } = opened.config;
    this.#log.event('listenerOpening', {
      port,
      ...familyOf(step),
      ...(protocol === 'websockets' && { protocol }),
    });
    if ('place' in step) return this.#openSocket(opened, step.place, dispensable);
    if ('warning' in step) {
      this.#log.event('serverWarning', { text: step.warning });
      return 'skipped';
    }
    this.#log.event('serverError', { text: step.error });
    return 'failed';
  }

  async #openSocket(
    opened: Opened,
    place: Place,
    dispensable: boolean,
  ): Promise<OpenListener | 'failed' | 'skipped'> {
    const door = this.#doorOf(opened.listener);
    try {
      return await listen({
        place,
        noDelay: this.#noDelay(),
        arrived: (socket, peer) => arrive(socket, peer, door, opened.layers),
        failed: (error) => this.#trouble(error),
      });
    } catch (error) {
      return this.#failed(error as NodeJS.ErrnoException, place, dispensable);
    }
  }

  /** An open listener failed. That descriptors ran out is told once in a while, and not for each who comes. */
  #trouble(error: NodeJS.ErrnoException): void {
    if (!isExhausted(error)) this.#log.event('serverWarning', { text: `Warning: ${systemText(error)}` });
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

  #failed(error: NodeJS.ErrnoException, place: Place, dispensable: boolean): 'failed' | 'skipped' {
    if (NO_FAMILY.has(error.code ?? '') && (dispensable || this.#config.localOnly)) {
      this.#log.event('serverWarning', { text: `Warning: ${systemText(error)}` });
      return 'skipped';
    }
    for (const text of listenFault(error, place)) this.#log.event('serverError', { text });
    return 'failed';
  }

  /** Nagle's algorithm is left on only where the file asks for it: frames are gathered by the wire. */
  #noDelay(): boolean {
    const { global, setAt } = this.#config;
    return global.set_tcp_nodelay || !setAt.has('set_tcp_nodelay');
  }
}

/** What the log calls a socket that is about to be opened. */
function familyOf(step: Step): { family: 'ipv4' | 'ipv6' } | { family: 'unix'; path: string } {
  const subject = 'place' in step ? step.place : step;
  if ('path' in subject) return { family: 'unix', path: subject.path };
  return { family: subject.family === 4 ? 'ipv4' : 'ipv6' };
}
