/** The ports of the command line. */

import type { Config } from './config.ts';

/**
 * The configuration with the ports of `-p`. They count in local only mode and nowhere else, as in
 * Mosquitto; no port leaves 1883.
 */
export function withLocalPorts(config: Config, ports: readonly number[]): Config {
  if (!config.localOnly || ports.length === 0) return config;
  const listeners = ports.flatMap((port) =>
    config.listeners.map((listener) => Object.assign({}, listener, { port })),
  );
  return { ...config, listeners };
}
