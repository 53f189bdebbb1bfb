/** JSON Web Tokens as a backend: who comes with a token that a known key has signed is who the token says. RFC 7519 */
import type { Credentials, Grant, MessageView, Principal } from '../broker/access.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { readAuthorities } from './authorities.ts';
import type { Accepted, Answer, Backend, LoginAnswer } from './backend.ts';
import type { Read } from './file.ts';
import { readClaims } from './jwt-claims.ts';
import { candidates, isPublicKeyAlgorithm } from './jwt-keys.ts';
import type { TokenKey } from './jwt-keys.ts';
import { readKeys } from './jwt-settings.ts';
import type { JwtSettings } from './jwt-settings.ts';
import { quoted, tokenHeader, verifyToken } from './jwt-token.ts';
import type { Genuine, TokenHeader } from './jwt-token.ts';
import type { AccessPorts } from './ports.ts';
import { RemoteKeys } from './remote-keys.ts';
import { Rights } from './rights.ts';
import { clearTextWarnings } from './web-url.ts';

const NAME = 'jwt';

/** A fetch of keys may take so long: clients wait for the first. */
const FETCH_MS = 5000;

/** What a token granted a client. */
class TokenGrant implements Grant {
  readonly by = NAME;
  /** Undefined where tokens do not say rights. */
  readonly rights: Rights | undefined;
  /** The key that signed it, if it came from a file. */
  readonly keyId: string | undefined;
  /** What was demanded of tokens then. */
  readonly demands: string;

  constructor(rights: Rights | undefined, keyId: string | undefined, demands: string) {
    this.rights = rights;
    this.keyId = keyId;
    this.demands = demands;
  }
}

/**
 * The backend for these settings; errors if a file of keys cannot be used. On a reload `previous` is the backend that
 * the new one takes the place of, so that keys from the same URL are not forgotten.
 */
export function jwtBackend(settings: JwtSettings, ports: AccessPorts, previous?: Backend): Read<Backend> {
  const { jwksUrl, jwksCaFile, places } = settings;
  const keys = readKeys(settings);
  const authorities = readAuthorities(jwksCaFile, 'jwt_jwks_cafile', places);
  const problems = [
    ...keys.problems,
    ...authorities.problems,
    ...clearTextWarnings(jwksUrl, 'jwt_jwks_url', places, 'keys can be forged on their way'),
  ];
  if (!keys.ok || !authorities.ok) return { ok: false, problems };
  const before = previous instanceof JwtBackend ? previous : undefined;
  const remote =
    before?.shareRemote(settings, authorities.value) ?? fetched(settings, authorities.value, ports);
  return {
    ok: true,
    value: new JwtBackend(settings, { own: keys.value, remote }, authorities.value, ports),
    problems,
  };
}

function fetched(
  settings: JwtSettings,
  authorities: string | undefined,
  ports: AccessPorts,
): RemoteKeys | undefined {
  const { jwksUrl: url, jwksRefreshSeconds } = settings;
  return (
    url && new RemoteKeys({ url, authorities, headers: {}, timeoutMs: FETCH_MS }, jwksRefreshSeconds, ports)
  );
}

interface Keys {
  readonly own: readonly TokenKey[];
  readonly remote: RemoteKeys | undefined;
}

class JwtBackend implements Backend {
  readonly name = NAME;
  readonly #settings: JwtSettings;
  readonly #keys: Keys;
  readonly #authorities: string | undefined;
  readonly #ports: AccessPorts;
  readonly #demands: string;

  constructor(settings: JwtSettings, keys: Keys, authorities: string | undefined, ports: AccessPorts) {
    this.#settings = settings;
    this.#keys = keys;
    this.#authorities = authorities;
    this.#ports = ports;
    this.#demands = demandsOf(settings);
  }

  /** What is no token by its form may be a password that another backend knows; alone it gets nobody in. */
  authenticate(credentials: Credentials): LoginAnswer | Promise<LoginAnswer> {
    const token = tokenOf(credentials, this.#settings);
    const header = token === undefined ? undefined : tokenHeader(token);
    if (token === undefined || header === undefined) return 'defer';
    return this.#judge(token, header, credentials).then((answer) =>
      answer.outcome === 'accepted' ? answer : this.#refuse(answer, credentials),
    );
  }

  mayPublish(principal: Principal, topic: string): Answer {
    return rightsOf(principal)?.mayPublish(principal, topic) ?? 'ignore';
  }

  maySubscribe(principal: Principal, filter: string): Answer {
    return rightsOf(principal)?.maySubscribe(principal, filter) ?? 'ignore';
  }

  mayReceive(principal: Principal, topic: string, _message: MessageView): Answer {
    return rightsOf(principal)?.mayReceive(principal, topic) ?? 'ignore';
  }

  /** A token is not there to be looked at again, so what it was accepted for must still be the same. */
  mayStay({ grant, expiresAt = Infinity }: Principal): boolean | undefined {
    if (!(grant instanceof TokenGrant)) return undefined;
    const { keyId, demands } = grant;
    const isKnown = keyId === undefined || this.#keys.own.some(({ id }) => id === keyId);
    return isKnown && demands === this.#demands && this.#ports.now() < expiresAt;
  }

  /** The keys that are fetched, for a backend that fetches the same. */
  shareRemote(settings: JwtSettings, authorities: string | undefined): RemoteKeys | undefined {
    const { jwksUrl, jwksRefreshSeconds } = this.#settings;
    const isSame =
      jwksUrl?.href === settings.jwksUrl?.href &&
      jwksRefreshSeconds === settings.jwksRefreshSeconds &&
      authorities === this.#authorities;
    return isSame ? this.#keys.remote?.share() : undefined;
  }

  close(): void {
    this.#keys.remote?.close();
  }

  async #judge(token: string, header: TokenHeader, credentials: Credentials): Promise<Accepted | Refusal> {
    const { algorithms } = this.#settings;
    const { algorithm, kid } = header;
    if (algorithms.length > 0 && !algorithms.includes(algorithm))
      return refusal(`the token is signed with ${quoted(algorithm)}, which jwt_algorithms does not name`);
    const near = candidates(this.#keys.own, algorithm, kid);
    const far = await this.#fetchedKeys(header);
    if (near.length === 0 && far === undefined)
      return refusal('the keys for tokens cannot be fetched', Reason.serverUnavailable);
    const keys = [...near, ...(far ?? [])];
    const verified = await verifyToken(token, header, keys, this.#settings, this.#ports.now());
    if (!verified.ok) return refusal(`the token is not accepted: ${verified.reason}`);
    return this.#admit(verified, credentials);
  }

  /** Undefined if they cannot be fetched; none for algorithms that no key of such a set can be for. */
  async #fetchedKeys({ algorithm, kid }: TokenHeader): Promise<readonly TokenKey[] | undefined> {
    const { remote } = this.#keys;
    return remote !== undefined && isPublicKeyAlgorithm(algorithm) ? remote.candidates(algorithm, kid) : [];
  }

  /** The token is genuine: who it says the client is, and what it may do. */
  #admit({ claims, key }: Genuine, { clientId }: Credentials): Accepted | Refusal {
    const read = readClaims(claims, clientId, this.#settings);
    if (!read.ok) return refusal(read.reason);
    const { username, clientId: newId, rules } = read;
    const { disconnectAtExpiry, leewaySeconds } = this.#settings;
    const keyId = this.#keys.own.includes(key) ? key.id : undefined;
    return {
      outcome: 'accepted',
      username,
      ...(newId !== undefined && { clientId: newId }),
      grant: new TokenGrant(rules && new Rights(rules), keyId, this.#demands),
      ...(disconnectAtExpiry &&
        claims.exp !== undefined && { expiresAt: (claims.exp + leewaySeconds) * 1000 }),
    };
  }

  #refuse({ reason, reasonCode }: Refusal, { clientId, peer }: Credentials): LoginAnswer {
    const client = clientId === '' ? peer.address : clientId;
    this.#ports.log.event('loginRefused', { client, ...peer, by: NAME, reason });
    return { outcome: 'refused', reasonCode };
  }
}

/** Why a token is refused: for the log, not for the client. */
interface Refusal {
  readonly outcome: 'refused';
  readonly reason: string;
  readonly reasonCode: ReasonCode;
}

function refusal(reason: string, reasonCode: ReasonCode = Reason.notAuthorized): Refusal {
  return { outcome: 'refused', reason, reasonCode };
}

function tokenOf({ username, password }: Credentials, { from }: JwtSettings): string | undefined {
  if (from === 'username') return username;
  return (
    password && Buffer.from(password.buffer, password.byteOffset, password.byteLength).toString('latin1')
  );
}

/** What decides whether a token is accepted, apart from the keys: compared after a reload. */
function demandsOf(settings: JwtSettings): string {
  const { algorithms, issuers, audiences, requiredClaims, usernameClaim, clientIdClaim, aclClaim } = settings;
  const { jwksUrl, leewaySeconds } = settings;
  return JSON.stringify([
    [algorithms, issuers, audiences, requiredClaims, leewaySeconds],
    [usernameClaim, clientIdClaim, aclClaim, jwksUrl],
  ]);
}

function rightsOf({ grant }: Principal): Rights | undefined {
  return grant instanceof TokenGrant ? grant.rights : undefined;
}
