/** Table 2-6 of MQTT 5.0, written down from the specification: which reason code may stand in which packet. */

type Packets =
  | 'connack'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'suback'
  | 'unsuback'
  | 'disconnect'
  | 'auth';

const TABLE: readonly [code: number, packets: string][] = [
  [0x00, 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth'],
  [0x01, 'suback'],
  [0x02, 'suback'],
  [0x04, 'disconnect'],
  [0x10, 'puback pubrec'],
  [0x11, 'unsuback'],
  [0x18, 'auth'],
  [0x19, 'auth'],
  [0x80, 'connack puback pubrec suback unsuback disconnect'],
  [0x81, 'connack disconnect'],
  [0x82, 'connack disconnect'],
  [0x83, 'connack puback pubrec suback unsuback disconnect'],
  [0x84, 'connack'],
  [0x85, 'connack'],
  [0x86, 'connack'],
  [0x87, 'connack puback pubrec suback unsuback disconnect'],
  [0x88, 'connack'],
  [0x89, 'connack disconnect'],
  [0x8a, 'connack'],
  [0x8b, 'disconnect'],
  [0x8c, 'connack disconnect'],
  [0x8d, 'disconnect'],
  [0x8e, 'disconnect'],
  [0x8f, 'suback unsuback disconnect'],
  [0x90, 'connack puback pubrec disconnect'],
  [0x91, 'puback pubrec suback unsuback'],
  [0x92, 'pubrel pubcomp'],
  [0x93, 'disconnect'],
  [0x94, 'disconnect'],
  [0x95, 'connack disconnect'],
  [0x96, 'disconnect'],
  [0x97, 'connack puback pubrec suback disconnect'],
  [0x98, 'disconnect'],
  [0x99, 'connack puback pubrec disconnect'],
  [0x9a, 'connack disconnect'],
  [0x9b, 'connack disconnect'],
  [0x9c, 'connack disconnect'],
  [0x9d, 'connack disconnect'],
  [0x9e, 'suback disconnect'],
  [0x9f, 'connack disconnect'],
  [0xa0, 'disconnect'],
  [0xa1, 'suback disconnect'],
  [0xa2, 'suback disconnect'],
];

/** Every code of the table. */
export const ALL_REASON_CODES: readonly number[] = TABLE.map(([code]) => code);

/** The codes a packet may carry. */
export function reasonCodes(packet: Packets): readonly number[] {
  return TABLE.filter(([, packets]) => packets.split(' ').includes(packet)).map(([code]) => code);
}

/** The bytes a packet may not carry as its code. */
export function forbiddenCodes(packet: Packets): readonly number[] {
  const allowed = new Set(reasonCodes(packet));
  return Array.from({ length: 256 }, (_, code) => code).filter((code) => !allowed.has(code));
}
