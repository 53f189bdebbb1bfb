/** A web service as a backend: it says who may come in and do what. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Credentials, Grant, MessageView, Principal } from '../broker/access.ts';
import type { QoS } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import { AnswerCache } from './answer-cache.ts';
import { readAuthorities } from './authorities.ts';
import type { Accepted, Answer, Backend, LoginAnswer } from './backend.ts';
import type { OptionPlaces, Read } from './file.ts';
import { aclQuestion, loginQuestion, readDecision, readLogin } from './http-answers.ts';
import type { AclQuestion, LoginQuestion, LoginReply } from './http-answers.ts';
import type { AccessPorts } from './ports.ts';
import { Rights } from './rights.ts';
import { WebService } from './web-service.ts';
import { clearTextWarnings } from './web-url.ts';

const NAME = 'http';

/** What the options say; at least one of the URLs is there. */
export interface HttpSettings {
  readonly authUrl: URL | undefined;
  readonly aclUrl: URL | undefined;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly caFile: string | undefined;
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly cacheSize: number;
  readonly failures: number;
  readonly retrySeconds: number;
  readonly places: OptionPlaces;
}

/** What the service granted a client that it let in. */
class HttpGrant implements Grant {
  readonly by = NAME;
  /** Undefined if it gave no rules with its answer. */
  readonly rights: Rights | undefined;

  constructor(rights: Rights | undefined) {
    this.rights = rights;
  }
}

const REFUSED: LoginAnswer = { outcome: 'refused', reasonCode: Reason.notAuthorized };
const UNAVAILABLE: LoginAnswer = { outcome: 'refused', reasonCode: Reason.serverUnavailable };

/** Longer questions are asked each time, so that topics of 64 KiB do not fill the memory. */
const LONGEST_KEY = 1024;

/** The backend that asks these URLs; an error if a file that it needs cannot be used. */
export function httpBackend(settings: HttpSettings, ports: Pick<AccessPorts, 'log' | 'now'>): Read<Backend> {
  const { authUrl, aclUrl, places } = settings;
  const authorities = readAuthorities(settings.caFile, 'http_auth_cafile', places);
  if (!authorities.ok) return authorities;
  const warnings = [
    ...clearTextWarnings(authUrl, 'http_auth_url', places, 'passwords can be read on their way'),
    ...clearTextWarnings(aclUrl, 'http_acl_url', places, 'answers can be forged on their way'),
  ];
  const service = (url: URL | undefined): WebService | undefined =>
    url &&
    new WebService({ ...settings, url, headers: headersOf(settings), authorities: authorities.value }, ports);
  const services = { logins: service(authUrl), acl: service(aclUrl) };
  return { ok: true, value: new HttpBackend(services, settings, ports.now), problems: warnings };
}

/** A name that is given several times is sent several times. */
function headersOf({ headers }: HttpSettings): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const { name, value } of headers) (values[name.toLowerCase()] ??= []).push(value);
  return values;
}

/** The two URLs, each with a circuit of its own. */
interface Services {
  readonly logins: WebService | undefined;
  readonly acl: WebService | undefined;
}

class HttpBackend implements Backend {
  readonly name = NAME;
  readonly #services: Services;
  readonly #now: () => number;
  /** Those that were let in: who is refused may be let in a moment later. */
  readonly #logins: AnswerCache<LoginReply>;
  readonly #answers: AnswerCache<Answer>;
  /** So that what is kept of passwords is worth nothing elsewhere. */
  readonly #secret = randomBytes(32);

  constructor(services: Services, { cacheSize, cacheSeconds }: HttpSettings, now: () => number) {
    this.#services = services;
    this.#now = now;
    this.#logins = new AnswerCache(cacheSize, cacheSeconds * 1000);
    this.#answers = new AnswerCache(cacheSize, cacheSeconds * 1000);
  }

  authenticate(credentials: Credentials): LoginAnswer | Promise<LoginAnswer> {
    const { logins } = this.#services;
    if (logins === undefined) return 'ignore';
    const question = loginQuestion(credentials);
    const key = this.#digest(question);
    const known = this.#logins.get(key, this.#now());
    if (known !== undefined) return loginAnswer(known);
    return logins.ask(question, readLogin).then((reply) => {
      if (reply?.result === 'allow') this.#logins.set(key, reply, this.#now());
      return loginAnswer(reply);
    });
  }

  mayPublish(principal: Principal, topic: string, message: MessageView): Answer | Promise<Answer> {
    const { qos, retain } = message;
    const rights = rightsOf(principal);
    if (rights !== undefined) return rights.mayPublish(principal, topic);
    return this.#decide(principal, { action: 'publish', topic, qos, retain });
  }

  maySubscribe(principal: Principal, filter: string, qos: QoS): Answer | Promise<Answer> {
    const rights = rightsOf(principal);
    if (rights !== undefined) return rights.maySubscribe(principal, filter);
    return this.#decide(principal, { action: 'subscribe', topic: filter, qos });
  }

  /** A service cannot be waited for here: without rules of the login, who may subscribe may receive. */
  mayReceive(principal: Principal, topic: string): Answer {
    return rightsOf(principal)?.mayReceive(principal, topic) ?? 'ignore';
  }

  mayStay({ grant }: Principal): boolean | undefined {
    return grant instanceof HttpGrant ? true : undefined;
  }

  close(): void {
    this.#services.logins?.close();
    this.#services.acl?.close();
  }

  #decide(
    principal: Principal,
    about: Pick<AclQuestion, 'action' | 'topic' | 'qos' | 'retain'>,
  ): Answer | Promise<Answer> {
    const { acl } = this.#services;
    if (acl === undefined) return 'ignore';
    const question = aclQuestion(principal, about);
    const key = JSON.stringify(question);
    const known = this.#answers.get(key, this.#now());
    if (known !== undefined) return known;
    return acl.ask(question, readDecision).then((answer) => {
      if (answer !== undefined && key.length <= LONGEST_KEY) this.#answers.set(key, answer, this.#now());
      return answer ?? 'deny';
    });
  }

  /** The same client on another connection is the same question. */
  #digest(question: LoginQuestion): string {
    const asked = JSON.stringify({ ...question, port: 0 });
    return createHmac('sha256', this.#secret).update(asked).digest('base64');
  }
}

function rightsOf({ grant }: Principal): Rights | undefined {
  return grant instanceof HttpGrant ? grant.rights : undefined;
}

function loginAnswer(reply: LoginReply | undefined): LoginAnswer {
  if (reply === undefined) return UNAVAILABLE;
  switch (reply.result) {
    case 'deny':
      return REFUSED;
    case 'defer':
    case 'ignore':
      return reply.result;
    case 'allow':
      return accepted(reply);
  }
}

function accepted({ username, clientId, rules }: LoginReply): Accepted {
  return {
    outcome: 'accepted',
    ...(username !== undefined && { username }),
    ...(clientId !== undefined && { clientId }),
    grant: new HttpGrant(rules && new Rights(rules)),
  };
}
