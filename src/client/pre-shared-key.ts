/** Pre-shared keys in the place of certificates. */
import type { ConnectionOptions } from 'node:tls';

/** The bytes of hexadecimal digits; the first may stand alone, as in Mosquitto's files of keys. Undefined for others. */
export function keyOf(digits: string): Uint8Array | undefined {
  if (!/^[\da-f]+$/i.test(digits)) return undefined;
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** What `node:tls` needs to know of us, of our key, and of the ciphers that may be used. */
export function keyOptions(identity: string, psk: Uint8Array, ciphers: string = 'PSK'): ConnectionOptions {
  return {
    ciphers,
    maxVersion: 'TLSv1.2', // Node has pre-shared keys up to it
    pskCallback: () => ({ psk, identity }),
    checkServerIdentity: () => undefined, // who knows the key is the server
  };
}
