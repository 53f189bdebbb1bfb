/** Where a listener's sockets wait until it is known whom they bring: until their PROXY header is complete. */
import type { Socket } from 'node:net';
import type { PeerAddress, ProxyRefusal } from '../base/log-events.ts';
import { LIMITS } from '../broker/limits.ts';
import type { Arrival } from './arrival.ts';

/** What is to become of a socket. */
export type Ruling =
  | { readonly verdict: 'wait' }
  /** It goes; without a reason that is worth a word if there is no refusal. */
  | { readonly verdict: 'leave'; readonly refusal?: Refusal }
  /** Its first `bytes` were about who has come; the rest is the client's. */
  | { readonly verdict: 'enter'; readonly arrival: Arrival; readonly bytes: number };

/** Who was sent away and why. */
export interface Refusal {
  readonly peer: PeerAddress;
  readonly why: ProxyRefusal;
  /** What was wrong with the header; a phrase without a final dot. */
  readonly detail?: string;
}

/** Whoever decides about sockets. */
export interface Porter {
  /** Looks at all that a socket has sent. Says something else than `wait` after a bounded number of bytes. */
  judge(received: Buffer, peer: PeerAddress): Ruling;
  /** A socket was sent away. */
  refused(refusal: Refusal): void;
}

/** The listener's places for connections. */
export interface Places {
  /** A socket takes one; false if none is left. */
  take(peer: PeerAddress): boolean;
  /** The socket has gone, or is about to become a connection. */
  free(): void;
}

/**
 * Sockets take a place while they wait, so that silent ones are no way around `max_connections`. A socket that takes
 * too long goes; when too many wait, the one that has waited longest goes, because a proxy sends its header at once.
 */
export class Anteroom {
  readonly #places: Places;
  /** In the order in which they came. */
  readonly #guests = new Set<Guest>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Lets a socket wait until the porter has decided; calls `then` if it is to enter, else the socket is destroyed. */
  receive(socket: Socket, peer: PeerAddress, porter: Porter, then: (arrival: Arrival) => void): void {
    if (!this.#places.take(peer)) {
      socket.destroy();
      return;
    }
    const [oldest] = this.#guests;
    if (oldest !== undefined && this.#guests.size >= LIMITS.waitingProxyHeaders)
      oldest.refuse('too many wait');
    const guest = new Guest(
      socket,
      peer,
      porter,
      () => {
        this.#guests.delete(guest);
        this.#places.free();
      },
      then,
    );
    this.#guests.add(guest);
  }

  /** The listener closes: whoever waits goes. */
  close(): void {
    for (const guest of this.#guests) guest.dismiss();
  }
}

/** One socket that waits. */
class Guest {
  readonly #socket: Socket;
  readonly #peer: PeerAddress;
  readonly #porter: Porter;
  readonly #left: () => void;
  readonly #then: (arrival: Arrival) => void;
  readonly #deadline: NodeJS.Timeout;
  #received: Buffer = Buffer.alloc(0);

  constructor(
    socket: Socket,
    peer: PeerAddress,
    porter: Porter,
    left: () => void,
    then: (arrival: Arrival) => void,
  ) {
    this.#socket = socket;
    this.#peer = peer;
    this.#porter = porter;
    this.#left = left;
    this.#then = then;
    this.#deadline = setTimeout(() => this.refuse('no header in time'), LIMITS.proxyHeaderSeconds * 1000);
    socket.on('readable', this.#onReadable);
    socket.on('close', this.#onClose);
    socket.on('error', this.#onError);
  }

  refuse(why: ProxyRefusal, detail?: string): void {
    this.dismiss();
    this.#porter.refused({ peer: this.#peer, why, ...(detail !== undefined && { detail }) });
  }

  /** Sends the socket away without a word. */
  dismiss(): void {
    this.#leave();
    this.#socket.destroy();
  }

  /** The socket is no longer waiting, and nobody listens to it. */
  #leave(): void {
    clearTimeout(this.#deadline);
    this.#socket.off('readable', this.#onReadable);
    this.#socket.off('close', this.#onClose);
    this.#socket.off('error', this.#onError);
    this.#left();
  }

  readonly #onReadable = (): void => {
    const chunk = this.#socket.read() as Buffer | null;
    if (chunk === null) return; // the end; 'close' follows
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const ruling = this.#porter.judge(this.#received, this.#peer);
    switch (ruling.verdict) {
      case 'wait':
        break;
      case 'leave':
        this.dismiss();
        if (ruling.refusal !== undefined) this.#porter.refused(ruling.refusal);
        break;
      case 'enter':
        this.#enter(ruling.arrival, ruling.bytes);
        break;
    }
  };

  #enter(arrival: Arrival, bytes: number): void {
    this.#leave();
    const rest = this.#received.subarray(bytes);
    if (rest.length > 0) this.#socket.unshift(rest);
    this.#then(arrival);
  }

  /** Who has sent nothing only wanted to know whether somebody listens. */
  readonly #onClose = (): void => {
    if (this.#received.length === 0) this.dismiss();
    else this.refuse('corrupt header', 'it ended too early');
  };

  /** 'close' follows. */
  readonly #onError = (): void => {};
}
