/** `-d`: what is sent and received, line by line, as libmosquitto says it. */
import type { Trace } from '../../client/output.ts';
import { traceLines } from '../../client/packet-lines.ts';
import type { Sink } from './printer.ts';

/** Follows a connection, and prints a line for each packet. */
export class Tracer {
  readonly #sink: Sink;
  #clientId: string;

  constructor(sink: Sink, clientId: string) {
    this.#sink = sink;
    this.#clientId = clientId;
  }

  readonly trace: Trace = (direction, packet) => {
    // The broker has made up an identifier: this line has it already
    if (packet.type === 'connack')
      this.#clientId = packet.properties.assignedClientIdentifier ?? this.#clientId;
    for (const line of traceLines(this.#clientId, direction, packet)) this.#sink.text(`${line}\n`);
  };
}
