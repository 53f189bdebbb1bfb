/** A configuration in the words of each layer: the broker's settings, a listener's, the log's. */
import { DEFAULT_LOG_SETTINGS } from '../base/log.ts';
import type { LogSettings } from '../base/log.ts';
import type { LogType } from '../base/log-dialect.ts';
import { LIMITS } from '../broker/limits.ts';
import type { BrokerSettings, ListenerSettings } from '../broker/limits.ts';
import type { Config, ListenerConfig } from '../config/config.ts';
import { allLogTypes } from '../config/log-values.ts';
import type { ProtocolVersion } from '../protocol/packet.ts';
import type { LogDestinationSpec } from './log-destinations.ts';

/** What `-v` and `-q` say: everything or nothing, whatever the file says. */
export type Verbosity = 'verbose' | 'quiet' | undefined;

/** In Mosquitto -1 is "no limit" for some counts; here it is always 0. */
function orNone(value: number | undefined): number {
  return value === undefined || value < 0 ? 0 : value;
}

export function brokerSettings({ global }: Config): BrokerSettings {
  return {
    allowDuplicateMessages: global.allow_duplicate_messages,
    checkRetainSource: global.check_retain_source,
    clientIdPrefix: global.clientid_prefixes,
    globalMaxClients: orNone(global.global_max_clients),
    globalMaxConnections: orNone(global.global_max_connections),
    maxInflightBytes: global.max_inflight_bytes,
    maxInflightMessages: global.max_inflight_messages,
    maxKeepAlive: global.max_keepalive,
    maxPacketSize: Math.min(global.max_packet_size, LIMITS.packetBytes),
    maxQueuedBytes: global.max_queued_bytes,
    maxQueuedMessages: global.max_queued_messages,
    memoryLimit: orNone(global.memory_limit),
    messageSizeLimit: global.message_size_limit,
    persistentClientExpiration: orNone(global.persistent_client_expiration),
    queueQos0Messages: global.queue_qos0_messages,
    retainAvailable: global.retain_available,
    retainExpiryInterval: orNone(global.retain_expiry_interval) * 60,
    sysInterval: global.sys_interval,
    upgradeOutgoingQos: global.upgrade_outgoing_qos,
  };
}

export function listenerSettings(listener: ListenerConfig): ListenerSettings {
  return {
    port: listener.port,
    allowAnonymous: listener.allow_anonymous,
    allowZeroLengthClientId: listener.allow_zero_length_clientid,
    autoIdPrefix: listener.auto_id_prefix,
    maxConnections: orNone(listener.max_connections),
    maxQos: listener.max_qos as 0 | 1 | 2,
    maxTopicAlias: listener.max_topic_alias,
    maxTopicAliasBroker: listener.max_topic_alias_broker,
    mountPoint: listener.mount_point ?? '',
    protocol: listener.protocol === 'websockets' ? 'websockets' : 'mqtt',
    protocolVersions: new Set(listener.accept_protocol_versions as readonly ProtocolVersion[]),
    useUsernameAsClientId: listener.use_username_as_clientid,
    usernameFrom: usernameFrom(listener),
    connectionRate: listener.connection_rate,
    connectionRateTotal: listener.connection_rate_total,
    maxPendingConnections: listener.max_pending_connections,
    maxConnectBytes: listener.max_connect_bytes,
    messageRate: listener.message_rate,
    byteRate: listener.byte_rate,
    rateAction: listener.rate_action,
    loginBackoffSeconds: listener.login_backoff,
    loginBackoffMaxSeconds: listener.login_backoff_max,
  };
}

/** As Mosquitto: the identity goes before the subject. */
function usernameFrom(listener: ListenerConfig): ListenerSettings['usernameFrom'] {
  if (listener.use_identity_as_username) return 'identity';
  return listener.use_subject_as_username ? 'subject' : 'connect';
}

export function logSettings({ global }: Config, verbosity: Verbosity): LogSettings {
  return {
    ...DEFAULT_LOG_SETTINGS,
    types: new Set(logTypes(global.log_type, verbosity)),
    dialect: global.log_dialect,
    timestamp: global.log_timestamp,
    connectionMessages: global.connection_messages,
    ...(global.log_timestamp_format !== undefined && { timestampFormat: global.log_timestamp_format }),
  };
}

function logTypes(configured: readonly LogType[], verbosity: Verbosity): readonly LogType[] {
  if (verbosity === 'quiet') return [];
  return verbosity === 'verbose' ? allLogTypes : configured;
}

export function logDestinations({ global }: Config): LogDestinationSpec[] {
  return global.log_dest.flatMap((destination): LogDestinationSpec[] => {
    switch (destination.to) {
      case 'file':
        return [{ kind: 'file', path: destination.path }];
      case 'syslog':
        return [{ kind: 'syslog', facility: global.log_facility }];
      case 'stdout':
      case 'stderr':
      case 'topic':
        return [{ kind: destination.to }];
      case 'dlt':
        return []; // refused before: the capability is missing
    }
  });
}
