/** Where configuration files come from, and which of a directory are read. */

/** What the parser asks of the file system; a test or a fuzzer gives it something simpler. */
export interface FileSource {
  /** The names in a directory, in any order; undefined when it cannot be read. */
  list(directory: string): readonly string[] | undefined;
  read(file: string): Uint8Array | string | FileTrouble;
}

/** Why there is no text. */
export interface FileTrouble {
  readonly trouble: 'is a directory' | 'cannot be opened';
  /** The system's words. */
  readonly reason: string;
}

/** No files at all: for text that stands for itself. */
export const noFiles: FileSource = {
  list: () => undefined,
  read: () => ({ trouble: 'cannot be opened', reason: 'there are no files' }),
};

const SUFFIX = '.conf';

/** Those names that `include_dir` reads, in its order; hidden files are read too. */
export function includedNames(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith(SUFFIX) && name.length > SUFFIX.length).toSorted(compareNames);
}

/** Byte by byte, upper case and lower case of a letter next to each other, the upper first. */
function compareNames(left: string, right: string): number {
  const [a, b] = [new TextEncoder().encode(left), new TextEncoder().encode(right)];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [byteA = 0, byteB = 0] = [a[i], b[i]];
    const difference = upperCase(byteA) - upperCase(byteB) || byteA - byteB;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function upperCase(byte: number): number {
  return byte >= 97 && byte <= 122 ? byte - 32 : byte;
}
