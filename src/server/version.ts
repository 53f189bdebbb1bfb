/** What this program is called and which Mosquitto it stands in for. */

/** Zanzara's version, as in package.json (a test compares them). */
export const VERSION = '0.1.0';

/** The Mosquitto whose files, lines and topics are honoured. */
export const MOSQUITTO_VERSION = '2.1.2';

/** What stands where Mosquitto prints its version: scripts that look for `mosquitto version 2` find it. */
export const FULL_VERSION: string = `${MOSQUITTO_VERSION} (Zanzara ${VERSION})`;
