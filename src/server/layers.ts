/** What stands between a listener's sockets and MQTT, as its lines in the configuration say. */
import type { Log } from '../base/log.ts';
import type { ListenerConfig } from '../config/config.ts';
import type { Anteroom } from '../transport/anteroom.ts';
import type { Encryption, Layers, WebSockets } from '../transport/arrival.ts';
import { ProxyReader } from '../transport/proxy-protocol.ts';

/** What the layers of one listener use. A reload replaces the layers, and not this. */
export interface Surroundings {
  readonly log: Log;
  /** Where the listener's sockets wait for their PROXY header. */
  readonly anteroom: Anteroom;
  readonly encryption: Encryption | undefined;
  readonly webSockets: WebSockets | undefined;
}

/** The layers of a listener, made anew for each configuration. */
export function layersOf(config: ListenerConfig, surroundings: Surroundings): Layers {
  const { encryption, webSockets } = surroundings;
  return { proxyProtocol: proxyProtocolOf(config, surroundings), encryption, webSockets };
}

function proxyProtocolOf(config: ListenerConfig, { log, anteroom }: Surroundings): ProxyReader | undefined {
  if (config.enable_proxy_protocol === undefined) return undefined;
  const rules = {
    version: config.enable_proxy_protocol as 1 | 2,
    requireTls: config.proxy_protocol_v2_require_tls,
    requireCertificate: config.require_certificate,
  };
  return new ProxyReader(anteroom, rules, (refusal) => log.event('proxyRefused', refusal));
}
