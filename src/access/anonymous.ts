/** Access without a password file: `allow_anonymous` decides, and whoever is in may do everything. */
import type { Access, Credentials, Verdict } from '../broker/access.ts';
import { Reason } from '../protocol/reason.ts';

/** As Mosquitto: with no backend configured, a user name is taken as it is given. */
export const anonymousAccess: Access = {
  authenticate: admit,
  exchange: () => undefined,
  mayPublish: () => true,
  maySubscribe: () => true,
  mayReceive: () => true,
};

function admit({ allowAnonymous, clientId, username }: Credentials): Verdict {
  if (!allowAnonymous) return { outcome: 'refused', reasonCode: Reason.notAuthorized };
  return { outcome: 'accepted', principal: { clientId, ...(username !== undefined && { username }) } };
}
