/** The way to a server for Mosquitto-PHP's client, whose socket has a number. */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { ChannelOwner, OpenChannel } from './channel.ts';
import { SocketChannel } from './socket-channel.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
  /** The address of this machine to connect from. */
  readonly localAddress: string | undefined;
}

/** A socket of Node's, with what Node does not say of it. */
type Numbered = Socket & { readonly _handle?: { readonly fd?: number } | null };

export class NumberedSocket {
  #socket: Numbered | undefined;

  /** The file descriptor; -1 if there is none. */
  get fd(): number {
    const { _handle: handle } = this.#socket ?? {};
    return handle?.fd ?? -1;
  }

  /** Opens a channel; with TLS where there are options for it. */
  opener({ host, port, localAddress }: Place, tls: ConnectionOptions | undefined): OpenChannel {
    const address = {
      host,
      port,
      noDelay: true,
      autoSelectFamily: true,
      ...(localAddress !== undefined && { localAddress }),
    };
    return (owner: ChannelOwner) => {
      if (tls === undefined) {
        this.#socket = connectTcp(address);
        return new SocketChannel(this.#socket, owner, 'connect');
      }
      const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
      this.#socket = connectTls({ ...address, ...servername, ...tls });
      return new SocketChannel(this.#socket, owner, 'secureConnect');
    };
  }
}
