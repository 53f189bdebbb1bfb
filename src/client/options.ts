/** What a program tells the client. */
import type { ProtocolVersion, QoS } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { BackoffOptions } from './backoff.ts';
import type { OpenChannel } from './channel.ts';
import type { Outbox } from './outbox.ts';
import type { Trace } from './output.ts';

export interface WillOptions {
  readonly topic: string;
  readonly payload?: string | Uint8Array;
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** MQTT 5.0; `willDelayInterval` among them. */
  readonly properties?: Properties;
}

/** Enhanced authentication, §4.12 of MQTT 5.0. */
export interface Authentication {
  readonly method: string;
  /** Goes out with CONNECT. */
  readonly data?: Uint8Array;
  /** Answers the server's challenge. */
  challenge(data: Uint8Array | undefined): Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

export interface ClientOptions {
  /** 5 without it. */
  readonly version?: ProtocolVersion;
  /** Without it the server makes one up, and the client keeps it. */
  readonly clientId?: string;
  /**
   * Begin a new session; true without it. Reconnects resume the session where the server still has it; before MQTT 5.0
   * a session that is begun so ends with its connection.
   */
  readonly cleanStart?: boolean;
  readonly username?: string;
  readonly password?: string | Uint8Array;
  /** Seconds; 60 without it, 0 for none. The server may ask for another. */
  readonly keepAlive?: number;
  readonly will?: WillOptions;
  /**
   * Of CONNECT, MQTT 5.0: `receiveMaximum`, `userProperties` … Without a `sessionExpiryInterval` the server keeps the
   * session for 300 seconds after a connection is lost, and ends it when the client is closed.
   */
  readonly properties?: Properties;
  readonly authentication?: Authentication;
  /** How to come back when the connection is lost; false not to. */
  readonly reconnect?: BackoffOptions | false;
  /** Have the client at once, and connect when that succeeds: the first attempt is repeated like all others. */
  readonly startOffline?: boolean;
  /** Milliseconds until the server must have answered CONNECT; 30,000 without it. */
  readonly connectTimeout?: number;
  /** Messages that may wait to be sent, while offline or behind those in flight; 1,000 without it, 0 for no limit. */
  readonly queue?: number;
  /** Their bytes; 64 MiB without it, 0 for no limit. */
  readonly queueBytes?: number;
  /** Messages of QoS 1 and 2 in flight, where the server allows more; 0 is what the server allows. */
  readonly inflight?: number;
  /** The largest packet to accept, bytes; 64 MiB without it. MQTT 5.0 tells the server, which then sends none. */
  readonly maximumPacketSize?: number;
  /** Where messages of QoS 1 and 2 survive a restart of the program; the client closes it. */
  readonly outbox?: Outbox;
  /** Where responses to this client's requests come. One that nobody can guess without it; no other may use it. */
  readonly responseTopic?: string;
  /** Gives up the first connection; later, closes the client. */
  readonly signal?: AbortSignal;
  /** Told of each packet, for a log. */
  readonly trace?: Trace;
  /** How to reach the server, in the place of the URL's scheme. */
  readonly open?: OpenChannel;
}

export interface PublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** MQTT 5.0. With a `topicAlias` the topic is sent once a connection. */
  readonly properties?: Properties;
  /** Gives up: what waits is not sent; what was sent stays sent, and its flow goes on. */
  readonly signal?: AbortSignal;
}

export interface CloseOptions {
  /** How long what is under way may take, milliseconds; 5,000 without it. */
  readonly drain?: number;
  /** Of DISCONNECT, MQTT 5.0: 4 has the server publish the will. */
  readonly reasonCode?: number;
  /** Of DISCONNECT, MQTT 5.0. */
  readonly properties?: Properties;
  /** Waits no longer for what is under way. */
  readonly signal?: AbortSignal;
}

/** Of a call that waits for the server. */
export interface WaitOptions {
  /** Gives up waiting; what was sent stays sent. */
  readonly signal?: AbortSignal;
}

export interface RequestOptions extends PublishOptions {
  /** Milliseconds; 10,000 without it. */
  readonly timeout?: number;
}
