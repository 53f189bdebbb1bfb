/** The events of the log: what can happen, as data. How each is printed stands in `log.ts`. */

/** Address and port of the peer of one connection. For a Unix socket the address is its path and the port 0. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** Who a line is about: the client identifier, or the peer's address while there is none. */
export interface ClientField {
  readonly client: string;
}

/** Why a connection ended, as an operator sees it. */
export type DisconnectCause =
  | 'normal'
  | 'administrative action'
  | 'connection closed by client'
  | 'exceeded timeout'
  | 'session taken over'
  | 'server shutting down'
  | 'malformed packet'
  | 'protocol error'
  | 'oversize packet'
  | 'oversize payload'
  | 'out of memory'
  | 'not authorised'
  | 'receive maximum exceeded'
  | 'implementation specific error'
  | 'client identifier not valid'
  | 'bad username or password'
  | 'server unavailable'
  | 'server busy'
  | 'client banned'
  | 'bad authentication method'
  | 'quota exceeded'
  | 'connection rate exceeded'
  | 'message rate too high'
  | 'topic alias invalid'
  | 'non-matching http origin'
  | 'used disallowed feature'
  | 'unsupported protocol version'
  /** The CONNECT asks for what cannot be granted, as a keep alive over `max_keepalive` before MQTT 5. */
  | 'invalid input'
  | 'socket error';

/** Why a socket with a PROXY header, or without one, was sent away. */
export type ProxyRefusal =
  | 'corrupt header'
  | 'no header in time'
  | 'too many wait'
  | 'client without TLS'
  | 'client without certificate';

/** Why a peer was sent away before it could say anything. */
export type ConnectionDenial =
  | 'max_connections exceeded'
  | 'connection rate exceeded'
  | 'too many pending connections';

/** The facts of one PUBLISH, in either direction. `packetId` is 0 at QoS 0; `bytes` counts the payload. */
export interface PublishFields extends ClientField {
  readonly dup: boolean;
  readonly qos: number;
  readonly retain: boolean;
  readonly packetId: number;
  readonly topic: string;
  readonly bytes: number;
}

export type AckName = 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP';

export interface AckFields extends ClientField {
  readonly packet: AckName;
  readonly packetId: number;
  readonly reasonCode: number;
}

/** An event that says it all by its name. */
export type NoFields = Readonly<Record<string, never>>;

/** A line of a plugin. */
export interface PluginText {
  readonly plugin: string;
  readonly text: string;
}

/** Every event, with its fields. Names are past facts, in the words of the specification. */
export interface LogEvents {
  // The process
  starting: { readonly version: string };
  running: { readonly version: string };
  terminating: { readonly version: string };
  configLoaded: { readonly file: string };
  defaultConfigUsed: NoFields;
  localOnlyMode: NoFields;
  /** family: ipv4, ipv6 or unix; path for a Unix socket; protocol where it is not plain MQTT. */
  listenerOpening: {
    readonly family: 'ipv4' | 'ipv6' | 'unix';
    readonly port: number;
    readonly path?: string;
    readonly protocol?: 'websockets';
  };
  /** What the operator got wrong, or should know, about a file or an option; `text` is complete. */
  configError: { readonly text: string };
  configWarning: { readonly text: string };
  configNotice: { readonly text: string };
  configInformation: { readonly text: string };
  reloading: NoFields;
  reloaded: { readonly file: string };
  reloadFailed: { readonly file: string };
  runningAsUser: { readonly user: string };
  runningAsRoot: NoFields;
  /** A listener, file or system call failed; `text` says which and why. */
  serverError: { readonly text: string };
  serverWarning: { readonly text: string };

  // What survives a restart
  /** What a file held, by the nouns of `RestoreCounts`. */
  storeRestored: {
    readonly messages: number;
    readonly retained: number;
    readonly sessions: number;
    readonly subscriptions: number;
    readonly deliveries: number;
  };
  /** All is written to Mosquitto's own database. */
  storeSaving: { readonly file: string };
  /** From now on what changes is kept. */
  storeReady: {
    readonly durability: 'sync' | 'commit' | 'interval';
    readonly file: string;
    readonly sessions: number;
    readonly retained: number;
  };
  /** A database of Mosquitto has become one of ours. */
  storeImported: { readonly file: string; readonly into: string };
  /** A database of ours has become one of Mosquitto, and has another name. */
  storeTakenOver: { readonly file: string; readonly into: string; readonly kept: string };
  /** Somebody asked to save where all is saved. */
  storeUpToDate: { readonly file: string };
  /** A commit failed, for the first time since one last succeeded. `why` is a phrase without a final dot. */
  storeFailed: { readonly why: string };
  /** All that waited is stored: after so many milliseconds. */
  storeRecovered: { readonly heldMs: number };

  // Plugins
  pluginLoading: { readonly path: string };
  /** A plugin takes part in an event, by its name in Mosquitto; `topic` is where it answers requests. */
  pluginRegistered: { readonly plugin: string; readonly on: string; readonly topic?: string };
  pluginLoaded: { readonly plugin: string; readonly version?: string };
  /** What a member of a plugin did wrong: a phrase without a final dot. `untold`: how often before, without a line. */
  pluginFailed: {
    readonly plugin: string;
    readonly member: string;
    readonly problem: string;
    readonly untold: number;
  };
  /** What a plugin has to say. */
  pluginError: PluginText;
  pluginWarning: PluginText;
  pluginNotice: PluginText;
  pluginInformation: PluginText;
  pluginDebug: PluginText;

  // Connections
  connectionOpened: PeerAddress & { readonly listenerPort: number };
  connectionDenied: PeerAddress & { readonly why: ConnectionDenial };
  /** Logins from an address, or as a user, are refused for some seconds because so many failed. */
  loginHeldBack: PeerAddress & {
    readonly failures: number;
    readonly seconds: number;
    readonly username?: string;
  };
  tlsOnPlainListener: PeerAddress;
  /**
   * TLS with a peer failed. `error` is one of the errors that OpenSSL has, `index` counts them. `detail` says what
   * OpenSSL does not, such as which certificate it is about; a phrase without a final dot.
   */
  tlsFailed: PeerAddress & { readonly index: number; readonly error: string; readonly detail?: string };
  /**
   * The peer is the client where the header says who that is, else the proxy. `detail` says what is wrong with a
   * corrupt header and is a phrase without a final dot.
   */
  proxyRefused: PeerAddress & {
    readonly version: 1 | 2;
    readonly why: ProxyRefusal;
    readonly detail?: string;
  };
  clientConnected: ClientField &
    PeerAddress & {
      readonly bridge: boolean;
      /** 3, 4 or 5 */
      readonly version: number;
      readonly cleanStart: boolean;
      readonly keepAliveSeconds: number;
      readonly username?: string;
    };
  willSpecified: ClientField & {
    readonly topic: string;
    readonly bytes: number;
    readonly retain: boolean;
    readonly qos: number;
  };
  noWillSpecified: ClientField;
  tlsNegotiated: ClientField & { readonly version: string; readonly cipher: string };
  connackSent: ClientField & { readonly sessionPresent: boolean; readonly reasonCode: number };
  /** `detail` is the system's error text when `cause` is `socket error`, or the problem found in a packet. */
  clientDisconnected: ClientField &
    PeerAddress & { readonly cause: DisconnectCause; readonly detail?: string };
  disconnectReceived: ClientField & { readonly reasonCode: number };
  disconnectSent: ClientField & { readonly reasonCode: number };
  authReceived: ClientField & { readonly reasonCode: number; readonly method: string };
  authSent: ClientField & { readonly reasonCode: number; readonly method: string };
  /** A packet broke the protocol; `problem` says what and is a phrase without a final dot. */
  protocolError: ClientField & PeerAddress & { readonly problem: string };
  /** A second CONNECT on one connection. */
  secondConnect: ClientField & PeerAddress;
  sessionExpired: ClientField;
  /** Patterns of an ACL file deny a client that has a wildcard in this name. */
  dangerousNameDenied: { readonly field: 'username' | 'client id'; readonly name: string };

  // Access
  /** A backend refused a client; `reason` is a phrase without a final dot and holds no secret. */
  loginRefused: ClientField & PeerAddress & { readonly by: string; readonly reason: string };
  /** A client has stayed as long as its credentials last. */
  credentialsExpired: ClientField;
  /** A question to a web service was not answered; `reason` is a phrase without a final dot. */
  webServiceFailed: { readonly url: string; readonly reason: string };
  /** So many have failed in a row that the service is left alone for some time. */
  webServiceSuspended: {
    readonly url: string;
    readonly failures: number;
    readonly retrySeconds: number;
    readonly reason: string;
  };
  webServiceResumed: { readonly url: string };
  /** A set of keys could not be fetched, for the first time since it last could. */
  keySetFailed: { readonly url: string; readonly reason: string };
  /** A set of keys is there for the first time, or again. */
  keySetFetched: { readonly url: string; readonly keys: number };

  // Packets
  publishReceived: PublishFields;
  publishDenied: PublishFields;
  publishTooLarge: PublishFields;
  publishQuotaExceeded: ClientField;
  publishSent: PublishFields;
  /** A plugin keeps the message from this subscriber. */
  deliveryDenied: ClientField & {
    readonly qos: number;
    readonly retain: boolean;
    readonly topic: string;
    readonly bytes: number;
  };
  /** The message was not delivered because its frame is over the client's Maximum Packet Size. */
  deliveryTooLarge: ClientField & { readonly bytes: number };
  /** The first message dropped since the client connected. */
  messagesDropped: ClientField;
  receiveMaximumExceeded: ClientField;
  packetIdReused: ClientField & { readonly packetId: number };
  ackSent: AckFields;
  ackReceived: AckFields;
  subscribeReceived: ClientField;
  /** One line of a SUBSCRIBE; denied when the access port says no. */
  subscriptionRequested: ClientField & {
    readonly filter: string;
    readonly qos: number;
    readonly denied: boolean;
  };
  subscribed: ClientField & { readonly filter: string; readonly qos: number };
  subackSent: ClientField;
  unsubscribeReceived: ClientField;
  unsubscriptionRequested: ClientField & { readonly filter: string };
  unsubscribed: ClientField & { readonly filter: string };
  unsubackSent: ClientField;
  pingreqReceived: ClientField;
  pingrespSent: ClientField;
}

export type LogEventName = keyof LogEvents;
