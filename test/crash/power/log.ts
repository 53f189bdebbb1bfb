/** What `record.c` writes: the operations on the files of a folder, in their order. */

export type Operation =
  /** A file that was there, or a new one under this name. */
  | { readonly type: 'opened'; readonly inode: number; readonly name: string }
  | { readonly type: 'created'; readonly inode: number; readonly name: string }
  | { readonly type: 'written'; readonly inode: number; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: 'truncated'; readonly inode: number; readonly size: number }
  | { readonly type: 'synced'; readonly inode: number }
  | { readonly type: 'folder synced' }
  | { readonly type: 'renamed'; readonly from: string; readonly to: string }
  | { readonly type: 'removed'; readonly name: string }
  /** The test's own: a client was told that this number is kept. */
  | { readonly type: 'told'; readonly number: number };

/** By their number in the log. */
const TYPES = [
  'none',
  'opened',
  'created',
  'written',
  'truncated',
  'synced',
  'folder synced',
  'renamed',
  'removed',
  'told',
] as const;

/** Type, inode, offset and length of the data, eight bytes each. */
const HEAD_BYTES = 32;

/** The operations of a log. A record that was cut off by a kill ends it. */
export function readLog(bytes: Uint8Array): Operation[] {
  const operations: Operation[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + HEAD_BYTES + number(at + 24);
    if (end > bytes.length) break;
    const type = TYPES[number(at)];
    const data = bytes.subarray(at + HEAD_BYTES, end);
    operations.push(operationOf(type, number(at + 8), number(at + 16), data));
    at = end;
  }
  return operations;
}

function operationOf(
  type: (typeof TYPES)[number] | undefined,
  inode: number,
  offset: number,
  data: Uint8Array,
): Operation {
  switch (type) {
    case 'opened':
    case 'created':
      return { type, inode, name: new TextDecoder().decode(data) };
    case 'written':
      return { type, inode, offset, data };
    case 'truncated':
      return { type, inode, size: offset };
    case 'synced':
      return { type, inode };
    case 'folder synced':
      return { type };
    case 'renamed': {
      const [from = '', to = ''] = new TextDecoder().decode(data).split('\n');
      return { type, from, to };
    }
    case 'removed':
      return { type, name: new TextDecoder().decode(data) };
    case 'told':
      return { type, number: offset };
    case 'none':
    case undefined:
      throw new Error('The log of the files is damaged');
  }
}

/** A record of the test's own, to be appended to the log. */
export function toldRecord(told: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(TYPES.indexOf('told')), true);
  view.setBigUint64(16, BigInt(told), true);
  return bytes;
}
