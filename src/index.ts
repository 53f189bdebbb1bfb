/** `zanzara`: a broker inside your program. */
import type { Diagnostic } from './config/diagnostic.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import { missingCapabilities } from './config/capabilities.ts';
import { parseConfig } from './config/parse.ts';
import type { ParseResult } from './config/config.ts';
import { diskFiles, readConfig } from './config/read.ts';
import type { Plugin, PluginFactory } from './plugin/plugin.ts';
import { CAPABILITIES } from './server/capabilities.ts';
import { Server } from './server/server.ts';

export interface BrokerOptions {
  /** The text of a configuration, in the grammar of `mosquitto.conf`. */
  readonly config?: string;
  /** The path of a configuration file, instead of its text. */
  readonly configFile?: string;
  /** Plugins of the program; they come before those of the configuration. */
  readonly plugins?: readonly (Plugin | PluginFactory)[];
}

const SHAPES = 'config is the text of a mosquitto.conf, configFile the path of one, and one is enough';

const REFUSALS = {
  'no plugins': 'A plugin could not be used',
  'unreadable rules': 'A file of users or rights could not be read',
  'invalid rules': 'A file of users or rights could not be used',
  'no database': 'The database could not be used',
  'no listener': 'No listener could be opened',
} as const;

/** A broker that runs. */
export interface RunningBroker {
  /** Where clients can connect. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Tells every client, publishes the wills that are due, and frees the ports. */
  stop(): Promise<void>;
}

/** A configuration that the broker cannot run with. The message is what the operator would read. */
export class ConfigError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.flatMap(formatDiagnostic).join('\n'));
    this.name = 'ConfigError';
    this.diagnostics = diagnostics;
  }
}

/**
 * Starts a broker; without options on port 1883, for clients on this machine. It keeps nothing over a restart unless
 * its configuration says so, with `persistence true` and `persistence_location DIRECTORY`; `stop` then resolves when
 * all is on the disk. Rejects with a `TypeError` if the configuration is given as something else, with a `ConfigError` if
 * it is wrong, and with an `Error` if a listener or a database cannot be opened: the log then says which and why.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const result = configOf(options);
  if (!result.ok) throw new ConfigError(result.diagnostics.filter(({ level }) => level === 'error'));
  const missing = missingCapabilities(result.config, CAPABILITIES);
  if (missing.length > 0) throw new ConfigError(missing);
  const server = new Server({ plugins: options.plugins ?? [] });
  const started = await server.start(result.config);
  if (started !== 'running') {
    await server.stop();
    server.close();
    throw new Error(`${REFUSALS[started]}; the log says why.`);
  }
  return {
    addresses: server.addresses,
    stop: async () => {
      await server.stop();
      server.close();
    },
  };
}

/** What callers without types give by mistake must not start a broker on other ports and rules than they think. */
function configOf({ config, configFile }: BrokerOptions): ParseResult {
  for (const [name, value] of Object.entries({ config, configFile })) {
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`${name} is ${typeof value}: ${SHAPES}`);
  }
  if (configFile === undefined) return parseConfig({ file: 'config', text: config ?? '' }, diskFiles);
  if (config !== undefined) throw new TypeError(`config and configFile are both given: ${SHAPES}`);
  return readConfig(configFile);
}

export { startBroker as createServer };
export type { Diagnostic };
export type * from './plugin/plugin.ts';
