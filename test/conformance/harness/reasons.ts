/**
 * Reasons that many scripts share for a declared difference: of mosquitto 2.0.11 to 5.0 clients, where the specification
 * allows silence (MAY, SHOULD) and Zanzara speaks.
 */

/** The connection closes as it must, but the client is not told why. */
export const silent = { mosquitto: { 5: 'closes without a DISCONNECT' } } as const;

/** The CONNECT is refused as it must be, but the client is not told why. */
export const silentRefusal = { mosquitto: { 5: 'closes without a CONNACK' } } as const;
