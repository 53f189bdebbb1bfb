/** `zanzara/protocol`: the codec of MQTT 3.1, 3.1.1 and 5.0. */
export { Decoder } from './decoder.ts';
export type { DecoderOptions, Sender } from './decoder.ts';
export { encode } from './encode.ts';
export { ProtocolError } from './error.ts';
export type * from './packet.ts';
export { NO_PROPERTIES, PROPERTIES } from './properties.ts';
export type { Properties, Property, PropertyKind, PropertyName, PropertyPlace } from './properties.ts';
export { Reason, reasonText } from './reason.ts';
export type { ReasonCode } from './reason.ts';
