/** What one row of the options of `pub`, `sub` and `rr` says. */
import type { ProtocolVersion, QoS } from '../../protocol/packet.ts';
import type { PropertyDraft } from './property-option.ts';
import type { Proxy } from './proxy-option.ts';

/** P: pub, S: sub, R: rr. */
export type ToolLetter = 'P' | 'S' | 'R';

/** Where the payload of a message comes from. */
export type PayloadSource =
  | { readonly from: 'text'; readonly bytes: Uint8Array }
  | { readonly from: 'nothing' }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'stdin' }
  | { readonly from: 'stdin lines' };

/** What the options said so far. What is undefined was not said. */
export interface ToolDraft {
  readonly tool: ToolLetter;
  optionsFile: string | undefined;
  /** What is wrong is wrong with `-o`. */
  optionsFileProblem: boolean;
  host: string | undefined;
  port: number | undefined;
  unixPath: string | undefined;
  bindAddress: string | undefined;
  proxy: Proxy | undefined;
  webSocket: boolean;
  clientId: string | undefined;
  clientIdPrefix: string | undefined;
  cleanStart: boolean;
  keepAlive: number;
  username: string | undefined;
  password: string | undefined;
  version: ProtocolVersion | undefined;
  sessionExpiry: number | undefined;
  inflight: number;
  qos: QoS;
  debug: boolean;
  quiet: boolean;
  verbose: boolean;
  topics: string[];
  unsubscribe: string[];
  filterOut: string[];
  properties: PropertyDraft;
  will: { topic?: string; payload?: string; qos?: QoS; retain?: boolean };
  tls: {
    cafile?: string;
    capath?: string;
    cert?: string;
    key?: string;
    keyform?: string;
    ciphers?: string;
    version?: string;
    alpn?: string;
    engine?: string;
    engineKeyPassword?: string;
    keylog?: string;
    psk?: string;
    pskIdentity?: string;
    osCertificates?: boolean;
    insecure?: boolean;
    off?: boolean;
  };
  // pub and rr
  payload: PayloadSource | undefined;
  retain: boolean;
  repeat: number;
  repeatDelaySeconds: number;
  responseTopic: string | undefined;
  latency: boolean;
  timestamp: boolean;
  // sub and rr
  format: string | undefined;
  pretty: boolean;
  endOfLine: boolean;
  count: number;
  timeoutSeconds: number;
  exitAfterSuback: boolean;
  retained: 'all' | 'not' | 'only';
  removeRetained: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
  randomPercent: number | undefined;
  messageRate: boolean;
  watch: boolean;
  // ours
  progress: boolean;
  stats: boolean;
  show: 'help' | 'version' | undefined;
}

/** The words of a command line or of one line of an options file, one after the other. */
export interface Words {
  next(): string | undefined;
}

export interface ToolOption {
  readonly names: readonly string[];
  readonly tools: readonly ToolLetter[];
  /** The name of its value, in the help; undefined for a flag. */
  readonly value?: string;
  /** What the help says. */
  readonly text: string;
  /** Takes the option and what follows it; a text is what is wrong, with a line feed at its end where there is one. */
  readonly take: (draft: ToolDraft, words: Words, name: string) => string | undefined;
}
