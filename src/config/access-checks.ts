/** Options of tokens and web services that say nothing without another one, or must not stand with one. */

import type { Problem } from './checks.ts';
import { isPerListener, type Draft, type ListenerDraft, type Section } from './draft.ts';
import { httpOptions } from './options-http.ts';
import { jwtOptions } from './options-jwt.ts';

/** Options, and those of which one must stand in the same section. */
interface Dependence {
  readonly options: readonly string[];
  readonly needs: readonly string[];
}

const dependences: readonly Dependence[] = [
  { options: ['jwt_jwks_cafile', 'jwt_jwks_refresh'], needs: ['jwt_jwks_url'] },
  { options: Object.keys(jwtOptions), needs: ['jwt_secret_file', 'jwt_public_key_file', 'jwt_jwks_url'] },
  { options: Object.keys(httpOptions), needs: ['http_auth_url', 'http_acl_url'] },
];

/** The first of these problems. */
export function checkAccess(draft: Draft): Problem | undefined {
  const sections = [draft.global, ...draft.listeners];
  for (const section of sections) {
    const problem = checkDependences(section);
    if (problem !== undefined) return problem;
  }
  for (const listener of draft.listeners) {
    const problem = checkTokenPlace(listener, isPerListener(draft) ? listener : draft.global);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkDependences({ values, setAt }: Section): Problem | undefined {
  for (const { options, needs } of dependences) {
    const given = options.find((option) => values.has(option));
    if (given === undefined || needs.some((option) => values.has(option))) continue;
    return {
      text: `Error: '${given}' has no effect without ${either(needs)}.`,
      hint: `Add ${either(needs)}, or remove '${given}'.`,
      at: setAt.get(given),
    };
  }
  return undefined;
}

function either(options: readonly string[]): string {
  const last = options.at(-1) ?? '';
  return options.length < 2 ? last : `${options.slice(0, -1).join(', ')} or ${last}`;
}

/** The token would become the client identifier, which everybody who reads the log can see. */
function checkTokenPlace(listener: ListenerDraft, security: Section): Problem | undefined {
  if (listener.values.get('use_username_as_clientid') !== true) return undefined;
  if (security.values.get('jwt_from') !== 'username') return undefined;
  return {
    text: "Error: use_username_as_clientid cannot be used with 'jwt_from username'.",
    hint: 'Let clients send their token as password, or use jwt_clientid_claim in place of it.',
    at: listener.setAt.get('use_username_as_clientid'),
  };
}
