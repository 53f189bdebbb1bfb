/** The composition root: a configuration becomes a running broker with its listeners and its log. */
import { randomBytes } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { Backend } from '../access/backend.ts';
import { DEFAULT_LOG_SETTINGS, Log } from '../base/log.ts';
import { Broker } from '../broker/broker.ts';
import type { Clock } from '../broker/clock.ts';
import { Message } from '../broker/message.ts';
import type { Config, PluginConfig } from '../config/config.ts';
import { utf8Bytes } from '../protocol/bytes.ts';
import { AccessRules } from './access.ts';
import type { OpenedRules } from './access.ts';
import { DescriptorWatch } from './descriptors.ts';
import { Housekeeping } from './housekeeping.ts';

import { KeyLog } from './key-log.ts';
import { Listeners } from './listeners.ts';
import { loaded, loadFor, usesWebSockets } from './on-demand.ts';
import { LogDestinations } from './log-destinations.ts';
import { LOG_MESSAGE_EXPIRY_SECONDS } from './log-topic.ts';
import { Persistence } from './persistence.ts';
import type { PersistencePorts } from './persistence.ts';
import { Plugins } from './plugins.ts';
import type { OwnPlugin } from './plugins.ts';
import { brokerSettings, logDestinations, logSettings } from './settings.ts';
import type { Verbosity } from './settings.ts';
import { tell } from './tell.ts';
import { FULL_VERSION } from './version.ts';

export interface ServerOptions {
  readonly verbosity?: Verbosity;
  /** Whether log files may be symbolic links. */
  readonly allowSymlinks?: boolean;
  /** The environment; `MOSQUITTO_PERSISTENCE_LOCATION` counts. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the secrets of TLS connections are written, if anywhere. */
  readonly keyLogFile?: string | undefined;
  /** Plugins of the program around the broker; they come before those of the configuration. */
  readonly plugins?: readonly OwnPlugin[];
}

/** The time of this machine. */
const CLOCK: Clock = {
  now: Date.now,
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** What came of a start. */
export type Started =
  | 'running'
  | 'no plugins'
  | 'unreadable rules'
  | 'invalid rules'
  | 'no database'
  | 'no listener';

/** Of V8 itself: `process.memoryUsage` opens a file for it, and throws when there are no descriptors left. */
function heapBytes(): number {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics();
  return used + external;
}

/** How often deadlines are looked at, milliseconds. */
const TICK_MS = 1000;

/**
 * A broker with everything around it. Until `start` its log goes to standard error at Mosquitto's default levels,
 * so that what is wrong with a configuration can be told.
 */
export class Server {
  readonly log: Log;
  readonly #destinations: LogDestinations;
  readonly #verbosity: Verbosity;
  #broker: Broker | undefined;
  #listeners: Listeners | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #rules: AccessRules | undefined;
  #plugins: Plugins | undefined;
  #persistence: Persistence | undefined;
  /** Whether clients could come in. */
  #ran = false;
  #hasEnded = false;
  readonly #ownPlugins: readonly OwnPlugin[];
  readonly #allowSymlinks: boolean;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #keyLogFile: string | undefined;
  #keyLog: KeyLog | undefined;

  constructor(options: ServerOptions = {}) {
    this.#verbosity = options.verbosity;
    this.#allowSymlinks = options.allowSymlinks ?? false;
    this.#env = options.env ?? {};
    this.#ownPlugins = options.plugins ?? [];
    this.#keyLogFile = options.keyLogFile;
    this.#destinations = new LogDestinations({
      publish: (topic, payload) => this.#publishLine(topic, payload),
      report: (event, text) => this.log.event(event, { text }),
      allowSymlinks: options.allowSymlinks,
    });
    this.log = new Log(DEFAULT_LOG_SETTINGS, Date.now, (line) => this.#destinations.write(line));
  }

  /** Where clients can connect. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#listeners?.addresses ?? [];
  }

  /** The broker inside, once started. */
  get broker(): Broker | undefined {
    return this.#broker;
  }

  /** A configuration was read: what is said of it, and until `start`, is in its dialect, so that JSON is all JSON. */
  useDialect({ global }: Config): void {
    this.log.configure({ ...DEFAULT_LOG_SETTINGS, dialect: global.log_dialect });
  }

  /** Opens the log, the files of rules and the listeners. What stops it from running is in the log. */
  async start(config: Config): Promise<Started> {
    this.#configureLog(config);
    this.log.event('starting', { version: FULL_VERSION });
    if (config.file === undefined) this.log.event('defaultConfigUsed', {});
    else this.log.event('configLoaded', { file: config.file });
    if (config.localOnly) this.log.event('localOnlyMode', {});
    const plugins = await this.#loadPlugins(config);
    if (plugins === undefined) return 'no plugins';
    this.#plugins = plugins;
    await loadFor(config);
    const { rules, failed } = this.#openRules(plugins.complete(config), plugins.backends);
    if (failed !== undefined) return `${failed} rules`;
    this.#rules = rules;
    const persistence = await Persistence.open(config, this.#persistencePorts);
    if (persistence === undefined) return 'no database';
    this.#persistence = persistence;
    const broker = this.#newBroker(config, rules, persistence);
    if (!(await persistence.restore(broker))) return 'no database';
    this.#broker = broker;
    plugins.start(broker);
    if (this.#keyLogFile !== undefined) this.#keyLog = KeyLog.open(this.#keyLogFile, this.log);
    this.#listeners = new Listeners(broker, this.log, config, rules, plugins, this.#keyLog);
    if (!(await this.#listeners.open())) return 'no listener';
    this.#ran = true;
    broker.tick();
    const housekeeping = new Housekeeping(broker);
    const descriptors = new DescriptorWatch(this.log);
    this.#ticking = setInterval(() => {
      broker.tick();
      persistence.tick();
      housekeeping.tick();
      descriptors.check();
    }, TICK_MS);
    this.log.event('running', { version: FULL_VERSION });
    return 'running';
  }

  /**
   * Puts a changed configuration into force: what `compareForReload` made of the running one and the file. False, and
   * nothing has changed, if a file of rules has an error, which is in the log: all or nothing.
   */
  async apply(config: Config): Promise<boolean> {
    const loading = loadFor(config);
    if (loading !== undefined) await loading; // without one, all of this happens before the call returns
    const plugins = this.#plugins;
    if (plugins === undefined) return false;
    const { rules } = this.#openRules(plugins.complete(config), plugins.backends, this.#rules);
    if (rules === undefined) return false;
    this.#configureLog(config);
    const broker = this.#broker;
    if (broker !== undefined) {
      broker.settings = brokerSettings(config);
      this.#persistence?.configure(config);
      this.#listeners?.configure(config, rules);
      broker.access = rules.access;
      broker.reconsider();
    }
    this.#rules?.close();
    this.#rules = rules;
    plugins.reload();
    return true;
  }

  /** Reads all that a configuration names, and runs nothing; false if it could not run. What is wrong is in the log. */
  async check(config: Config): Promise<boolean> {
    await loadFor(config);
    const { rules } = this.#openRules(config, new Map());
    rules?.close();
    const plugins = Plugins.check(config);
    const tls = config.listeners.flatMap((listener) => loaded.tlsFiles?.checkTls(listener) ?? []);
    tell(this.log, [...plugins, ...tls]);
    const served = config.listeners
      .filter(usesWebSockets)
      .map((listener) => new loaded.webSockets!.ListenerWebSockets(this.log).follow(listener, config));
    const kept = await Persistence.check(config, this.#persistencePorts);
    const wrong = [...plugins, ...tls].some(({ level }) => level === 'error') || served.includes(false);
    return rules !== undefined && kept && !wrong;
  }

  /** Opens the log files anew, for whoever rotates them. */
  reopenLog(): void {
    this.#destinations.reopen();
  }

  /** Saves the state now, where that does not happen by itself. */
  save(): void {
    this.#persistence?.save();
  }

  /** Closes everything: clients are told, wills are published, ports are free when it resolves. */
  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    const closed = this.#listeners?.close();
    await this.#leave();
    await closed;
    await this.#plugins?.close();
    this.end();
    await this.#persistence?.close(this.#ran);
  }

  /** Says, once, that this is the end; as Mosquitto, before the last saving. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.log.event('terminating', { version: FULL_VERSION });
  }

  /** Without having run there are no wills to publish: those that were restored wait for a broker that runs. */
  async #leave(): Promise<void> {
    const broker = this.#broker;
    if (broker === undefined) return;
    if (!this.#ran) {
      for (const connection of broker.connections) connection.shutDown();
      return;
    }
    await broker.publishWills();
    broker.stop();
  }

  /** The last line is out. */
  close(): void {
    this.#keyLog?.close();
    this.#destinations.close();
  }

  get #persistencePorts(): PersistencePorts {
    return { log: this.log, allowSymlinks: this.#allowSymlinks, env: this.#env };
  }

  #newBroker(config: Config, rules: AccessRules, { store }: Persistence): Broker {
    const ports = {
      clock: CLOCK,
      access: rules.access,
      log: this.log,
      random: randomBytes,
      heapBytes,
      version: `mosquitto version ${FULL_VERSION}`,
      store,
      afterTick: setImmediate,
    };
    return new Broker(ports, brokerSettings(config));
  }

  async #loadPlugins(config: Config): Promise<Plugins | undefined> {
    const read = await Plugins.load(config, this.#ownPlugins, this.log);
    tell(this.log, read.problems);
    return read.ok ? read.value : undefined;
  }

  #openRules(
    config: Config,
    plugins: ReadonlyMap<PluginConfig, Backend>,
    previous?: AccessRules,
  ): OpenedRules {
    const surroundings = { log: this.log, allowSymlinks: this.#allowSymlinks, plugins };
    const opened = AccessRules.open(config, surroundings, previous);
    tell(this.log, opened.problems);
    return opened;
  }

  #configureLog(config: Config): void {
    const settings = logSettings(config, this.#verbosity);
    this.log.configure(settings);
    if (this.#destinations.open(logDestinations(config))) return;
    this.log.configure({ ...settings, types: new Set(['error'] as const) }); // as Mosquitto, when its file cannot be opened
  }

  #publishLine(topic: string, payload: string): void {
    const broker = this.#broker;
    broker?.publish(
      new Message({
        topic,
        payload: utf8Bytes(payload),
        qos: 2,
        retain: false,
        properties: { messageExpiryInterval: LOG_MESSAGE_EXPIRY_SECONDS },
        expiresAt: broker.now + LOG_MESSAGE_EXPIRY_SECONDS * 1000,
        publisher: '',
      }),
    );
  }
}
