import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from './config.ts';
import { findOption, optionNames, options, optionsByScope, type OptionName } from './options.ts';
import { httpOptions } from './options-http.ts';
import { jwtOptions } from './options-jwt.ts';
import { rateOptions } from './options-rate.ts';
import { parseConfig } from './parse.ts';

/** What follows the option's name, and the value it must have. */
type Good = readonly (readonly [string, unknown])[];
/** What follows the option's name, and Mosquitto's line. */
type Bad = readonly (readonly [string, string])[];

interface Sample {
  readonly good: Good;
  readonly bad: Bad;
}

const notBoolean = (name: string): Bad => [
  ['yes', `Error: Invalid '${name}' value (yes).`],
  ['TRUE', `Error: Invalid '${name}' value (TRUE).`],
  ['', `Error: Empty '${name}' value in configuration.`],
];

const notNumber = (name: string): Bad => [
  ['ten', `Error: '${name}' value not a number.`],
  ['1x', `Error: '${name}' value not a number.`],
  ['2147483648', `Error: '${name}' value out of range.`],
  ['', `Error: Empty '${name}' value in configuration.`],
];

const notText = (name: string): Bad => [
  ['', `Error: Empty '${name}' value in configuration.`],
  ['a\u0007b', 'Error: Malformed UTF-8 in configuration.'],
];

const boolean = (name: string): Sample => ({
  good: [
    ['true', true],
    ['false', false],
    ['1', true],
    ['0 # comment', false],
  ],
  bad: notBoolean(name),
});

const integer = (name: string, good: Good = [['17', 17]], bad: Bad = []): Sample => ({
  good,
  bad: [...notNumber(name), ...bad],
});

const text = (name: string, printed = name): Sample => ({
  good: [
    ['value', 'value'],
    ['two words # three', 'two words # three'],
    ['  grüße  ', 'grüße'],
  ],
  bad: notText(printed),
});

const once = (name: string, printed = name): Sample => ({
  ...text(name, printed),
  bad: [...notText(printed), [`a\n${name} b`, `Error: Duplicate '${printed}' value in configuration.`]],
});

const natural = (name: string, bad: Bad = []): Sample =>
  integer(
    name,
    [
      ['0', 0],
      ['17', 17],
    ],
    [['-1', `Error: Invalid '${name}' value (-1).`], ...bad],
  );

const replaced = (name: string): Sample => ({
  ...text(name),
  good: [...text(name).good, [`a\n${name} b`, 'b']],
});

const keyword = (name: string, words: readonly string[], refuse: string, printed = name): Sample => ({
  good: words.map((word) => [word, word] as const),
  bad: [
    ['nonsense', refuse],
    ['', `Error: Empty '${printed}' value in configuration.`],
  ],
});

const port = (printed: string): Bad => [
  ['70000', "Error: Invalid 'port' value (70000)."],
  ['-1', "Error: Invalid 'port' value (-1)."],
  ['x', `Error: '${printed}' value not a number.`],
  ['', `Error: Empty '${printed}' value in configuration.`],
];

const file = { to: 'file', path: '/var/log/a b.log' };
const topic = { direction: 'out', qos: 0, localPrefix: undefined, remotePrefix: undefined };
const allTypes = [
  'error',
  'warning',
  'notice',
  'information',
  'debug',
  'subscribe',
  'unsubscribe',
  'internal',
  'websockets',
];

/** Lines that need another one in the same section. */
const alongside = (line: string, { good, bad }: Sample): Sample => ({
  good: good.map(([value, expected]) => [`${value}\n${line}`, expected]),
  bad,
});

const token = (sample: Sample): Sample => alongside('jwt_secret_file s', sample);
const keySet = (sample: Sample): Sample => alongside('jwt_jwks_url https://h/', sample);
const service = (sample: Sample): Sample => alongside('http_auth_url https://h/', sample);

const url = (name: string): Sample => ({
  good: [
    ['https://auth.example.com/mqtt?x=1', 'https://auth.example.com/mqtt?x=1'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    [`https://a/\n${name} https://b/`, 'https://b/'],
  ],
  bad: [
    ...notText(name),
    ['auth.example.com', `Error: Invalid '${name}' value.`],
    ['ftp://auth.example.com', `Error: Invalid '${name}' value.`],
    ['https://user:secret@auth.example.com', `Error: Invalid '${name}' value.`],
  ],
});

const several = (name: string): Sample => ({
  good: [
    ['a b', ['a b']],
    [`a\n${name} b`, ['a', 'b']],
  ],
  bad: notText(name),
});

const atLeast = (name: string, low: number): Sample =>
  integer(name, [[`${low}`, low]], [[`${low - 1}`, `Error: '${name}' must be >= ${low}.`]]);

const range = (name: string, low: number, high: number): Sample =>
  integer(
    name,
    [
      [`${low}`, low],
      [`${high}`, high],
    ],
    [
      [`${low - 1}`, `Error: '${name}' must be >= ${low}.`],
      [`${high + 1}`, `Error: '${name}' must be <= ${high}.`],
    ],
  );

const samples: Readonly<Record<OptionName, Sample>> = {
  allow_duplicate_messages: boolean('allow_duplicate_messages'),
  autosave_interval: integer('autosave_interval', [['-5', 0]]),
  autosave_on_changes: boolean('autosave_on_changes'),
  check_retain_source: boolean('check_retain_source'),
  clientid_prefixes: replaced('clientid_prefixes'),
  connection_messages: boolean('connection_messages'),
  dhparamfile: {
    good: [
      ['', undefined],
      ['anything at all', undefined],
    ],
    bad: [],
  },
  enable_control_api: boolean('enable_control_api'),
  global_max_clients: integer('global_max_clients', [
    ['-5', -5],
    ['0x10', 16],
  ]),
  global_max_connections: integer('global_max_connections', [['010', 8]]),
  include_dir: {
    good: [],
    bad: [
      ['', "Error: Empty 'include_dir' value in configuration."],
      ['/nowhere', "Error: Unable to open include_dir '/nowhere'."],
    ],
  },
  log_dest: {
    good: [
      ['syslog', [{ to: 'syslog' }]],
      ['stdout\nlog_dest topic', [{ to: 'stdout' }, { to: 'topic' }]],
      ['stdout unbuffered', [{ to: 'stdout' }]],
      ['file  /var/log/a b.log', [file]],
      ['file /x\nlog_dest none\nlog_dest dlt', [{ to: 'dlt' }]],
      ['none', []],
    ],
    bad: [
      ['', "Error: Empty 'log_dest' value in configuration."],
      ['paper', "Error: Invalid 'log_dest' value (paper)."],
      ['file', 'Error: Empty "log_dest file" value in configuration.'],
      ['file a\nlog_dest file b', 'Error: Duplicate "log_dest file" value.'],
    ],
  },
  log_dialect: keyword(
    'log_dialect',
    ['mosquitto', 'mosquitto-1.4', 'json'],
    "Error: Invalid 'log_dialect' value (nonsense).",
  ),
  log_facility: integer(
    'log_facility',
    [
      ['0', 0],
      ['7', 7],
    ],
    [
      ['8', "Error: Invalid 'log_facility' value (8)."],
      ['-1', "Error: Invalid 'log_facility' value (-1)."],
    ],
  ),
  log_timestamp: boolean('log_timestamp'),
  log_timestamp_format: once('log_timestamp_format'),
  log_type: {
    good: [
      ['debug', ['debug']],
      ['error\nlog_type notice\nlog_type error', ['error', 'notice']],
      ['all', allTypes],
      ['all\nlog_type none', []],
    ],
    bad: [
      ['', "Error: Empty 'log_type' value in configuration."],
      ['info', "Error: Invalid 'log_type' value (info)."],
    ],
  },
  max_inflight_bytes: integer('max_inflight_bytes', [
    ['-1', 0],
    ['9', 9],
  ]),
  max_inflight_messages: integer(
    'max_inflight_messages',
    [
      ['-1', 0],
      ['65535', 0],
      ['65534', 65_534],
    ],
    [['65536', "Error: 'max_inflight_messages' must be <= 65535."]],
  ),
  max_keepalive: integer(
    'max_keepalive',
    [
      ['0', 0],
      ['65535', 65_535],
    ],
    [
      ['65536', "Error: Invalid 'max_keepalive' value (65536)."],
      ['-1', "Error: Invalid 'max_keepalive' value (-1)."],
    ],
  ),
  max_packet_size: integer(
    'max_packet_size',
    [['20', 20]],
    [['19', "Error: 'max_packet_size' must be >= 20."]],
  ),
  max_queued_bytes: integer('max_queued_bytes', [['-1', 0]]),
  max_queued_messages: integer('max_queued_messages', [['-1', 0]]),
  memory_limit: {
    good: [
      ['123', 123],
      ['5000000000', 5_000_000_000],
      ['garbage', 0],
      ['12kB', 12],
    ],
    bad: [
      ['-1', "Error: Invalid 'memory_limit' value (-1)."],
      ['', "Error: Empty 'memory_limit' value in configuration."],
    ],
  },
  message_size_limit: integer(
    'message_size_limit',
    [['268435455', 268_435_455]],
    [
      ['268435456', "Error: Invalid 'message_size_limit' value (268435456)."],
      ['-1', "Error: Invalid 'message_size_limit' value (4294967295)."],
    ],
  ),
  packet_buffer_size: integer(
    'packet_buffer_size',
    [['65535', 65_535]],
    [
      ['65536', 'Error: Packet buffer size must be between 0 and 65535 inclusive.'],
      ['-1', 'Error: Packet buffer size must be between 0 and 65535 inclusive.'],
    ],
  ),
  per_listener_settings: boolean('per_listener_settings'),
  persistence: boolean('persistence'),
  persistence_durability: keyword(
    'persistence_durability',
    ['sync', 'commit', 'interval'],
    "Error: Invalid 'persistence_durability' value (nonsense).",
  ),
  persistence_file: once('persistence_file'),
  persistence_location: once('persistence_location'),
  persistent_client_expiration: {
    good: [
      ['30s', 30],
      ['2h', 7200],
      ['3d', 259_200],
      ['1w', 604_800],
      ['1m', 2_592_000],
      ['1y', 31_536_000],
    ],
    bad: [
      ['', "Error: Empty 'persistent_client_expiration' value in configuration."],
      ['5', "Error: Invalid 'persistent_client_expiration' duration in configuration."],
      ['0d', "Error: Invalid 'persistent_client_expiration' duration in configuration."],
      ['-1d', "Error: Invalid 'persistent_client_expiration' duration in configuration."],
      ['d', "Error: Invalid 'persistent_client_expiration' duration in configuration."],
    ],
  },
  pid_file: once('pid_file'),
  queue_qos0_messages: boolean('queue_qos0_messages'),
  reload_error: keyword('reload_error', ['keep', 'exit'], "Error: Invalid 'reload_error' value (nonsense)."),
  retain_available: boolean('retain_available'),
  retain_expiry_interval: integer(
    'retain_expiry_interval',
    [
      ['1', 1],
      ['10000001', 10_000_000],
    ],
    [['0', 'Error: retain_expiry_interval must be >= 1.']],
  ),
  retry_interval: { good: [['20', undefined]], bad: [] },
  set_tcp_nodelay: boolean('set_tcp_nodelay'),
  sys_interval: integer(
    'sys_interval',
    [['0', 0]],
    [
      ['65536', "Error: Invalid 'sys_interval' value (65536)."],
      ['-1', "Error: Invalid 'sys_interval' value (-1)."],
    ],
  ),
  upgrade_outgoing_qos: boolean('upgrade_outgoing_qos'),
  user: replaced('user'),
  websockets_log_level: { good: [['255', undefined]], bad: [] },

  acl_file: replaced('acl_file'),
  allow_anonymous: boolean('allow_anonymous'),
  allow_zero_length_clientid: boolean('allow_zero_length_clientid'),
  auto_id_prefix: {
    ...once('auto_id_prefix'),
    bad: [['x'.repeat(51), 'Error: auto_id_prefix length must be <= 50.']],
  },
  password_file: replaced('password_file'),
  jwt_secret_file: replaced('jwt_secret_file'),
  jwt_public_key_file: several('jwt_public_key_file'),
  jwt_jwks_url: url('jwt_jwks_url'),
  jwt_jwks_cafile: keySet(replaced('jwt_jwks_cafile')),
  jwt_jwks_refresh: keySet(range('jwt_jwks_refresh', 1, 86_400)),
  jwt_algorithms: token({
    good: [
      ['ES256', ['ES256']],
      ['RS256, RS512 EdDSA RS256', ['RS256', 'RS512', 'EdDSA']],
    ],
    bad: [
      ['none', "Error: Invalid 'jwt_algorithms' value (none)."],
      ['HS256 None', "Error: Invalid 'jwt_algorithms' value (None)."],
      ['es256', "Error: Invalid 'jwt_algorithms' value (es256)."],
      ['', "Error: Empty 'jwt_algorithms' value in configuration."],
    ],
  }),
  jwt_from: token(
    keyword('jwt_from', ['password', 'username'], "Error: Invalid 'jwt_from' value (nonsense)."),
  ),
  jwt_issuer: token(several('jwt_issuer')),
  jwt_audience: token(several('jwt_audience')),
  jwt_leeway: token(range('jwt_leeway', 0, 3600)),
  jwt_required_claims: token(several('jwt_required_claims')),
  jwt_username_claim: token(replaced('jwt_username_claim')),
  jwt_clientid_claim: token(replaced('jwt_clientid_claim')),
  jwt_acl_claim: token(replaced('jwt_acl_claim')),
  jwt_disconnect_at_expiry: token(boolean('jwt_disconnect_at_expiry')),
  http_auth_url: url('http_auth_url'),
  http_acl_url: url('http_acl_url'),
  http_auth_header: service({
    good: [
      ['X-Key  a b', [{ name: 'X-Key', value: 'a b' }]],
      ['Authorization: Bearer s', [{ name: 'Authorization', value: 'Bearer s' }]],
      [
        'A 1\nhttp_auth_header A 2',
        [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      ],
    ],
    bad: [
      ...notText('http_auth_header'),
      ['X-Key', "Error: Invalid 'http_auth_header' value."],
      ['X(Key) a', "Error: Invalid 'http_auth_header' value."],
      ['X-Key \u4f60', "Error: Invalid 'http_auth_header' value."],
      ['Content-Length 3', "Error: Invalid 'http_auth_header' value."],
    ],
  }),
  http_auth_cafile: service(replaced('http_auth_cafile')),
  http_auth_timeout: service(range('http_auth_timeout', 1, 60_000)),
  http_auth_cache: service(atLeast('http_auth_cache', 0)),
  http_auth_cache_size: service(range('http_auth_cache_size', 1, 1_000_000)),
  http_auth_failures: service(atLeast('http_auth_failures', 0)),
  http_auth_retry: service(range('http_auth_retry', 1, 86_400)),
  byte_rate: integer(
    'byte_rate',
    [
      ['0', 0],
      ['1000', 1000],
    ],
    [
      ['999', "Error: 'byte_rate' must be 0 or >= 1000."],
      ['-1', "Error: 'byte_rate' must be 0 or >= 1000."],
    ],
  ),
  connection_rate: natural('connection_rate'),
  connection_rate_total: natural('connection_rate_total'),
  login_backoff: natural('login_backoff', [['86401', "Error: 'login_backoff' must be <= 86400."]]),
  login_backoff_max: integer(
    'login_backoff_max',
    [
      ['1', 1],
      ['86400', 86_400],
    ],
    [
      ['0', "Error: 'login_backoff_max' must be >= 1."],
      ['86401', "Error: 'login_backoff_max' must be <= 86400."],
    ],
  ),
  max_connect_bytes: integer(
    'max_connect_bytes',
    [
      ['100', 100],
      ['100000', 100_000],
    ],
    [
      ['99', "Error: 'max_connect_bytes' must be >= 100."],
      ['100001', "Error: 'max_connect_bytes' must be <= 100000."],
    ],
  ),
  max_pending_connections: natural('max_pending_connections'),
  message_rate: natural('message_rate'),
  rate_action: keyword(
    'rate_action',
    ['pause', 'disconnect'],
    "Error: Invalid 'rate_action' value (nonsense).",
  ),
  psk_file: replaced('psk_file'),

  listener: {
    good: [
      ['1883', undefined],
      ['1884 localhost', undefined],
      ['0 /tmp/s', undefined],
    ],
    bad: [
      ...port('listener port'),
      ['0', 'Error: A listener with port 0 must provide a Unix socket path.'],
      ['0 # path', 'Error: A listener with port 0 must provide a Unix socket path.'],
    ],
  },
  port: { good: [['1884', undefined]], bad: [...port('port'), ['0', "Error: Invalid 'port' value (0)."]] },
  bind_address: {
    good: [['localhost', undefined]],
    bad: [
      ['', "Error: Empty 'default listener bind_address' value in configuration."],
      ['a\nbind_address b', "Error: Duplicate 'default listener bind_address' value in configuration."],
    ],
  },
  accept_protocol_versions: {
    good: [
      ['5', [5]],
      ['4,3', [3, 4]],
      ['3, 4\t5', [3, 4, 5]],
      ['mqttv5', []],
    ],
    bad: [
      ['', "Error: Empty 'accept_protocol_versions' value in configuration."],
      [', ,', "Error: Empty 'accept_protocol_versions' value in configuration."],
    ],
  },
  bind_interface: once('bind_interface'),
  cafile: { good: [], bad: notText('cafile') },
  capath: { good: [], bad: notText('capath') },
  certfile: {
    good: [
      ['a b\nkeyfile k', 'a b'],
      ['a\nkeyfile k\ncertfile c', 'c'],
    ],
    bad: [
      ...notText('certfile'),
      ['c', 'Error: Both certfile and keyfile must be provided to enable a TLS listener.'],
    ],
  },
  keyfile: {
    good: [['k\ncertfile c', 'k']],
    bad: [
      ...notText('keyfile'),
      ['k', 'Error: Both certfile and keyfile must be provided to enable a TLS listener.'],
    ],
  },
  ciphers: replaced('ciphers'),
  'ciphers_tls1.3': replaced('ciphers_tls1.3'),
  crlfile: replaced('crlfile'),
  disable_client_cert_date_checks: boolean('disable_client_cert_date_checks'),
  enable_proxy_protocol: integer(
    'enable_proxy_protocol',
    [
      ['1', 1],
      ['2', 2],
    ],
    [
      ['0', 'Error: enable_proxy_protocol must be 1 or 2.'],
      ['3', 'Error: enable_proxy_protocol must be 1 or 2.'],
    ],
  ),
  http_dir: once('http_dir'),
  listener_allow_anonymous: boolean('listener_allow_anonymous'),
  listener_auto_id_prefix: {
    ...once('listener_auto_id_prefix'),
    bad: [['x'.repeat(51), "Error: 'listener_auto_id_prefix' length must be <= 50."]],
  },
  max_connections: integer('max_connections', [
    ['-7', -1],
    ['0', 0],
    ['5', 5],
  ]),
  max_qos: integer(
    'max_qos',
    [
      ['0', 0],
      ['2', 2],
    ],
    [
      ['3', "Error: 'max_qos' must be between 0 and 2 inclusive."],
      ['-1', "Error: 'max_qos' must be between 0 and 2 inclusive."],
    ],
  ),
  max_topic_alias: integer(
    'max_topic_alias',
    [['0', 0]],
    [['65536', "Error: Invalid 'max_topic_alias' value in configuration."]],
  ),
  max_topic_alias_broker: integer(
    'max_topic_alias_broker',
    [['0', 0]],
    [['-1', "Error: Invalid 'max_topic_alias_broker' value in configuration."]],
  ),
  mount_point: {
    good: [['home/', 'home/']],
    bad: [
      ...notText('mount_point'),
      ['a/#', "Error: Invalid 'mount_point' value (a/#). Does it contain a wildcard character?"],
    ],
  },
  protocol: keyword(
    'protocol',
    ['mqtt', 'websockets', 'http_api'],
    "Error: Invalid 'protocol' value (nonsense).",
  ),
  proxy_protocol_v2_require_tls: boolean('proxy_protocol_v2_require_tls'),
  psk_hint: once('psk_hint'),
  require_certificate: boolean('require_certificate'),
  socket_domain: keyword(
    'socket_domain',
    ['ipv4', 'ipv6'],
    "Error: Invalid 'socket_domain' value 'nonsense' in configuration.",
    'start_type',
  ),
  tls_engine: once('tls_engine'),
  tls_engine_kpass_sha1: {
    good: [['0123456789abcdefABCD0123456789abcdefABCD', '0123456789abcdefABCD0123456789abcdefABCD']],
    bad: [...notText('tls_engine_kpass_sha1'), ['12', "Error: Invalid 'tls_engine_kpass_sha1' value."]],
  },
  tls_keyform: {
    good: [
      ['engine', 'engine'],
      ['pem', 'pem'],
      ['der', 'pem'],
    ],
    bad: [['', "Error: Empty 'tls_keyform' value in configuration."]],
  },
  tls_reload_on_change: boolean('tls_reload_on_change'),
  tls_version: once('tls_version'),
  use_identity_as_username: boolean('use_identity_as_username'),
  use_subject_as_username: boolean('use_subject_as_username'),
  use_username_as_clientid: boolean('use_username_as_clientid'),
  websockets_compression: boolean('websockets_compression'),
  websockets_origin: {
    good: [
      ['https://a', ['https://a']],
      ['a\nwebsockets_origin b', ['a', 'b']],
    ],
    bad: notText('websockets_origin'),
  },

  connection: {
    good: [],
    bad: [
      ['', "Error: Empty 'connection' value in configuration."],
      ['b', "Error: Duplicate bridge name 'b'."],
    ],
  },
  address: {
    good: [
      ['a', [{ host: 'a', port: 1883 }]],
      [
        'a:1 ::1:2 # c:3',
        [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
        ],
      ],
    ],
    bad: [
      ['', 'Error: Empty address value in configuration.'],
      ['# a', 'Error: Empty address value in configuration.'],
      ['a:0', 'Error: Invalid bridge port value (0).'],
      ['a:65536', 'Error: Invalid bridge port value (65536).'],
      ['a:mqtt', 'Error: Invalid bridge port value (0).'],
      ['a\naddresses b', "Error: Invalid bridge configuration, 'address' only allowed once."],
    ],
  },
  topic: {
    good: [
      ['a/#', [{ pattern: 'a/#', ...topic }]],
      ['a IN 2', [{ pattern: 'a', ...topic, direction: 'in', qos: 2 }]],
      [
        'a both 1 l/ r/',
        [{ pattern: 'a', direction: 'both', qos: 1, localPrefix: 'l/', remotePrefix: 'r/' }],
      ],
      ['a out 0 "" r/', [{ pattern: 'a', ...topic, remotePrefix: 'r/' }]],
      ['"" out 0 l r', [{ pattern: undefined, ...topic, localPrefix: 'l', remotePrefix: 'r' }]],
      ['"a  b c" in', [{ pattern: 'a  b c', ...topic, direction: 'in' }]],
      ['a out # QOS', [{ pattern: 'a', ...topic }]],
      ['a out 0 # prefix', [{ pattern: 'a', ...topic }]],
      ['a out 0 l/ # prefix', [{ pattern: 'a', ...topic, localPrefix: 'l/' }]],
      [
        'a\ntopic a\ntopic b',
        [
          { pattern: 'a', ...topic },
          { pattern: 'b', ...topic },
        ],
      ],
    ],
    bad: [
      ['', "Error: Empty 'topic' value in configuration."],
      ['a up', "Error: Invalid bridge topic direction 'up'."],
      ['a # comment', "Error: Invalid bridge topic direction '#'."],
      ['a out 3', "Error: Invalid bridge QoS level '3'."],
      ['a out -1', "Error: Invalid bridge QoS level '-1'."],
      ['"a b out', 'Error: Missing closing quote in topic value (b out).'],
      ['"ab" out', 'Error: Missing closing quote in topic value (out).'],
      ['a out 0 l/#', "Error: Invalid bridge topic local prefix 'l/#'."],
      ['a out 0 l/ r/+', "Error: Invalid bridge topic remote prefix 'r/+'."],
      ['"" out 0 l', 'Error: Invalid bridge remapping.'],
      ['# out 0 l', "Error: Invalid bridge topic local prefix and pattern combination 'l#'."],
      ['+ out 0 "" r', "Error: Invalid bridge topic local prefix and pattern combination 'r+'."],
    ],
  },
  bridge_alpn: once('bridge_alpn'),
  bridge_attempt_unsubscribe: boolean('bridge_attempt_unsubscribe'),
  bridge_bind_address: once('bridge_bind_address'),
  bridge_cafile: once('bridge_cafile'),
  bridge_capath: once('bridge_capath'),
  bridge_certfile: once('bridge_certfile'),
  bridge_ciphers: once('bridge_ciphers'),
  'bridge_ciphers_tls1.3': once('bridge_ciphers_tls1.3'),
  bridge_identity: {
    good: [['me\nbridge_psk 00', 'me']],
    bad: [
      ...notText('bridge_identity'),
      ['me', 'Error: Invalid bridge configuration: missing bridge_psk.'],
      [
        'me\nbridge_cafile c',
        "Error: 'bridge_cafile': Cannot use both certificate and psk encryption in a single bridge.",
      ],
    ],
  },
  bridge_insecure: boolean('bridge_insecure'),
  bridge_keyfile: replaced('bridge_keyfile'),
  bridge_max_packet_size: integer('bridge_max_packet_size', [['-1', 0]]),
  bridge_max_topic_alias: integer(
    'bridge_max_topic_alias',
    [['0', 0]],
    [['-1', 'Error: bridge_max_topic_alias must be > 0 and <= 65535.']],
  ),
  bridge_outgoing_retain: boolean('bridge_outgoing_retain'),
  bridge_protocol_version: {
    good: [
      ['mqttv31', 'mqttv31'],
      ['mqttv311', 'mqttv311'],
      ['mqttv50', 'mqttv50'],
    ],
    bad: [
      ['mqttv50 ', "Error: Invalid 'bridge_protocol_version' value (mqttv50 )."],
      ['5', "Error: Invalid 'bridge_protocol_version' value (5)."],
      ['', "Error: Empty 'bridge_protocol_version' value in configuration."],
    ],
  },
  bridge_psk: {
    good: [['00\nbridge_identity me', '00']],
    bad: [...notText('bridge_psk'), ['00', 'Error: Invalid bridge configuration: missing bridge_identity.']],
  },
  bridge_receive_maximum: integer(
    'bridge_receive_maximum',
    [['65535', 65_535]],
    [
      ['0', 'Error: bridge_receive_maximum must be greater than 0.'],
      ['65536', 'Error: bridge_receive_maximum must be lower than 65535.'],
    ],
  ),
  bridge_reload_type: keyword(
    'bridge_reload_type',
    ['lazy', 'immediate'],
    "Error: Invalid 'bridge_reload_type' value in configuration (nonsense).",
  ),
  bridge_require_ocsp: boolean('bridge_require_ocsp'),
  bridge_session_expiry_interval: integer(
    'bridge_session_expiry_interval',
    [['0', 0]],
    [['-1', 'Error: bridge_session_expiry_interval must not be negative.']],
  ),
  bridge_tcp_keepalive: {
    good: [['1 2 0x3', { idleSeconds: 1, intervalSeconds: 2, counter: 3 }]],
    bad: [
      ['', "Error: Empty 'bridge_tcp_keepalive_idle' value in configuration."],
      ['1', "Error: Empty 'bridge_tcp_keepalive_interval' value in configuration."],
      ['1 2 x', "Error: 'bridge_tcp_keepalive_counter' value not a number."],
      ['0 1 1', 'Error: invalid TCP keepalive idle value.'],
      ['1 0 1', 'Error: invalid TCP keepalive interval value.'],
      ['1 1 0', 'Error: invalid TCP keepalive counter value.'],
    ],
  },
  bridge_tcp_user_timeout: integer(
    'bridge_tcp_user_timeout',
    [['0', 0]],
    [['-1', 'Error: invalid TCP user timeout value.']],
  ),
  bridge_tls_use_os_certs: boolean('bridge_tls_use_os_certs'),
  bridge_tls_version: once('bridge_tls_version'),
  cleansession: boolean('cleansession'),
  idle_timeout: integer('idle_timeout', [
    ['0', 1],
    ['9', 9],
  ]),
  keepalive_interval: integer(
    'keepalive_interval',
    [
      ['4', 5],
      ['65535', 65_535],
    ],
    [['65536', 'Error: Bridge keepalive value too high.']],
  ),
  local_cleansession: boolean('local_cleansession'),
  local_clientid: once('local_clientid', 'bridge local clientd'),
  local_password: once('local_password', 'bridge local_password'),
  local_username: once('local_username', 'bridge local_username'),
  notification_topic: once('notification_topic'),
  notifications: boolean('notifications'),
  notifications_local_only: boolean('notifications_local_only'),
  remote_clientid: once('remote_clientid', 'bridge remote clientid'),
  remote_password: once('remote_password', 'bridge remote_password'),
  remote_username: once('remote_username', 'bridge remote_username'),
  restart_timeout: {
    good: [
      ['20', { kind: 'constant', seconds: 20 }],
      ['0', { kind: 'constant', seconds: 1 }],
      ['5000', { kind: 'constant', seconds: 3600 }],
      ['5 60', { kind: 'backoff', baseSeconds: 5, capSeconds: 60, stableSeconds: 0 }],
      ['5 9000 7', { kind: 'backoff', baseSeconds: 5, capSeconds: 7200, stableSeconds: 7 }],
    ],
    bad: [
      ['', "Error: Empty 'restart_timeout' value in configuration."],
      ['5 4', 'Error: backoff cap is lower than the base in restart_timeout.'],
      ['5 6 -1', 'Error: stable connection period cannot be negative.'],
    ],
  },
  round_robin: boolean('round_robin'),
  start_type: {
    good: [
      ['automatic', 'automatic'],
      ['lazy', 'lazy'],
      ['once', 'once'],
    ],
    bad: [
      ['manual', 'Error: Manual start_type not supported.'],
      ['never', "Error: Invalid 'start_type' value in configuration (never)."],
      ['', "Error: Empty 'start_type' value in configuration."],
    ],
  },
  threshold: integer('threshold', [
    ['0', 1],
    ['5', 5],
  ]),
  try_private: boolean('try_private'),

  plugin: {
    good: [['/a b.so', undefined]],
    bad: [['', "Error: Missing plugin path for plugin name '(null)'."]],
  },
  global_plugin: {
    good: [['/p.so', undefined]],
    bad: [['', "Error: Missing plugin path for plugin name '(null)'."]],
  },
  plugin_load: {
    good: [['name /p.so', undefined]],
    bad: [
      ['', "Error: Empty 'plugin_load' value in configuration."],
      ['name', "Error: Missing plugin path for plugin name 'name'."],
      ['name /p\nplugin_load name /q', "Error: Duplicate plugin name 'name'."],
    ],
  },
  plugin_use: {
    good: [],
    bad: [
      ['', "Error: Empty 'plugin_use' value in configuration."],
      ['name', "Error: Plugin 'name' not previously loaded."],
    ],
  },
  plugin_opt_: {
    good: [],
    bad: [
      ['', "Error: Invalid 'plugin_opt_' config option."],
      [' value', "Error: Invalid 'plugin_opt_' config option."],
    ],
  },
  auth_plugin_deny_special_chars: boolean('auth_plugin_deny_special_chars'),
  plugin_timeout: integer(
    'plugin_timeout',
    [
      ['1', 1],
      ['3600', 3600],
    ],
    [
      ['0', "Error: Invalid 'plugin_timeout' value (0)."],
      ['3601', "Error: Invalid 'plugin_timeout' value (3601)."],
    ],
  ),
};

/** A file in which the line is allowed. */
function fileAround(name: OptionName, line: string): string {
  const { scope, needs } = options[name];
  if (scope === 'bridge') {
    const address = name === 'address' ? '' : '\naddress h';
    return `connection b\n${line}${address}${name === 'topic' ? '' : '\ntopic t'}`;
  }
  if (needs === 'plugin') return `plugin /p.so\n${line}`;
  return needs === undefined ? line : `listener 1883\n${line}`;
}

function valueIn(config: Config, name: OptionName): unknown {
  const { scope, stores = name } = options[name];
  const sections = {
    global: config.global,
    security: config.global,
    listener: config.listeners[0],
    bridge: config.bridges[0],
    plugin: config.plugins[0],
  };
  return { ...sections[scope] }[stores as never];
}

for (const name of optionNames) {
  for (const [value, expected] of samples[name].good) {
    test(`${name} ${JSON.stringify(value)} is read`, () => {
      const result = parseConfig({ file: 'c', text: fileAround(name, `${name} ${value}`) });
      assert.ok(result.ok, `${result.diagnostics.at(-1)?.text}`);
      if (options[name].type !== 'action') assert.deepEqual(valueIn(result.config, name), expected);
    });
  }
  for (const [value, line] of samples[name].bad) {
    test(`${name} ${JSON.stringify(value)} is refused`, () => {
      const result = parseConfig({ file: 'c', text: fileAround(name, `${name} ${value}`) });
      const last = result.diagnostics.at(-1);
      assert.equal(result.ok, false);
      assert.equal(last?.text, line);
      assert.equal(last?.file, 'c');
      assert.ok((last?.line ?? 0) > 0, 'the line is known');
      assert.ok((last?.hint ?? '') !== '', 'the error says what to do');
    });
  }
}

const sizeOf = (rows: number | object): number =>
  typeof rows === 'number' ? rows : Object.keys(rows).length;

test('the table holds every option of the reference, and those of our own', () => {
  const counts = Object.entries(optionsByScope).map(([scope, table]) => [scope, Object.keys(table).length]);
  assert.deepEqual(Object.fromEntries(counts), {
    global: 40 + 3,
    security: [6, rateOptions, jwtOptions, httpOptions].map(sizeOf).reduce((sum, size) => sum + size),
    listener: 35 + 2,
    bridge: 45,
    plugin: 6 + 1,
  });
});

test('each row stands in the table of its scope', () => {
  for (const [scope, table] of Object.entries(optionsByScope)) {
    for (const [name, option] of Object.entries(table)) assert.equal(option.scope, scope, name);
  }
});

test('the nine aliases lead to their option', () => {
  const aliases = {
    auth_plugin: 'plugin',
    auth_opt_key: 'plugin_opt_',
    addresses: 'address',
    clientid: 'remote_clientid',
    username: 'remote_username',
    password: 'remote_password',
    retained_persistence: 'persistence',
    maximum_qos: 'max_qos',
    websockets_headers_size: 'packet_buffer_size',
  };
  for (const [alias, name] of Object.entries(aliases)) assert.equal(findOption(alias)?.name, name);
});

test('without a file every option has its default', () => {
  const result = parseConfig([]);
  assert.ok(result.ok);
  for (const name of optionNames) {
    const option = options[name];
    if (!('default' in option) || option.scope === 'bridge' || option.scope === 'plugin') continue;
    assert.deepEqual(valueIn(result.config, name), option.default, name);
  }
});
