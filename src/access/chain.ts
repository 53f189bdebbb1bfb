/** Backends one after the other: the rules of one listener. */
import type {
  Access,
  Credentials,
  Exchange,
  Grant,
  MessageView,
  Principal,
  Verdict,
} from '../broker/access.ts';
import type { QoS } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import type { Accepted, Answer, Backend, LoginAnswer } from './backend.ts';

type Undecided = 'defer' | 'ignore';
type Decided = Exclude<Answer, Undecided>;
type LoginDecided = Exclude<LoginAnswer, Undecided>;

/** Of a client whose user name nobody could judge: `allow_anonymous` let it in. */
const BY_NAME_ALONE: Grant = { by: 'allow_anonymous' };

/** A question that every backend may be asked, as a call. */
type Ask<Result> = (backend: Backend) => Result | Undecided | Promise<Result | Undecided> | undefined;

/**
 * The backends of a listener, asked in order: the first that neither defers nor ignores decides, and if all who
 * answered deferred it is a no. Where nobody answers, `allow_anonymous` decides who comes in, and whoever is in
 * may do everything, as in Mosquitto.
 */
export class AccessChain implements Access {
  readonly #backends: readonly Backend[];
  readonly #receiving: readonly Backend[];

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    this.#receiving = backends.filter(
      (backend) => 'mayReceive' in backend && backend.mayReceive !== undefined,
    );
  }

  authenticate(credentials: Credentials): Verdict | Promise<Verdict> {
    const answer = this.#first<LoginDecided>((backend) => backend.authenticate?.(credentials), 0, 'ignore');
    if (answer instanceof Promise) return answer.then((login) => verdictOf(login, credentials));
    return verdictOf(answer, credentials);
  }

  exchange(method: string, credentials: Credentials): Exchange | undefined {
    for (const backend of this.#backends) {
      const exchange = backend.exchange?.(method, credentials);
      if (exchange !== undefined) return exchange;
    }
    return undefined;
  }

  mayPublish(principal: Principal, topic: string, message: MessageView): boolean | Promise<boolean> {
    return this.#decide((backend) => backend.mayPublish?.(principal, topic, message));
  }

  maySubscribe(principal: Principal, filter: string, qos: QoS): boolean | Promise<boolean> {
    return this.#decide((backend) => backend.maySubscribe?.(principal, filter, qos));
  }

  mayUnsubscribe(principal: Principal, filter: string): boolean | Promise<boolean> {
    return this.#decide((backend) => backend.mayUnsubscribe?.(principal, filter));
  }

  mayReceive(principal: Principal, topic: string, message: MessageView): boolean {
    let deferred = false;
    for (const backend of this.#receiving) {
      const answer = backend.mayReceive!(principal, topic, message);
      if (answer === 'allow') return true;
      if (answer === 'deny') return false;
      if (answer === 'defer') deferred = true;
    }
    return !deferred;
  }

  /**
   * A client with a grant is the business of whoever gave it, who must still be there. Of others, one backend that
   * would refuse is enough; with none that knows the client, its listener's rule decides.
   */
  mayStay(principal: Principal): boolean {
    const { grant, listener } = principal;
    const anonymous = listener?.settings.allowAnonymous !== false;
    if (grant === BY_NAME_ALONE) return anonymous && !this.#backends.some(asksWho);
    if (grant !== undefined)
      return this.#backends.some(
        (backend) => backend.name === grant.by && backend.mayStay?.(principal) === true,
      );
    let known = false;
    for (const backend of this.#backends) {
      const answer = backend.mayStay?.(principal);
      if (answer === false) return false;
      if (answer === true) known = true;
    }
    return known || principal.username !== undefined || anonymous;
  }

  /** The first key that a backend knows for an identity of TLS-PSK. */
  pskKey(identity: string): Uint8Array | undefined {
    for (const backend of this.#backends) {
      const key = backend.pskKey?.(identity);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  #decide(ask: Ask<Decided>): boolean | Promise<boolean> {
    const answer = this.#first<Decided>(ask, 0, 'ignore');
    return answer instanceof Promise ? answer.then(isAllowed) : isAllowed(answer);
  }

  /** Asks from `from` on; `soFar` is `defer` if one before has deferred. */
  #first<Result extends Decided | LoginDecided>(
    ask: Ask<Result>,
    from: number,
    soFar: Undecided,
  ): Result | Undecided | Promise<Result | Undecided> {
    let weakest = soFar;
    for (let at = from; at < this.#backends.length; at++) {
      const answer = ask(this.#backends[at]!);
      if (answer instanceof Promise) {
        const before = weakest;
        return answer.then((later) =>
          isUndecided(later) ? this.#first(ask, at + 1, later === 'defer' ? later : before) : later,
        );
      }
      if (!isUndecided(answer)) return answer;
      if (answer === 'defer') weakest = answer;
    }
    return weakest;
  }
}

function isUndecided(answer: unknown): answer is Undecided | undefined {
  return answer === undefined || answer === 'defer' || answer === 'ignore';
}

/** Nobody had anything to say: everything is allowed, as in Mosquitto without an ACL file. */
function isAllowed(answer: Answer): boolean {
  return answer === 'allow' || answer === 'ignore';
}

function verdictOf(answer: LoginAnswer, credentials: Credentials): Verdict {
  if (answer === 'defer' || answer === 'ignore') return anonymousVerdict(answer, credentials);
  if (answer.outcome === 'refused') return answer;
  const { username = credentials.username, grant, expiresAt } = answer;
  const principal = principalOf({ ...credentials, clientId: clientIdOf(answer, credentials) }, username);
  return {
    outcome: 'accepted',
    principal: {
      ...principal,
      ...(grant !== undefined && { grant }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
  };
}

/** With `use_username_as_clientid` it is the name that a backend gave, not the one that the client chose for itself. */
function clientIdOf({ clientId, username }: Accepted, { clientId: given, listener }: Credentials): string {
  return clientId ?? (listener.settings.useUsernameAsClientId ? username : undefined) ?? given;
}

/**
 * Nobody decided. All deferred: only who brings no user name may still come in as anonymous. Nobody answered at
 * all: `allow_anonymous` also lets in who brings one, and the name is taken as it is given. As Mosquitto.
 */
function anonymousVerdict(answer: 'defer' | 'ignore', credentials: Credentials): Verdict {
  const { listener, username } = credentials;
  const admitted = listener.settings.allowAnonymous && (answer === 'ignore' || username === undefined);
  if (!admitted) return { outcome: 'refused', reasonCode: Reason.notAuthorized };
  const principal = principalOf(credentials, username);
  return {
    outcome: 'accepted',
    principal: username === undefined ? principal : { ...principal, grant: BY_NAME_ALONE },
  };
}

function asksWho(backend: Backend): boolean {
  return 'authenticate' in backend;
}

/** The principal that a client's credentials stand for, under a user name. */
export function principalOf(credentials: Credentials, username: string | undefined): Principal {
  const { clientId, listener, peer, version } = credentials;
  return { clientId, listener, peer, version, ...(username !== undefined && { username }) };
}
