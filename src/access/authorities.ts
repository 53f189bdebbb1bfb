/** Certificate authorities that may vouch for a server that the broker asks. */
import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { problemAt } from './file.ts';
import type { OptionPlaces, Read } from './file.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The PEM file that an option names, if it does; an error if it has no certificate that can be read. */
export function readAuthorities(
  path: string | undefined,
  option: string,
  places: OptionPlaces,
): Read<string | undefined> {
  if (path === undefined) return { ok: true, value: undefined, problems: [] };
  const fault = (hint: string): Read<never> => ({
    ok: false,
    problems: [
      problemAt(places, option, {
        level: 'error',
        text: `Error: Unable to load CA certificates '${path}'.`,
        hint,
      }),
    ],
  });
  try {
    const pem = readFileSync(path, 'utf8');
    const certificates = pem.match(CERTIFICATE) ?? [];
    if (certificates.length === 0)
      return fault(`The file must hold certificates in PEM form: -----BEGIN CERTIFICATE-----.`);
    for (const certificate of certificates) void new X509Certificate(certificate);
    return { ok: true, value: pem, problems: [] };
  } catch (error) {
    return fault(`${(error as Error).message}.`);
  }
}
