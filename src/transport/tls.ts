/** TLS on accepted sockets. OpenSSL does it; what a client's certificate is worth is judged in `judge`. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext, TLSSocketOptions } from 'node:tls';
import type { Certificate, Identity } from '../broker/access.ts';
import { alertRecord } from './alert.ts';
import { applicationProtocol } from './application-protocol.ts';
import type { Encryption, Handshake, InsecureStream } from './arrival.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { judge } from './client-certificates.ts';
import type { CertificateRules } from './client-certificates.ts';
import type { Handshakes } from './handshakes.ts';
import { openSslErrors } from './openssl-error.ts';

/** What handshakes go by. A reload brings other terms; handshakes under way keep theirs. */
export interface TlsTerms {
  readonly context: SecureContext;
  /** Undefined where clients are not asked for a certificate. */
  readonly clientCertificates: CertificateRules | undefined;
  readonly preSharedKeys: PreSharedKeys | undefined;
}

/** TLS-PSK instead of certificates. */
export interface PreSharedKeys {
  readonly hint: string;
  /** The key of an identity, which a stranger has sent; undefined if there is none. */
  readonly keyOf: (identity: string) => Uint8Array | undefined;
}

/** What lives longer than the terms. */
export interface TlsSurroundings {
  /** Handshakes under way in the whole process. */
  readonly handshakes: Handshakes;
  /** Takes the lines of a key log (`--tls-keylog`); undefined where none is written. */
  readonly keyLog: ((line: Uint8Array) => void) | undefined;
}

type Done = (handshake: Handshake) => void;

type State =
  | {
      readonly name: 'handshake';
      readonly socket: Socket;
      readonly terms: TlsTerms;
      readonly surroundings: TlsSurroundings;
      readonly done: Done;
      trafficSecret: Uint8Array | undefined;
      pskIdentity: string | undefined;
    }
  | { readonly name: 'secured'; readonly done: Done }
  | { readonly name: 'over' };

type Handshaking = Extract<State, { name: 'handshake' }>;

/** A stream and how far it has got: handlers are shared by all streams and find this there. */
type SecuredStream = TLSSocket & { [STATE]: State };

const STATE: unique symbol = Symbol('state');
/** Where Node's streams have their way to end, for others to replace. */
const DESTROY = '_destroy';
const OVER: State = { name: 'over' };

/** As Mosquitto words it whatever OpenSSL says; that stands in the line before. */
const PROBLEM = 'Protocol error';
const VERIFY_FAILED = 'error:0A000086:SSL routines::certificate verify failed';
const NO_ROOM: InsecureStream = {
  secured: false,
  problem: 'too many TLS handshakes under way',
  errors: [],
};
/** A handshake takes milliseconds of ours and a few journeys of its peer's; this long it takes only who stalls. */
const LATE_MS = 5000;
const TRAFFIC_SECRET = 'SERVER_TRAFFIC_SECRET_0 ';

export class Tls implements Encryption {
  readonly #surroundings: TlsSurroundings;
  #terms: TlsTerms;

  constructor(terms: TlsTerms, surroundings: TlsSurroundings) {
    this.#terms = terms;
    this.#surroundings = surroundings;
  }

  /** Other terms for handshakes from now on. */
  set terms(terms: TlsTerms) {
    this.#terms = terms;
  }

  wrap(socket: Socket, done: Done): Socket {
    const [terms, surroundings] = [this.#terms, this.#surroundings];
    const now = performance.now();
    if (!isRoom(surroundings.handshakes, now)) return turnAway(socket, done);
    const stream = new TLSSocket(socket, optionsOf(terms)) as SecuredStream;
    const pskIdentity = undefined;
    stream[STATE] = {
      name: 'handshake',
      socket,
      terms,
      surroundings,
      done,
      trafficSecret: undefined,
      pskIdentity,
    };
    stream[DESTROY] = destroyWhenTold;
    surroundings.handshakes.begin(stream, now);
    stream.on('secure', onSecure);
    stream.on('error', onError);
    stream.on('_tlsError', onTlsError);
    stream.on('close', onClose);
    if (terms.clientCertificates !== undefined || surroundings.keyLog !== undefined)
      stream.on('keylog', onKeyLog);
    return stream;
  }
}

function optionsOf({ context, clientCertificates, preSharedKeys }: TlsTerms): TLSSocketOptions {
  const asksForCertificate = clientCertificates !== undefined;
  return {
    isServer: true,
    secureContext: context,
    requestCert: asksForCertificate,
    rejectUnauthorized: asksForCertificate, // OpenSSL then ends a handshake without a certificate
    ALPNCallback: applicationProtocol,
    ...(preSharedKeys !== undefined && { pskCallback: keyOf, pskIdentityHint: preSharedKeys.hint }),
  };
}

/** Whether one more handshake may begin. One that takes very long makes room for it. */
function isRoom(handshakes: Handshakes, now: number): boolean {
  if (!handshakes.isFull) return true;
  const late = handshakes.begunBefore(now - LATE_MS) as SecuredStream | undefined;
  const state = late?.[STATE];
  if (late === undefined || state?.name !== 'handshake') return false;
  leave(late, OVER);
  late.destroy();
  state.done(NO_ROOM);
  return true;
}

/** Closes a socket for which there is no room, once its connection is there to be told. */
function turnAway(socket: Socket, done: Done): Socket {
  process.nextTick(done, NO_ROOM);
  socket.destroy();
  return socket;
}

/**
 * Ends a stream. When a handshake fails, OpenSSL's alert may still wait for Node's account of the write before it, which
 * comes in the turn of `setImmediate`: Node by itself would close the socket before, and the peer never learn why.
 */
function destroyWhenTold(
  this: SecuredStream,
  error: Error | null,
  callback: (error?: Error | null) => void,
): void {
  const destroy = (): void => TLSSocket.prototype[DESTROY].call(this, error, callback);
  if (error !== null && this[STATE].name === 'handshake') setImmediate(destroy);
  else destroy();
}

/** OpenSSL asks for the key of an identity. In TLS 1.3 a client may name several. */
function keyOf(stream: TLSSocket, identity: string): Uint8Array | null {
  const state = (stream as SecuredStream)[STATE];
  if (state.name !== 'handshake') return null;
  const key = state.terms.preSharedKeys?.keyOf(identity);
  if (key === undefined) return null;
  state.pskIdentity = identity;
  return key;
}

function onKeyLog(this: SecuredStream, line: Buffer): void {
  const { [STATE]: state } = this;
  if (state.name !== 'handshake') return;
  state.surroundings.keyLog?.(line);
  if (line.toString('latin1', 0, TRAFFIC_SECRET.length) !== TRAFFIC_SECRET) return;
  state.trafficSecret = Buffer.from(line.toString('latin1').trim().split(' ')[2] ?? '', 'hex');
}

/** OpenSSL is content. Nothing has left since the peer's last word, so that an alert can still be the answer. */
function onSecure(this: SecuredStream): void {
  const { [STATE]: state } = this;
  if (state.name !== 'handshake') return;
  const { clientCertificates } = state.terms;
  const judgement = clientCertificates && judge(this, clientCertificates, Date.now());
  if (judgement?.believed === false) {
    refuse(this, state, judgement.fault);
    return;
  }
  leave(this, { name: 'secured', done: state.done });
  state.done({ secured: true, identity: identityOf(this, state.pskIdentity, judgement?.certificate) });
}

function identityOf(
  stream: TLSSocket,
  pskIdentity: string | undefined,
  certificate: Certificate | undefined,
): Identity {
  return {
    tls: { version: stream.getProtocol() ?? '', cipher: stream.getCipher().name },
    ...(certificate !== undefined && { certificate }),
    ...(pskIdentity !== undefined && { pskIdentity }),
  };
}

/**
 * Tells the client what is wrong with its certificate, beneath OpenSSL and in its place. OpenSSL must not send
 * anything any more: its next record would have the number that the alert has.
 */
function refuse(
  stream: SecuredStream,
  { socket, done, trafficSecret }: Handshaking,
  fault: CertificateFault,
): void {
  const alert = alertRecord(fault.alert, {
    version: stream.getProtocol() ?? '',
    cipher: stream.getCipher().name,
    isResumed: stream.isSessionReused(),
    trafficSecret,
  });
  const detail = `${fault.problem} (${subjectOf(stream)})`;
  if (alert !== undefined) socket.write(alert);
  leave(stream, OVER);
  stream.destroy();
  done({ secured: false, problem: PROBLEM, errors: [VERIFY_FAILED], detail });
}

function subjectOf(stream: TLSSocket): string {
  const subject = stream.getPeerX509Certificate()?.subject;
  return subject?.replaceAll('\n', ', ') ?? 'no certificate';
}

/** Whatever goes wrong during the handshake ends the stream. */
function onError(this: SecuredStream, error: Error): void {
  const { [STATE]: state } = this;
  if (state.name !== 'handshake') return;
  leave(this, OVER);
  const errors = openSslErrors(error);
  if (errors.length > 0) state.done(brokenBy(errors));
}

/** Errors after the handshake are told to Node's own servers only. */
function onTlsError(this: SecuredStream, error: Error): void {
  const { [STATE]: state } = this;
  if (state.name !== 'secured') return;
  this[STATE] = OVER;
  const errors = openSslErrors(error);
  if (errors.length > 0) state.done(brokenBy(errors));
  this.destroy(error);
}

function brokenBy(errors: readonly string[]): InsecureStream {
  return { secured: false, problem: PROBLEM, errors };
}

function onClose(this: SecuredStream): void {
  leave(this, OVER);
}

/** To the next state; the end of a handshake makes room for another one. */
function leave(stream: SecuredStream, next: State): void {
  const { [STATE]: state } = stream;
  if (state.name === 'handshake') state.surroundings.handshakes.end(stream);
  stream[STATE] = next;
}
