/** Every bound of the engine: those an operator sets, with Mosquitto's defaults, and those that are fixed. */
import type { ProtocolVersion } from '../protocol/packet.ts';
import type { Guard } from './guard.ts';

/** What is fixed. Each bounds something a peer could grow. */
export const LIMITS: {
  readonly packetBytes: number;
  readonly connectSeconds: number;
  readonly inboundBytes: number;
  readonly wireBytes: number;
  readonly heldBytes: number;
  readonly unstoredChanges: number;
  readonly propertyCharacters: number;
  readonly backlogChunks: number;
  readonly unreadAnswers: number;
  readonly unreadAnswerBytes: number;
  readonly subscriptionsPerSession: number;
  readonly filterBytes: number;
  readonly offersAtOnce: number;
  readonly walkedLevels: number;
  readonly walkedAtOnce: number;
  readonly tlsHandshakes: number;
  readonly waitingUnlimited: number;
  readonly pluginCalls: number;
  readonly pluginWishes: number;
  readonly webSocketSpareBytes: number;
  readonly webSocketPieceBytes: number;
  readonly webSocketHeldBytes: number;
  readonly compressingStrangers: number;
  readonly downloads: number;
  readonly downloadIdleSeconds: number;
  readonly networks: number;
  readonly deniedPeersLogged: number;
  readonly failedLogins: number;
  readonly knownLogins: number;
  readonly newcomerBytes: number;
  readonly newcomerShare: number;
  readonly newcomerPatienceMs: number;
  readonly hashesWaiting: number;
  readonly hashWaitSeconds: number;
  readonly proxyHeaderSeconds: number;
  readonly waitingProxyHeaders: number;
  readonly rememberedTopics: number;
  readonly rememberedTopicLength: number;
  readonly tokenKeys: number;
  readonly webRequests: number;
  readonly webQuestionsWaiting: number;
  readonly webQuestionCharacters: number;
  readonly webAnswerBytes: number;
} = {
  /** Whatever `max_packet_size` says: MQTT's 268,435,460 bytes, less room for what the broker may add to a message. */
  packetBytes: 268_000_000,
  /** A connection without CONNECT closes after this; as Mosquitto. */
  connectSeconds: 20,
  /** Received packets of QoS 2 waiting for PUBREL in one session, bytes. Beyond it the connection closes with 0x97. */
  inboundBytes: 64 * 1024 * 1024,
  /** Bytes one wire holds for a peer that does not read, whatever the message limits say. */
  wireBytes: 64 * 1024 * 1024,
  /** Bytes for one client that wait for the store. Beyond them QoS 0 is dropped, and QoS 1 and 2 wait in its queue. */
  heldBytes: 16 * 1024 * 1024,
  /** Changes that wait while the store is busy. Beyond them nothing that must be kept is accepted, as when it fails. */
  unstoredChanges: 1_000_000,
  /** User properties of one message as the store writes them, JSON: no string may be longer than 536,870,888. */
  propertyCharacters: 64 * 1024 * 1024,
  /** Chunks held back while a connection waits for an access backend; its wire is paused, so few come. */
  backlogChunks: 64,
  /** Acknowledgements and other answers to a peer that sends and does not read. Beyond them it closes with 0x97. */
  unreadAnswers: 100_000,
  /** And their bytes: a SUBACK may be as long as its SUBSCRIBE. */
  unreadAnswerBytes: 16 * 1024 * 1024,
  /** Topic filters in the subscriptions of one session. */
  subscriptionsPerSession: 100_000,
  /** What they take, about: a hundred thousand of ten levels and three hundred characters. */
  filterBytes: 128 * 1024 * 1024,
  /** Subscriptions that the messages of one client are offered to before it is another's turn; and one message more. */
  offersAtOnce: 100_000,
  /** Levels of the tree of retained messages that are looked at in one turn, for all new subscriptions together … */
  walkedLevels: 20_000,
  /** … and for one of them, before it is another's turn. */
  walkedAtOnce: 2000,
  /** TLS handshakes under way at a time, in the whole process. Each holds some 60 KiB, most of it OpenSSL's. */
  tlsHandshakes: 2000,
  /** Messages that count as a full queue for back-pressure where `max_queued_messages` is unlimited. */
  waitingUnlimited: 100_000,
  /** Answers of one plugin that are awaited, and as many events that it has not finished with. Beyond it: no. */
  pluginCalls: 10_000,
  /** Messages that one plugin wants published and clients it wants sent away, waiting for the end of the tick. */
  pluginWishes: 10_000,
  /** What a WebSocket message may hold besides the largest packet, or before CONNACK the largest CONNECT. Beyond it 1009. */
  webSocketSpareBytes: 64 * 1024,
  /** The pieces that a WebSocket message may come in, fragments or segments, are at least so large on average. */
  webSocketPieceBytes: 128,
  /** Bytes of WebSocket messages held back while a connection waits, and one message more. */
  webSocketHeldBytes: 1024 * 1024,
  /** WebSocket clients with compression that are not let in yet: one can make 64 KiB grow to the largest message. */
  compressingStrangers: 32,
  /** Files of `http_dir` on their way to browsers, of one listener. Beyond it a request is not answered. */
  downloads: 256,
  /** A browser that takes nothing of its file for so long is left. */
  downloadIdleSeconds: 30,
  /** Networks whose rate of connections is known; each is forgotten within a second. Others wait while it is full. */
  networks: 65_536,
  /** Peers that were denied a connection and are named in the log, a minute. */
  deniedPeersLogged: 100,
  /** Networks, and users, whose failed logins are counted. Beyond it one that failed few times is forgotten. */
  failedLogins: 10_000,
  /** Users and the networks where they have logged in before. Beyond it the login of longest ago is forgotten. */
  knownLogins: 10_000,
  /** What connections that are not let in yet have sent, all together, bytes: beyond it those close … */
  newcomerBytes: 64 * 1024 * 1024,
  /** … that have sent more than this, bytes. */
  newcomerShare: 4096,
  /** How long one may keep us waiting before it must make room for another. */
  newcomerPatienceMs: 5000,
  /** Logins whose passwords wait to be checked; each holds a password. Beyond them clients are told to come later. */
  hashesWaiting: 5000,
  /** As long as a login may expect to wait for its check: beyond it most clients have given up. */
  hashWaitSeconds: 10,
  /** A socket whose PROXY header is not complete closes after this. A proxy sends it at once. */
  proxyHeaderSeconds: 10,
  /** Sockets of one listener that wait for their PROXY header. Beyond it the one that has waited longest closes. */
  waitingProxyHeaders: 4096,
  /** Topics for which it is remembered what the rights of one client say, and the characters of one. */
  rememberedTopics: 64,
  rememberedTopicLength: 256,
  /** Keys in one set: a token that names none is tried with each of its kind. */
  tokenKeys: 64,
  /** Requests to one web service at a time. */
  webRequests: 32,
  /** Questions that wait for one of these. Beyond them the answer is no. */
  webQuestionsWaiting: 10_000,
  /** What these are long, all together: a client that is not let in yet chooses the length of its password. */
  webQuestionCharacters: 16 * 1024 * 1024,
  /** The answer of a web service. */
  webAnswerBytes: 256 * 1024,
};

/** Settings of the broker as a whole. Zero is "no limit" for counts and sizes, as in Mosquitto. */
export interface BrokerSettings {
  allowDuplicateMessages: boolean;
  /** Whether a retained message is kept from subscribers once its publisher may not publish it any more. */
  checkRetainSource: boolean;
  clientIdPrefix: string | undefined;
  globalMaxClients: number;
  globalMaxConnections: number;
  maxInflightBytes: number;
  maxInflightMessages: number;
  /** Seconds. */
  maxKeepAlive: number;
  /** Bytes of a whole packet. */
  maxPacketSize: number;
  maxQueuedBytes: number;
  maxQueuedMessages: number;
  /** Bytes of heap; new messages are refused beyond it. */
  memoryLimit: number;
  /** Bytes of payload; larger messages are acknowledged and dropped. */
  messageSizeLimit: number;
  /** Seconds an offline session lives at the most. */
  persistentClientExpiration: number;
  queueQos0Messages: boolean;
  retainAvailable: boolean;
  /** Seconds between sweeps of expired retained messages. */
  retainExpiryInterval: number;
  /** Seconds between updates of $SYS. */
  sysInterval: number;
  upgradeOutgoingQos: boolean;
}

export const DEFAULT_SETTINGS: Readonly<BrokerSettings> = {
  allowDuplicateMessages: true,
  checkRetainSource: false,
  clientIdPrefix: undefined,
  globalMaxClients: 0,
  globalMaxConnections: 0,
  maxInflightBytes: 0,
  maxInflightMessages: 20,
  maxKeepAlive: 0,
  maxPacketSize: 2_000_000,
  maxQueuedBytes: 0,
  maxQueuedMessages: 1000,
  memoryLimit: 0,
  messageSizeLimit: 0,
  persistentClientExpiration: 0,
  queueQos0Messages: false,
  retainAvailable: true,
  retainExpiryInterval: 0,
  sysInterval: 10,
  upgradeOutgoingQos: false,
};

/** Settings of one listener. */
export interface ListenerSettings {
  port: number;
  allowAnonymous: boolean;
  allowZeroLengthClientId: boolean;
  autoIdPrefix: string;
  maxConnections: number;
  maxQos: 0 | 1 | 2;
  /** Aliases clients may set. */
  maxTopicAlias: number;
  /** Aliases we set for clients that allow it. */
  maxTopicAliasBroker: number;
  /** Prefix of every topic of these clients; empty for none. */
  mountPoint: string;
  /** What its clients speak MQTT over. */
  protocol: 'mqtt' | 'websockets';
  protocolVersions: ReadonlySet<ProtocolVersion>;
  useUsernameAsClientId: boolean;
  /** Where the user name comes from: CONNECT, or what the transport has proved; the password then does not count. */
  usernameFrom: 'connect' | 'identity' | 'subject';
  /** Connections a second, from one network and from all. */
  connectionRate: number;
  connectionRateTotal: number;
  /** Connections that are not let in yet. */
  maxPendingConnections: number;
  /** Bytes of a whole CONNECT or AUTH. */
  maxConnectBytes: number;
  /** Messages and bytes a second of one client, and what becomes of one that sends more. */
  messageRate: number;
  byteRate: number;
  rateAction: 'pause' | 'disconnect';
  /** How long logins are refused after the first that failed, and at the most, seconds. */
  loginBackoffSeconds: number;
  loginBackoffMaxSeconds: number;
}

export const DEFAULT_LISTENER: Readonly<ListenerSettings> = {
  port: 1883,
  allowAnonymous: false,
  allowZeroLengthClientId: true,
  autoIdPrefix: 'auto-',
  maxConnections: 0,
  maxQos: 2,
  maxTopicAlias: 10,
  maxTopicAliasBroker: 10,
  mountPoint: '',
  protocol: 'mqtt',
  protocolVersions: new Set<ProtocolVersion>([3, 4, 5]),
  useUsernameAsClientId: false,
  usernameFrom: 'connect',
  connectionRate: 0,
  connectionRateTotal: 0,
  maxPendingConnections: 10_000,
  maxConnectBytes: 100_000,
  messageRate: 0,
  byteRate: 0,
  rateAction: 'pause',
  loginBackoffSeconds: 0,
  loginBackoffMaxSeconds: 60,
};

/** One listener as the broker knows it: its settings, which a reload may replace, and who came through it. */
export interface Listener {
  settings: Readonly<ListenerSettings>;
  connections: number;
  /** With `per_listener_settings` its own, else that of all listeners. */
  readonly guard: Guard;
}
