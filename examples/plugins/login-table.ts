/**
 * Logins by a table in an environment variable: `MQTT_LOGINS="alice:secret bob:hidden"`. A client says user name and
 * password in CONNECT; or it proves that it knows the password without saying it, by the method `CHALLENGE`: the
 * broker sends 32 random bytes, and the client answers with the HMAC-SHA256 of them, keyed with the password.
 *
 *     plugin ./login-table.ts
 *     plugin_opt_variable MQTT_LOGINS
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Plugin, PluginContext, PluginExchange } from 'zanzara';

export default function loginTable(context: PluginContext): Plugin {
  const variable = context.option('variable') ?? 'MQTT_LOGINS';
  const passwords = new Map(
    (process.env[variable] ?? '')
      .split(/\s+/)
      .filter((login) => login.includes(':'))
      .map((login) => [login.slice(0, login.indexOf(':')), login.slice(login.indexOf(':') + 1)] as const),
  );
  context.log.information(`${passwords.size} logins in ${variable}`);

  /** What a password makes of a challenge. Unknown users have a password that nobody knows. */
  function proof(username: string, challenge: Uint8Array): Uint8Array {
    return createHmac('sha256', passwords.get(username) ?? randomBytes(32))
      .update(challenge)
      .digest();
  }

  function prove(username: string): PluginExchange {
    const challenge = randomBytes(32);
    let isAsked = false;
    return {
      step(answer) {
        if (!isAsked) {
          isAsked = true;
          return { outcome: 'challenge', data: challenge };
        }
        const expected = proof(username, challenge);
        const isRight = answer?.length === expected.length && timingSafeEqual(answer, expected);
        return isRight ? { outcome: 'accepted', username } : 'deny';
      },
    };
  }

  return {
    name: 'login-table',

    authenticate({ username, password }) {
      if (username === undefined || password === undefined) return 'defer'; // whoever is anonymous may be let in by others
      const nonce = randomBytes(32);
      const given = createHmac('sha256', password).update(nonce).digest();
      return timingSafeEqual(given, proof(username, nonce)) ? 'allow' : 'deny';
    },

    exchange(method, { username }) {
      return method === 'CHALLENGE' && username !== undefined ? prove(username) : undefined;
    },
  };
}
