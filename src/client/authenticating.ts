/** Enhanced authentication of one connection, §4.12: challenges and their answers, at CONNECT and later. */
import { ProtocolError } from '../protocol/error.ts';
import type { Auth, Packet } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { MqttError } from './error.ts';

export interface AuthenticatingOwner {
  send(packet: Packet): void;
  /** The next step; undefined if there is none to take. */
  challenged(data: Uint8Array | undefined): Promise<Uint8Array | undefined> | undefined;
  /** The program could not answer. */
  failed(error: MqttError): void;
}

/** `answering`: the program thinks. `over`: the server has accepted, and may not challenge until it is asked again. */
type State = 'waiting' | 'answering' | 'over';

export class Authenticating {
  readonly #method: string | undefined;
  readonly #owner: AuthenticatingOwner;
  #state: State = 'waiting';
  #again: PromiseWithResolvers<void> | undefined;

  /** `method` is that of CONNECT; undefined if there is no enhanced authentication. */
  constructor(method: string | undefined, owner: AuthenticatingOwner) {
    this.#method = method;
    this.#owner = owner;
  }

  /** CONNACK has accepted. */
  accepted(): void {
    this.#state = 'over';
  }

  /** Begins a re-authentication; resolves when the server has accepted it, and rejects when the connection ends. */
  again(data: Uint8Array | undefined): Promise<void> {
    if (this.#method === undefined)
      throw new MqttError('INVALID', 'The connection began without an enhanced authentication'); // [MQTT-4.12.1-1]
    if (this.#state !== 'over') throw new MqttError('INVALID', 'An authentication is under way');
    this.#state = 'waiting';
    this.#again = Promise.withResolvers();
    this.#send(Reason.reAuthenticate, data);
    return this.#again.promise;
  }

  /** AUTH has come. */
  onAuth({ reasonCode, properties }: Auth): void {
    // [MQTT-4.12.0-5]; nobody may have to answer two challenges at once
    if (
      this.#method === undefined ||
      properties.authenticationMethod !== this.#method ||
      this.#state !== 'waiting'
    )
      throw new ProtocolError(Reason.protocolError, 'AUTH that does not belong to an authentication');
    if (reasonCode === Reason.success) this.#onSuccess();
    else if (reasonCode === Reason.continueAuthentication) this.#onChallenge(properties.authenticationData);
    else throw new ProtocolError(Reason.protocolError, 'AUTH of a server that re-authenticates');
  }

  /** The connection has ended. */
  end(error: MqttError): void {
    this.#state = 'over';
    this.#again?.reject(error);
    this.#again = undefined;
  }

  #onSuccess(): void {
    if (this.#again === undefined)
      throw new ProtocolError(Reason.protocolError, 'AUTH with success in the place of CONNACK');
    this.#state = 'over';
    this.#again.resolve();
    this.#again = undefined;
  }

  /** [MQTT-4.12.0-3]; a challenge that nobody can answer ends the connection. */
  #onChallenge(data: Uint8Array | undefined): void {
    const answer = this.#owner.challenged(data);
    if (answer === undefined) throw new ProtocolError(Reason.protocolError, 'AUTH that nobody can answer');
    this.#state = 'answering';
    answer.then(
      (reply) => {
        if (this.#state !== 'answering') return;
        this.#state = 'waiting';
        this.#send(Reason.continueAuthentication, reply);
      },
      (cause: unknown) =>
        this.#owner.failed(new MqttError('ABORTED', 'The authentication was given up', { cause })),
    );
  }

  #send(reasonCode: number, data: Uint8Array | undefined): void {
    const properties: Properties = {
      ...(this.#method !== undefined && { authenticationMethod: this.#method }),
      ...(data !== undefined && { authenticationData: data }),
    };
    this.#owner.send({ type: 'auth', reasonCode, properties });
  }
}
