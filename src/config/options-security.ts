/** Who may connect and do what: global, or per listener with `per_listener_settings true`. */

import { httpOptions } from './options-http.ts';
import { jwtOptions } from './options-jwt.ts';
import { rateOptions } from './options-rate.ts';

/** Rows that Mosquitto has too. */
export const accessOptions = {
  acl_file: {
    type: 'path',
    lastWins: true,
    scope: 'security',
    reload: true,
    text: 'The file that says who may read and write which topics.',
  },
  allow_anonymous: {
    type: 'boolean',
    scope: 'security',
    reload: true,
    perListener: 'listener_allow_anonymous',
    text: 'Admit clients without a user name.',
    note: 'Without it: false as soon as a listener is defined, true in local only mode.',
  },
  allow_zero_length_clientid: {
    type: 'boolean',
    default: true,
    scope: 'security',
    reload: true,
    text: 'Give a client without an identifier one (v3.1.1 and v5).',
  },
  auto_id_prefix: {
    type: 'string',
    default: 'auto-',
    bytesMax: { limit: 50, refuse: 'Error: auto_id_prefix length must be <= 50.' },
    scope: 'security',
    reload: true,
    deprecated: "Please use 'listener_auto_id_prefix' instead.",
    text: 'How the identifiers start that the broker gives.',
    note: 'Mosquitto loses the default at a reload; Zanzara does not.',
  },
  password_file: {
    type: 'path',
    lastWins: true,
    scope: 'security',
    reload: true,
    text: 'The file of user names and hashed passwords, as mosquitto_passwd writes it.',
  },
  psk_file: {
    type: 'path',
    lastWins: true,
    scope: 'security',
    reload: true,
    excludes: {
      options: ['certfile'],
      error: 'Error: Cannot use both certificate and psk encryption in a single listener.',
    },
    text: 'The file of identities and pre-shared keys for TLS-PSK.',
  },
} as const;

/** Rows for the security options. */
export const securityOptions: typeof accessOptions &
  typeof jwtOptions &
  typeof httpOptions &
  typeof rateOptions = { ...accessOptions, ...jwtOptions, ...httpOptions, ...rateOptions };
