/** WebSocket of one listener: its options become the rules of its clients, at start and at each reload. */
import type { Log } from '../base/log.ts';
import { LIMITS } from '../broker/limits.ts';
import type { Config, GlobalSettings, ListenerConfig } from '../config/config.ts';
import type { Diagnostic, Location } from '../config/diagnostic.ts';
import { globalOptions } from '../config/options-global.ts';
import type { WebSockets } from '../transport/arrival.ts';
import { HttpFiles } from '../transport/http-files.ts';
import { WebSocketReception } from '../transport/websocket.ts';
import type { WebSocketRules } from '../transport/websocket.ts';
import { WEBSOCKET_OPTIONS } from './on-demand.ts';
import { systemText } from './system-text.ts';
import { tell } from './tell.ts';

export class ListenerWebSockets {
  readonly #log: Log;
  /** What stands between the listener's streams and MQTT; undefined where they are MQTT. */
  layer: WebSockets | undefined;
  #reception: WebSocketReception | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes the options as they are now. False if they are wrong: the log says how, and all stays as it was. */
  follow(listener: ListenerConfig, { global }: Config): boolean {
    if (listener.protocol !== 'websockets') {
      tell(this.#log, uselessOptions(listener));
      this.layer = undefined;
      return true;
    }
    const files = this.#openFiles(listener);
    if (files === 'failed') return false;
    const rules = rulesOf(listener, global, files);
    if (this.#reception === undefined) this.#reception = new WebSocketReception(rules);
    else this.#reception.configure(rules);
    this.layer = this.#reception;
    return true;
  }

  /** The listener closes. */
  close(): void {
    this.#reception?.close();
  }

  #openFiles({ http_dir: directory, setAt }: ListenerConfig): HttpFiles | undefined | 'failed' {
    if (directory === undefined) return undefined;
    try {
      return new HttpFiles(directory);
    } catch (error) {
      const problem: Diagnostic = {
        level: 'error',
        text: `Error: Unable to open http_dir '${directory}': ${systemText(error as NodeJS.ErrnoException)}.`,
        ...setAt.get('http_dir'),
        hint: 'It must be a directory that exists and that the user the broker runs as may read.',
      };
      tell(this.#log, [problem]);
      return 'failed';
    }
  }
}

function rulesOf(
  listener: ListenerConfig,
  global: GlobalSettings,
  files: HttpFiles | undefined,
): WebSocketRules {
  return {
    origins: new Set(listener.websockets_origin),
    // Node takes 0 for its own default
    headBytes: global.packet_buffer_size || globalOptions.packet_buffer_size.default,
    packetBytes: Math.min(global.max_packet_size, LIMITS.packetBytes),
    compression: listener.websockets_compression,
    files,
  };
}

function uselessOptions({ setAt }: ListenerConfig): readonly Diagnostic[] {
  return WEBSOCKET_OPTIONS.flatMap((option) => {
    const at = setAt.get(option);
    return at === undefined ? [] : [useless(option, at)];
  });
}

function useless(option: string, { file, line }: Location): Diagnostic {
  const text = `Warning: '${option}' has no effect on a listener without 'protocol websockets'.`;
  return { level: 'warning', text, file, line, hint: `Remove it, or add 'protocol websockets'.` };
}
