/** Names of clients that come from elsewhere than a packet: a claim, the answer of a web service. */

/** The longest string of MQTT, bytes of UTF-8. §1.5.4 */
const LONGEST = 65_535;

/** As `protocol/text.ts` has it for strings in packets. */
const UNWANTED = /[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

/** Whether a value of JSON can be a user name or a client identifier. */
export function isName(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && !UNWANTED.test(value) && Buffer.byteLength(value) <= LONGEST
  );
}
