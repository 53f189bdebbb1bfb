/** What a web service is asked about clients, and what its answers mean. */
import type { Credentials, Principal } from '../broker/access.ts';
import type { ProtocolVersion, QoS } from '../protocol/packet.ts';
import type { Answer } from './backend.ts';
import { isName } from './names.ts';
import { parseRules } from './rights.ts';
import type { Rules } from './rights.ts';

/** What the service is told of a client that wants to come in. */
export interface LoginQuestion {
  readonly clientId: string;
  readonly username?: string;
  /** One of the two: a password may be any bytes. */
  readonly password?: string;
  readonly passwordBase64?: string;
  readonly address: string;
  readonly port: number;
  /** The port of the listener; 0 for a Unix socket. */
  readonly listener: number;
  readonly protocol: string;
  /** The subject of its certificate, as RFC 2253 writes it. */
  readonly certificate?: string;
}

/** What the service is told of something a client wants to do. */
export interface AclQuestion {
  readonly clientId: string;
  readonly username?: string;
  readonly address?: string;
  readonly listener?: number;
  readonly action: 'publish' | 'subscribe';
  /** A topic, or the filter of a subscription as the client wrote it. */
  readonly topic: string;
  readonly qos: QoS;
  /** Of a message only. */
  readonly retain?: boolean;
}

/** What the service says of a client that wants to come in. */
export interface LoginReply {
  readonly result: Answer;
  readonly username?: string;
  readonly clientId?: string;
  readonly rules?: Rules;
}

const PROTOCOLS: Readonly<Record<ProtocolVersion, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };

export function loginQuestion(credentials: Credentials): LoginQuestion {
  const { clientId, username, password, version, peer, identity, listener } = credentials;
  const subject = identity?.certificate?.subject;
  return {
    clientId,
    ...(username !== undefined && { username }),
    ...(password !== undefined && asText(password)),
    address: peer.address,
    port: peer.port,
    listener: listener.settings.port,
    protocol: PROTOCOLS[version],
    ...(subject !== undefined && subject !== '' && { certificate: subject }),
  };
}

function asText(password: Uint8Array): { password: string } | { passwordBase64: string } {
  try {
    return { password: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(password) };
  } catch {
    return { passwordBase64: Buffer.from(password).toString('base64') }; // JSON has no bytes
  }
}

export function aclQuestion(
  { clientId, username, peer, listener, port = listener?.settings.port }: Principal,
  about: Pick<AclQuestion, 'action' | 'topic' | 'qos' | 'retain'>,
): AclQuestion {
  return {
    clientId,
    ...(username !== undefined && { username }),
    ...(peer !== undefined && { address: peer.address }),
    ...(port !== undefined && { listener: port }),
    ...about,
  };
}

const RESULTS: ReadonlySet<unknown> = new Set<Answer>(['allow', 'deny', 'defer', 'ignore']);

/** `{ "result": "allow" }`; whatever else stands there does not count. */
export function readDecision(json: unknown): Answer | undefined {
  const { result } = fieldsOf(json);
  return RESULTS.has(result) ? (result as Answer) : undefined;
}

/** `{ "result": "allow", "username"?, "clientId"?, "acl"? }`. Names that cannot be and rules with a fault are no answer. */
export function readLogin(json: unknown): LoginReply | undefined {
  const result = readDecision(json);
  const { username, clientId, acl } = fieldsOf(json);
  if (result === undefined || !isNameOrNone(username) || !isNameOrNone(clientId)) return undefined;
  const names = { ...(username !== undefined && { username }), ...(clientId !== undefined && { clientId }) };
  if (acl === undefined) return { result, ...names };
  const parsed = parseRules(acl);
  return parsed.ok ? { result, ...names, rules: parsed.rules } : undefined;
}

function isNameOrNone(value: unknown): value is string | undefined {
  return value === undefined || isName(value);
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
}
