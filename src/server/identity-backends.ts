/** Tokens and web services, as the configuration says. */
import type { Backend } from '../access/backend.ts';
import type { OptionPlaces, Read } from '../access/file.ts';
import type { HttpSettings } from '../access/http.ts';
import type { JwtSettings } from '../access/jwt-settings.ts';
import { SYSTEM_TIME } from '../access/ports.ts';
import type { Log } from '../base/log.ts';
import type { ListenerConfig } from '../config/config.ts';
import { loaded } from './on-demand.ts';

/** The backend for the tokens of a listener. */
export function openJwt(
  listener: ListenerConfig,
  places: OptionPlaces,
  allowSymlinks: boolean,
  log: Log,
  previous: Backend | undefined,
): Read<Backend> {
  const settings: JwtSettings = {
    secretFile: listener.jwt_secret_file,
    keyFiles: listener.jwt_public_key_file,
    jwksUrl: urlOf(listener.jwt_jwks_url),
    jwksCaFile: listener.jwt_jwks_cafile,
    jwksRefreshSeconds: listener.jwt_jwks_refresh,
    algorithms: listener.jwt_algorithms,
    from: listener.jwt_from,
    usernameClaim: listener.jwt_username_claim,
    clientIdClaim: listener.jwt_clientid_claim,
    aclClaim: listener.jwt_acl_claim,
    disconnectAtExpiry: listener.jwt_disconnect_at_expiry,
    issuers: listener.jwt_issuer,
    audiences: listener.jwt_audience,
    requiredClaims: listener.jwt_required_claims,
    leewaySeconds: listener.jwt_leeway,
    allowSymlinks,
    places,
  };
  return loaded.jwt!.jwtBackend(settings, { log, ...SYSTEM_TIME }, previous);
}

/** The backend for the web service of a listener. */
export function openHttp(listener: ListenerConfig, places: OptionPlaces, log: Log): Read<Backend> {
  const settings: HttpSettings = {
    authUrl: urlOf(listener.http_auth_url),
    aclUrl: urlOf(listener.http_acl_url),
    headers: listener.http_auth_header,
    caFile: listener.http_auth_cafile,
    timeoutMs: listener.http_auth_timeout,
    cacheSeconds: listener.http_auth_cache,
    cacheSize: listener.http_auth_cache_size,
    failures: listener.http_auth_failures,
    retrySeconds: listener.http_auth_retry,
    places,
  };
  return loaded.http!.httpBackend(settings, { log, ...SYSTEM_TIME });
}

/** The parser has seen to it that it is one. */
function urlOf(text: string | undefined): URL | undefined {
  return text === undefined ? undefined : new URL(text);
}
