/** Bytes as they are written in the vectors: hex, and texts in quotes. Blanks mean nothing. */
export function bytesOf(...lines: readonly string[]): Uint8Array {
  const parts = lines.flatMap((line) => line.match(/"[^"]*"|[0-9a-f]+/gi) ?? []);
  return Buffer.concat(
    parts.map((part) => (part.startsWith('"') ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))),
  );
}
