/** What is published: from the command line, a file or standard input. */
import { readFileSync, statSync } from 'node:fs';
import { systemText } from '../../server/system-text.ts';
import type { Io } from '../io.ts';
import type { PayloadSource } from './tool-option.ts';

/** Bytes of a payload, at the most. */
const LARGEST = 268_435_455;

/** What is wrong with a source: the text is Mosquitto's. */
export class PayloadProblem extends Error {}

/** Reads a whole payload; throws a `PayloadProblem` if there is none. */
export async function readPayload(
  source: Exclude<PayloadSource, { from: 'stdin lines' }>,
  io: Io,
): Promise<Uint8Array> {
  switch (source.from) {
    case 'text':
      return source.bytes;
    case 'nothing':
      return new Uint8Array(0);
    case 'file':
      return readFile(source.path);
    case 'stdin':
      return readInput(io);
  }
}

function readFile(path: string): Uint8Array {
  const end = `Error loading input file "${path}".`;
  try {
    if (statSync(path).size > LARGEST)
      throw new PayloadProblem(`Error: File must be less than ${LARGEST + 1} bytes.\n${end}`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof PayloadProblem) throw error;
    const reason = systemText(error as NodeJS.ErrnoException);
    throw new PayloadProblem(`Error: Unable to read file "${path}": ${reason}.\n${end}`);
  }
}

async function readInput(io: Io): Promise<Uint8Array> {
  const end = 'Error loading input from stdin.';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin()) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LARGEST)
      throw new PayloadProblem(`Error: Message length must be less than ${LARGEST + 1} bytes.\n${end}`);
  }
  if (bytes === 0) throw new PayloadProblem(`Error: Zero length input.\n${end}`);
  return Buffer.concat(chunks);
}

/** The lines of standard input without their line feeds, as many at once as come. The last need not have one. */
export async function* inputLines(io: Io): AsyncGenerator<readonly Uint8Array[], void> {
  let begun: Uint8Array[] = [];
  for await (const chunk of io.stdin()) {
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const rest = chunk.subarray(from, end);
      lines.push(begun.length === 0 ? rest : Buffer.concat([...begun, rest]));
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (begun.length > 0) yield [Buffer.concat(begun)];
}

const LINE_FEED = 0x0a;
