/** What a plugin is: the decisions it may take and the events it may watch. All of it is typed; nothing else counts. */
import type { Answer } from '../access/backend.ts';
import type { DisconnectCause } from '../base/log-events.ts';
import type { Certificate } from '../broker/access.ts';
import type { ProtocolVersion, QoS, SubscriptionRequest, Will } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Reason, ReasonCode } from '../protocol/reason.ts';

/** A reason code by its name in the specification: `notAuthorized`, `quotaExceeded`. */
export type ReasonName = keyof typeof Reason;

/** A client, as plugins know it. One object for one connection: it may be the key of a `WeakMap`. */
export interface PluginClient {
  readonly clientId: string;
  readonly username: string | undefined;
  /** Where it comes from. For a Unix socket the address is its path; undefined for a session from before a restart. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** The port of the listener it came through, and what it speaks MQTT over there. */
  readonly listenerPort: number | undefined;
  readonly protocol: 'mqtt' | 'websockets' | undefined;
  readonly version: ProtocolVersion | undefined;
}

/** What a transport has proved of a client. */
export interface PluginIdentity {
  readonly tls: { readonly version: string; readonly cipher: string } | undefined;
  readonly certificate: Certificate | undefined;
  readonly pskIdentity: string | undefined;
}

/** A client that wants to come in, with what it says in CONNECT. */
export interface PluginLogin extends PluginClient, PluginIdentity {
  readonly password: Uint8Array | undefined;
}

/** What a client that has come in asked for in CONNECT. */
export interface PluginConnect extends PluginIdentity {
  readonly cleanStart: boolean;
  /** Seconds; 0 is none. */
  readonly keepAliveSeconds: number;
  readonly bridge: boolean;
  readonly will: Will | undefined;
  /** Of CONNECT; empty before MQTT 5.0. */
  readonly properties: Properties;
}

/** A session, for `clients()`. */
export interface PluginSession extends PluginClient {
  readonly connected: boolean;
  /** How many subscriptions it has. */
  readonly subscriptions: number;
}

/**
 * An application message, to be looked at: whoever wants another one answers with a change. `payload` is a view that
 * is valid until the answer is there; copy it to keep it.
 */
export interface PluginMessage {
  /** Complete, with the mount point of the listener. */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
  /** The client identifier of the publisher; empty for messages of the broker and of plugins. */
  readonly publisher: string;
}

/** A no with a reason code, which clients of MQTT 5.0 are told. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reasonCode: ReasonCode | ReasonName;
}

/** A client may come in, under another user name or client identifier if one is given. */
export interface LoginAccepted {
  readonly outcome: 'accepted';
  readonly username?: string;
  readonly clientId?: string;
  /** When the connection ends at the latest: milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** A client may not come in; `reason` is the Reason String of CONNACK. */
export interface LoginRefused extends Refusal {
  readonly reason?: string;
}

/** `defer`: no, unless another plugin or file says yes. `ignore`, or nothing: as if the plugin were not there. */
export type LoginAnswer = Answer | LoginAccepted | LoginRefused | void;

/** The answer to one step of enhanced authentication. `data` goes to the client as Authentication Data. */
export type StepAnswer =
  | 'deny'
  | LoginRefused
  | (LoginAccepted & { readonly data?: Uint8Array | string })
  | { readonly outcome: 'challenge'; readonly data?: Uint8Array | string };

/** One enhanced authentication under way, MQTT 5.0 §4.12. */
export interface PluginExchange {
  /** The client's next data: of the CONNECT, then of each AUTH. */
  step(data: Uint8Array | undefined): StepAnswer | Promise<StepAnswer>;
}

/** What is given takes the place of what the message has; `properties` take the place of all properties. */
export interface MessageChange {
  readonly topic?: string;
  readonly payload?: Uint8Array | string;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: Properties;
}

/** Nothing or `allow`: the message goes on as it is. */
export type MessageInAnswer = 'allow' | 'deny' | Refusal | MessageChange | void;

/** Nothing or `allow`: the subscriber gets the message as it is. */
export type MessageOutAnswer = 'allow' | 'deny' | MessageChange | void;

/** What is given takes the place of what the client asked for. */
export type SubscriptionChange = Partial<SubscriptionRequest>;

/** Nothing or `allow`: the subscription is made as the client asked for. */
export type SubscriptionAnswer = 'allow' | 'deny' | Refusal | SubscriptionChange | void;

/** Nothing or `allow`: the filter that the client named is the one that goes. */
export type UnsubscriptionAnswer = 'allow' | 'deny' | Refusal | { readonly filter: string } | void;

/** What is returned is published to `<topic>/response` at QoS 0. */
export type ControlAnswer = string | Uint8Array | void;

/** Answers requests to one topic below `$CONTROL/`. */
export type ControlHandler = (
  client: PluginClient,
  message: PluginMessage,
) => ControlAnswer | Promise<ControlAnswer>;

/**
 * A plugin: a name, and any of the members below. Where a promise is allowed, the broker reads nothing from the
 * client until it is settled, so that order is kept. A member that throws, rejects, does not answer within
 * `plugin_timeout` or answers something else counts as a no for the request at hand, and for nothing else.
 *
 * Plugins are asked in the order of the configuration. For logins and rights the first that says allow or deny
 * decides; changes add up: the next plugin sees what the one before has made of a message.
 */
export interface Plugin {
  readonly name: string;
  readonly version?: string;

  /** Whether a client may come in. */
  authenticate?(login: PluginLogin): LoginAnswer | Promise<LoginAnswer>;
  /** Begins an enhanced authentication; undefined if the method is not this plugin's. At once. */
  exchange?(method: string, login: PluginLogin): PluginExchange | undefined;
  mayPublish?(client: PluginClient, message: PluginMessage): Answer | Promise<Answer>;
  maySubscribe?(client: PluginClient, filter: string, qos: QoS): Answer | Promise<Answer>;
  mayUnsubscribe?(client: PluginClient, filter: string): Answer | Promise<Answer>;
  /** Asked for every delivery. At once. */
  mayReceive?(client: PluginClient, message: PluginMessage): Answer;
  /** The pre-shared key of an identity, for TLS-PSK. At once. */
  pskKey?(identity: string): Uint8Array | undefined;

  /** A message that a client publishes and may publish, or its will: admits, changes or refuses it. */
  messageIn?(client: PluginClient, message: PluginMessage): MessageInAnswer | Promise<MessageInAnswer>;
  /** A message for one subscriber: changes it for this one, or keeps it from this one. At once. */
  messageOut?(client: PluginClient, message: PluginMessage): MessageOutAnswer;
  /** A subscription that a client asks for and may make: admits, changes or refuses it. */
  subscribing?(
    client: PluginClient,
    request: SubscriptionRequest,
  ): SubscriptionAnswer | Promise<SubscriptionAnswer>;
  /** A filter that a client takes back: admits, changes or refuses it. */
  unsubscribing?(client: PluginClient, filter: string): UnsubscriptionAnswer | Promise<UnsubscriptionAnswer>;

  /** A client has come in: CONNACK is sent. */
  connected?(client: PluginClient, connect: PluginConnect): void | Promise<void>;
  /** A connection is gone, and the session with it. */
  disconnected?(client: PluginClient, cause: DisconnectCause): void | Promise<void>;
  /** A connection is gone; the session waits for its client. */
  offline?(client: PluginClient, cause: DisconnectCause): void | Promise<void>;
  /** A subscription was made; its QoS is the one that was granted. */
  subscribed?(client: PluginClient, subscription: SubscriptionRequest): void | Promise<void>;
  /** A client has taken a subscription back. */
  unsubscribed?(client: PluginClient, filter: string): void | Promise<void>;
  /** The broker has read its configuration anew. The options of plugins stay as they were at the start. */
  reloaded?(): void | Promise<void>;
  /** About once a second; milliseconds since 1970. */
  tick?(now: number): void | Promise<void>;
  /** Who answers requests, by topic: `$CONTROL/<feature>/v1`. Clients need the right to publish there. */
  readonly control?: Readonly<Record<string, ControlHandler>>;
  /** The broker stops, and waits for it as long as for an answer. */
  close?(): void | Promise<void>;
}

/** One `plugin_opt_KEY VALUE`. */
export interface PluginOption {
  readonly key: string;
  readonly value: string;
}

/** The log, by level. Lines start with the name of the plugin. */
export type PluginLog = Readonly<
  Record<'error' | 'warning' | 'notice' | 'information' | 'debug', (text: string) => void>
>;

/** How a plugin's own message is published. */
export interface PluginPublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: Properties;
  /** The client identifier of the only one who gets it, subscribed or not; without it, all subscribers. */
  readonly to?: string;
}

/** What a plugin can do of its own. Its functions may be taken out of it. */
export interface PluginContext {
  /** What the configuration says, in its order; a key may stand more than once. */
  readonly options: readonly PluginOption[];
  /** The last value of an option. */
  readonly option: (key: string) => string | undefined;
  readonly log: PluginLog;
  /**
   * Publishes a message, to any topic, when the broker is done with what it is doing. False if too many wait.
   * Throws a `TypeError` for a message that cannot be sent.
   */
  readonly publish: (topic: string, payload: Uint8Array | string, how?: PluginPublishOptions) => boolean;
  /** Sends a client away, or all of a user name, with their wills or without, when the broker is done with what it is doing. */
  readonly disconnect: (
    who: string | { readonly username: string | undefined },
    how?: { readonly will?: boolean },
  ) => void;
  /** All sessions, as of now. */
  readonly clients: () => PluginSession[];
  /** Whether a topic filter matches a topic. */
  readonly matches: (filter: string, topic: string) => boolean;
}

/** Makes a plugin for its place in the configuration. */
export type PluginFactory = (context: PluginContext) => Plugin | Promise<Plugin>;
