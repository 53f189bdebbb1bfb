/** Which option asks for which ability of the engine, so that nothing is ever ignored silently. */

import type { Config, ListenerConfig, SetAt } from './config.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import type { LogDestination } from './log-values.ts';
import type { OptionTable } from './option.ts';
import { httpOptions } from './options-http.ts';
import { jwtOptions } from './options-jwt.ts';
import { findOption, optionNames, options, optionsByScope, type OptionName } from './options.ts';
import { sameValue } from './same-value.ts';

/** Abilities that several options ask for, or one of an option's values, in the words of the error. */
const labels = {
  'acl files': 'ACL files',
  'bridge psk': 'bridges with TLS-PSK',
  'bridge tls': 'bridges with TLS',
  bridges: 'bridges',
  'client certificates': 'client certificates',
  'control api': 'the control API',
  dlt: 'DLT logging',
  'http api': 'the HTTP API',
  'http files': 'files over HTTP',
  jwt: 'JSON Web Tokens',
  'log files': 'log files',
  'log topics': 'log lines as messages',
  'network interfaces': 'listening on a network interface',
  'password files': 'password files',
  persistence: 'a database',
  plugins: 'plugins',
  'proxy protocol': 'the PROXY protocol',
  psk: 'TLS-PSK',
  syslog: 'syslog',
  tls: 'TLS',
  'tls engine': 'OpenSSL engines',
  'unix sockets': 'Unix sockets',
  'web services': 'decisions by a web service',
  websockets: 'WebSockets',
} as const;

type Shared = keyof typeof labels;

type Ask = Shared | ((value: unknown) => readonly Shared[]);

/** Options that do not ask for the ability of their own name. */
const asks: Partial<Record<OptionName, Ask>> = {
  acl_file: 'acl files',
  auth_plugin_deny_special_chars: 'plugins',
  bind_interface: 'network interfaces',
  bridge_alpn: 'bridge tls',
  bridge_cafile: 'bridge tls',
  bridge_capath: 'bridge tls',
  bridge_certfile: 'bridge tls',
  bridge_ciphers: 'bridge tls',
  'bridge_ciphers_tls1.3': 'bridge tls',
  bridge_identity: 'bridge psk',
  bridge_insecure: 'bridge tls',
  bridge_keyfile: 'bridge tls',
  bridge_psk: 'bridge psk',
  bridge_require_ocsp: 'bridge tls',
  bridge_tls_use_os_certs: 'bridge tls',
  bridge_tls_version: 'bridge tls',
  cafile: 'tls',
  capath: 'tls',
  certfile: 'tls',
  ciphers: 'tls',
  'ciphers_tls1.3': 'tls',
  crlfile: 'client certificates',
  disable_client_cert_date_checks: 'client certificates',
  enable_control_api: 'control api',
  enable_proxy_protocol: 'proxy protocol',
  global_plugin: 'plugins',
  http_dir: 'http files',
  keyfile: 'tls',
  log_dest: (value) => (value as readonly LogDestination[]).flatMap(({ to }) => logAbilities[to] ?? []),
  password_file: 'password files',
  persistence_durability: 'persistence',
  persistence_file: 'persistence',
  persistence_location: 'persistence',
  plugin: 'plugins',
  plugin_load: 'plugins',
  plugin_opt_: 'plugins',
  plugin_timeout: 'plugins',
  plugin_use: 'plugins',
  protocol: (value) => [value === 'http_api' ? 'http api' : 'websockets'],
  proxy_protocol_v2_require_tls: 'proxy protocol',
  psk_file: 'psk',
  psk_hint: 'psk',
  require_certificate: 'client certificates',
  tls_engine: 'tls engine',
  tls_engine_kpass_sha1: 'tls engine',
  tls_keyform: 'tls engine',
  tls_reload_on_change: 'tls',
  tls_version: 'tls',
  use_identity_as_username: 'client certificates',
  use_subject_as_username: 'client certificates',
  websockets_compression: 'websockets',
  websockets_origin: 'websockets',
  ...allAsk(jwtOptions, 'jwt'),
  ...allAsk(httpOptions, 'web services'),
};

function allAsk(rows: OptionTable, ability: Shared): Partial<Record<OptionName, Ask>> {
  return Object.fromEntries(Object.keys(rows).map((name) => [name, ability]));
}

const logAbilities: Partial<Record<LogDestination['to'], Shared>> = {
  dlt: 'dlt',
  file: 'log files',
  syslog: 'syslog',
  topic: 'log topics',
};

/** Options that are all done when the file is read. */
const doneByParser: ReadonlySet<string> = new Set([
  'bind_address',
  'dhparamfile',
  'include_dir',
  'listener',
  'per_listener_settings',
  'port',
  'retry_interval',
  'websockets_log_level',
]);

/** Without `persistence true` these have no effect in Mosquitto either. */
const partOfPersistence: ReadonlySet<string> = new Set([
  'autosave_interval',
  'autosave_on_changes',
  'persistence_durability',
  'persistence_file',
  'persistence_location',
]);

/** The name of every ability an option can ask for. */
export const allCapabilities: ReadonlySet<string> = new Set([
  ...Object.keys(labels),
  ...optionNames.filter((name) => asks[name] === undefined && !doneByParser.has(name) && !isOfBridge(name)),
]);

interface Demand {
  readonly capability: string;
  readonly option: string;
  readonly at: Location;
}

/**
 * One error for each ability that the configuration asks for and the engine does not have, at the first
 * line that asks. An ability is a name of several options (`tls`, `bridges`) or of one (`max_qos`). An
 * option with its default value asks for nothing.
 */
export function missingCapabilities(config: Config, have: ReadonlySet<string>): Diagnostic[] {
  const first = new Map<string, Demand>();
  for (const demand of demandsOf(config)) {
    const known = first.get(demand.capability);
    if (known === undefined || isEarlier(demand.at, known.at)) first.set(demand.capability, demand);
  }
  return [...first.values()].filter(({ capability }) => !have.has(capability)).map(missing);
}

function isEarlier(a: Location, b: Location): boolean {
  return a.file === b.file && a.line < b.line;
}

function missing({ capability, option, at }: Demand): Diagnostic {
  const label = isShared(capability) ? labels[capability] : undefined;
  const text =
    label === undefined
      ? `Error: '${option}' has no effect in this version of Zanzara yet.`
      : `Error: '${option}' needs ${label}, which this version of Zanzara does not have yet.`;
  const hint = `Remove '${option}' if you can do without: Zanzara does not start with a line it would ignore.`;
  return { level: 'error', text, ...at, hint };
}

function isShared(capability: string): capability is Shared {
  return Object.hasOwn(labels, capability);
}

function demandsOf(config: Config): Demand[] {
  const demands = [
    ...demandsOfSection(config.setAt, { ...config.global }),
    ...config.listeners.flatMap(demandsOfListener),
    ...config.bridges.flatMap((bridge) => demandsOfSection(bridge.setAt, { ...bridge })),
    ...config.plugins.flatMap((plugin) => demandsOfSection(plugin.setAt, { ...plugin })),
  ];
  if (config.global.persistence) return demands;
  return demands.filter(({ option }) => !partOfPersistence.has(option));
}

function demandsOfListener(listener: ListenerConfig): Demand[] {
  const demands = demandsOfSection(listener.setAt, { ...listener });
  const at = listener.setAt.get('listener');
  if (listener.unixPath === undefined || at === undefined) return demands;
  return [{ capability: 'unix sockets', option: 'listener 0', at }, ...demands];
}

function demandsOfSection(setAt: SetAt, settings: Readonly<Record<string, unknown>>): Demand[] {
  return [...setAt].flatMap(([option, at]) => {
    const name = findOption(option)?.name ?? (option as OptionName);
    const value = settings[options[name].stores ?? name];
    return capabilitiesOf(name, value).map((capability) => ({ capability, option, at }));
  });
}

function capabilitiesOf(name: OptionName, value: unknown): readonly string[] {
  if (doneByParser.has(name) || isDefault(name, value)) return [];
  const ask = asks[name] ?? (isOfBridge(name) ? 'bridges' : name);
  return typeof ask === 'string' ? [ask] : ask(value);
}

function isDefault(name: OptionName, value: unknown): boolean {
  const option = options[name];
  return 'default' in option && sameValue(option.default, value);
}

function isOfBridge(name: OptionName): boolean {
  return name in optionsByScope.bridge;
}
