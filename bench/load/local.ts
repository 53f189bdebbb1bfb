/** The brokers that are measured listen on this machine. */
import type { Target } from '../../src/cli/bench/link.ts';

/** A port of 127.0.0.1. */
export function local(port: number): Target {
  return { host: '127.0.0.1', port };
}
