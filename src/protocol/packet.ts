/** The fifteen control packets of MQTT as plain data. One shape serves 3.1, 3.1.1 and 5.0. */
import type { Properties } from './properties.ts';

/** 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5.0: the protocol level on the wire. */
export type ProtocolVersion = 3 | 4 | 5;

export type QoS = 0 | 1 | 2;

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
}

export interface Connect {
  readonly type: 'connect';
  readonly version: ProtocolVersion;
  /** Bit 0x80 of the protocol level: a bridge of Mosquitto's. 3.1 and 3.1.1 only. */
  readonly bridge: boolean;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly keepAliveSeconds: number;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: Will;
  readonly properties: Properties;
}

export interface Connack {
  readonly type: 'connack';
  readonly sessionPresent: boolean;
  /** A reason code; on the wire of 3.x the return code, as it stands. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Publish {
  readonly type: 'publish';
  readonly topic: string;
  /** A view into the received chunk; whoever keeps it beyond the tick copies it. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: Properties;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP: one shape, §3.4 to §3.7. */
export interface Ack {
  readonly type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  readonly packetId: number;
  readonly reasonCode: number;
  readonly properties: Properties;
}

/** When retained messages are sent at subscribe time: 0 always, 1 for a new subscription, 2 never. */
export type RetainHandling = 0 | 1 | 2;

export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
}

export interface Subscribe {
  readonly type: 'subscribe';
  readonly packetId: number;
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties: Properties;
}

export interface Suback {
  readonly type: 'suback';
  readonly packetId: number;
  readonly reasonCodes: readonly number[];
  readonly properties: Properties;
}

export interface Unsubscribe {
  readonly type: 'unsubscribe';
  readonly packetId: number;
  readonly filters: readonly string[];
  readonly properties: Properties;
}

export interface Unsuback {
  readonly type: 'unsuback';
  readonly packetId: number;
  /** Empty before 5.0. */
  readonly reasonCodes: readonly number[];
  readonly properties: Properties;
}

export interface Pingreq {
  readonly type: 'pingreq';
}

export interface Pingresp {
  readonly type: 'pingresp';
}

export interface Disconnect {
  readonly type: 'disconnect';
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Auth {
  readonly type: 'auth';
  readonly reasonCode: number;
  readonly properties: Properties;
}

export type Packet =
  | Connect
  | Connack
  | Publish
  | Ack
  | Subscribe
  | Suback
  | Unsubscribe
  | Unsuback
  | Pingreq
  | Pingresp
  | Disconnect
  | Auth;

export type PacketType = Packet['type'];

/** The control packet types by their number on the wire, §2.1.2; 0 is reserved. */
export const PACKET_TYPES: readonly (PacketType | undefined)[] = [
  undefined,
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
  'auth',
];
