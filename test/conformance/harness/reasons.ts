/**
 * Reasons that many scripts share for a declared difference: of mosquitto 2.0.11 to 5.0 clients, where the specification
 * allows silence (MAY, SHOULD) and Zanzara speaks.
 */

interface OfMosquitto5 {
  readonly mosquitto: { readonly 5: string };
}

const noDisconnect = 'closes without a DISCONNECT';
const noConnack = 'closes without a CONNACK';

/** The connection closes as it must, but the client is not told why. */
export const silent: OfMosquitto5 = { mosquitto: { 5: noDisconnect } };

/** The CONNECT is refused as it must be, but the client is not told why. */
export const silentRefusal: OfMosquitto5 = { mosquitto: { 5: noConnack } };

/** What the failure of a script must say, so that these reasons are true and the connection is closed indeed. */
export const evidence: ReadonlyMap<string, RegExp> = new Map([
  [noDisconnect, /^expected DISCONNECT .*, but the broker closed the connection$/m],
  [noConnack, /^expected CONNACK .*, but the broker closed the connection$/m],
]);
