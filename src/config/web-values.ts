/** Values that only options for tokens and web services have. */

import type { Input } from './input.ts';
import { empty, isRefusal, refuse, type Refusal } from './refusal.ts';
import { parseText } from './text-value.ts';

/** A header of HTTP requests. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** Algorithms that tokens may be signed with. RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 */
const ALGORITHMS: ReadonlySet<string> = new Set(
  'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
);

/** The characters of a header's name. RFC 9110 §5.6.2 */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that belong to the request itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(
  'host connection content-length content-type transfer-encoding expect upgrade'.split(' '),
);

/** A whole URL of HTTP, in the normal form. It is not printed: there may be a password in it. */
export function parseUrl(input: Input): string | Refusal {
  const text = parseText(input);
  if (isRefusal(text)) return text;
  const url = URL.parse(text);
  const line = `Error: Invalid '${input.name}' value.`;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return refuse(line, 'It must be a whole URL, such as https://auth.example.com/mqtt.');
  }
  if (url.username !== '' || url.password !== '') {
    return refuse(line, 'Without a user name and a password: a header http_auth_header can carry them.');
  }
  return url.href;
}

/** One more header: `NAME VALUE`. The value is not printed: it may be a secret. */
export function addHeader(input: Input): readonly Header[] | Refusal {
  const text = parseText(input);
  if (isRefusal(text)) return text;
  const [, name = '', value = ''] = /^(\S+?):? +(.*)$/.exec(text) ?? [];
  if (!HEADER_NAME.test(name) || value === '' || !isLatin1(value)) {
    return refuse(
      `Error: Invalid '${input.name}' value.`,
      `Write NAME VALUE, such as ${input.name} Authorization Bearer SECRET.`,
    );
  }
  if (OWN_HEADERS.has(name.toLowerCase())) {
    return refuse(`Error: Invalid '${input.name}' value.`, `The header '${name}' is set by the broker.`);
  }
  return [...((input.previous ?? []) as readonly Header[]), { name, value }];
}

/** All that HTTP can carry in a header. */
function isLatin1(text: string): boolean {
  return /^[\u0020-\u007e\u00a0-\u00ff]*$/.test(text);
}

export function parseAlgorithms(input: Input): readonly string[] | Refusal {
  const words = (input.tokens.rest() ?? '').split(/[, \t]+/).filter((word) => word !== '');
  if (words.length === 0) return empty(input);
  const unknown = words.find((word) => !ALGORITHMS.has(word));
  if (unknown === undefined) return [...new Set(words)];
  const line = `Error: Invalid '${input.name}' value (${unknown}).`;
  if (unknown.toLowerCase() !== 'none') return refuse(line);
  return refuse(line, 'A token without a signature proves nothing: anybody can write one.');
}
