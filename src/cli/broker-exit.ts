/** With what the broker ends: Mosquitto's error numbers. */

/** Why it ended, as an exit code. */
export const EXIT = { ok: 0, failed: 1, invalid: 3, unknown: 13, system: 14 } as const;

/** What each means, for the manual page. */
export const EXIT_TEXTS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'A signal ended it, or there was only something to show or to check, which is right.',
  failed: 'A listener cannot be opened, TLS cannot be set up, or what was stored cannot be read.',
  invalid:
    'The command line or the configuration is wrong, or there is no such user to run as, or a file of users or rules has an error.',
  unknown: 'A plugin cannot be loaded, or a file of users or rules cannot be read.',
  system: 'The pid file cannot be written.',
};
