/** Options that say how to reach the broker, and as whom. */
import type { ProtocolVersion, QoS } from '../../protocol/packet.ts';
import { flag, limited, text } from './option-kinds.ts';
import { takeProperty } from './property-option.ts';
import type { ToolDraft, ToolOption, Words } from './tool-option.ts';
import { takeProxy } from './proxy-option.ts';
import { checkTopic } from './topic-option.ts';
import { takeUrl } from './url-option.ts';

const VERSIONS: Readonly<Record<string, ProtocolVersion>> = {
  '31': 3,
  mqttv31: 3,
  '311': 4,
  mqttv311: 4,
  '5': 5,
  mqttv5: 5,
};

/** A session expiry interval: never. Seconds. */
export const FOREVER: number = 4_294_967_295;

export const connectionOptions: readonly ToolOption[] = [
  text(
    'PSR',
    ['-A'],
    'ADDRESS',
    'address',
    'bind the outgoing socket to this address of the machine.',
    (draft, value) => void (draft.bindAddress = value),
  ),
  flag(
    'PSR',
    ['-c', '--disable-clean-session'],
    'keep the session when the client disconnects; with -i.',
    (draft) => void (draft.cleanStart = false),
  ),
  {
    names: ['-D', '--property'],
    tools: ['P', 'S', 'R'],
    value: 'COMMAND PROPERTY VALUE',
    text: 'an MQTT v5 property, of connect, publish, subscribe, unsubscribe, disconnect or will.',
    take: (draft, words) => {
      draft.version = 5;
      return takeProperty(draft.properties, words);
    },
  },
  text(
    'PSR',
    ['-h', '--host'],
    'HOST',
    'host',
    'the host to connect to. Defaults to localhost.',
    (draft, host) => void (draft.host = host),
  ),
  text(
    'PSR',
    ['-i', '--id'],
    'ID',
    'id',
    'the client identifier. Without it the broker makes one up.',
    (draft, id) => {
      if (draft.clientIdPrefix !== undefined) return 'Error: -i and -I argument cannot be used together.\n';
      draft.clientId = id;
      return undefined;
    },
  ),
  text(
    'PSR',
    ['-I', '--id-prefix'],
    'PREFIX',
    'id prefix',
    'the client identifier is this and the process id.',
    (draft, prefix) => {
      if (draft.clientId !== undefined) return 'Error: -i and -I argument cannot be used together.\n';
      draft.clientIdPrefix = prefix;
      return undefined;
    },
  ),
  limited(
    'PSR',
    ['-k', '--keepalive'],
    'SECONDS',
    'keepalive',
    'keep alive, from 5 to 65535. Defaults to 60.',
    {
      low: 5,
      high: 65_535,
      refuse: () => 'Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n',
      set: (draft, seconds) => void (draft.keepAlive = seconds),
    },
  ),
  text(
    'PSR',
    ['-L', '--url'],
    'URL',
    'URL',
    'user, password, host, port and topic: mqtt(s)|ws(s)://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC',
    takeUrl,
  ),
  {
    names: ['-M'],
    tools: ['P', 'S', 'R'],
    value: 'COUNT',
    text: 'messages of QoS 1 and 2 in flight. Defaults to 20.',
    take: (draft, words) => {
      const word = words.next();
      if (word === undefined) return 'Error: -M argument given but max_inflight not specified.\n';
      const count = Number.parseInt(word, 10) || 0;
      if (count < 1) return 'Error: Maximum inflight messages must be greater than 0.\n';
      draft.inflight = count;
      return undefined;
    },
  },
  flag('PSR', ['--nodelay'], 'send small packets at once: always so.', () => undefined),
  limited('PSR', ['-p', '--port'], 'PORT', 'port', 'the port. Defaults to 1883, with TLS to 8883.', {
    low: 0,
    high: 65_535,
    refuse: (port) => `Error: Invalid port given: ${port}`,
    set: (draft, port) => void (draft.port = port),
  }),
  text(
    'PSR',
    ['-o'],
    'FILE',
    'options file',
    'read options from a file, one a line; in the place of the default file.',
    takeOptionsFile,
  ),
  text(
    'PSR',
    ['-P', '--pw'],
    'PASSWORD',
    'password',
    'the password.',
    (draft, password) => void (draft.password = password),
  ),
  text(
    'PSR',
    ['--proxy'],
    'URL',
    'proxy url',
    'a SOCKS5 proxy: socks5h://[USER[:PASSWORD]@]HOST[:PORT]',
    takeProxy,
  ),
  text(
    'PSR',
    ['-u', '--username'],
    'NAME',
    'username',
    'the user name.',
    (draft, name) => void (draft.username = name),
  ),
  text(
    'PSR',
    ['--unix'],
    'PATH',
    'socket path',
    'connect through a Unix socket.',
    (draft, path) => void (draft.unixPath = path),
  ),
  {
    names: ['-V', '--protocol-version'],
    tools: ['P', 'S', 'R'],
    value: 'VERSION',
    text: 'the version: mqttv5, mqttv311 or mqttv31. Defaults to mqttv311; rr: mqttv5.',
    take: takeVersion,
  },
  flag('PSR', ['--ws'], 'connect by WebSocket.', (draft) => void (draft.webSocket = true)),
  text(
    'PSR',
    ['-x'],
    'SECONDS',
    'session expiry interval',
    'MQTT v5: how long the session outlives the connection; -1 or ∞ is for ever.',
    takeExpiry,
  ),
  ...tlsOptions(),
  ...willOptions(),
];

function takeVersion(draft: ToolDraft, words: Words): string | undefined {
  const word = words.next();
  if (word === undefined) return 'Error: --protocol-version argument given but no version specified.\n';
  const version = Object.hasOwn(VERSIONS, word) ? VERSIONS[word] : undefined;
  if (version === undefined) return 'Error: Invalid protocol version argument given.\n';
  draft.version = version;
  return undefined;
}

function takeOptionsFile(draft: ToolDraft, file: string): string | undefined {
  if (draft.optionsFile !== undefined) {
    draft.optionsFileProblem = true;
    return 'Error: Duplicate -o argument given.\n';
  }
  draft.optionsFile = file;
  return undefined;
}

function takeExpiry(draft: ToolDraft, value: string): string | undefined {
  draft.version = 5;
  if (value === '∞') {
    draft.sessionExpiry = FOREVER;
    return undefined;
  }
  if (!/^[+-]?\d+$/.test(value)) return 'Error: session-expiry-interval not a number.\n';
  const seconds = Number(value);
  if (seconds < -1 || seconds > FOREVER) return 'Error: session-expiry-interval out of range.\n';
  draft.sessionExpiry = seconds === -1 ? FOREVER : seconds;
  return undefined;
}

/** An option of TLS whose value is kept as it is. */
function row(
  name: string,
  value: string,
  thing: string,
  help: string,
  key: Exclude<keyof ToolDraft['tls'], 'osCertificates' | 'insecure' | 'off'>,
): ToolOption {
  return text('PSR', [name], value, thing, help, (draft, word) => void (draft.tls[key] = word));
}

function tlsOptions(): readonly ToolOption[] {
  return [
    row('--cafile', 'FILE', 'file', 'trusted certificate authorities, PEM.', 'cafile'),
    row('--capath', 'DIR', 'directory', 'a directory of trusted certificate authorities.', 'capath'),
    row('--cert', 'FILE', 'file', 'the certificate of this client, PEM.', 'cert'),
    row('--key', 'FILE', 'file', 'the key of that certificate, PEM.', 'key'),
    row('--keyform', 'FORM', 'keyform', 'the form of the key: pem or engine.', 'keyform'),
    row('--ciphers', 'LIST', 'ciphers', 'ciphers as OpenSSL writes them.', 'ciphers'),
    row('--tls-version', 'VERSION', 'version', 'the lowest version: tlsv1.3 or tlsv1.2.', 'version'),
    row('--tls-alpn', 'PROTOCOL', 'protocol', 'the protocol to ask for by ALPN.', 'alpn'),
    row('--tls-engine', 'ENGINE', 'engine_id', 'an OpenSSL engine: not supported by Node.', 'engine'),
    row(
      '--tls-engine-kpass-sha1',
      'SHA1',
      'kpass sha1',
      'the SHA-1 of the password of its key.',
      'engineKeyPassword',
    ),
    row('--tls-keylog', 'FILE', 'file', 'write TLS keys here, for debugging.', 'keylog'),
    row('--psk', 'KEY', 'key', 'a pre-shared key, hexadecimal.', 'psk'),
    row('--psk-identity', 'NAME', 'identity', 'the identity of that key.', 'pskIdentity'),
    flag(
      'PSR',
      ['--tls-use-os-certs'],
      'trust the authorities of the system.',
      (draft) => void (draft.tls.osCertificates = true),
    ),
    flag(
      'PSR',
      ['--insecure'],
      'do not check the name in the certificate. Not for production.',
      (draft) => void (draft.tls.insecure = true),
    ),
    flag('PSR', ['--no-tls'], 'ignore all TLS options.', (draft) => void (draft.tls.off = true)),
  ];
}

function willOptions(): readonly ToolOption[] {
  return [
    text('PSR', ['--will-topic'], 'TOPIC', 'will topic', 'the topic of the will.', (draft, topic) => {
      draft.will.topic = topic;
      return checkTopic(topic, 'will', '--will-topic');
    }),
    text(
      'PSR',
      ['--will-payload'],
      'PAYLOAD',
      'will payload',
      'the payload of the will. Empty without it.',
      (draft, value) => void (draft.will.payload = value),
    ),
    limited('PSR', ['--will-qos'], 'QOS', 'will QoS', 'the QoS of the will.', {
      low: 0,
      high: 2,
      refuse: (qos) => `Error: Invalid will QoS ${qos}.\n`,
      set: (draft, qos) => void (draft.will.qos = qos as QoS),
    }),
    flag('PSR', ['--will-retain'], 'the will is to be retained.', (draft) => void (draft.will.retain = true)),
  ];
}
