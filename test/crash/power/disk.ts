/** A disk that keeps what was synced, and of the rest what it likes. */
import type { Random } from '../../random.ts';
import type { Operation } from './log.ts';

/** What becomes of that which was not synced: all of it is lost, or kept, or some is kept, torn at sectors. */
export type Fate = 'lost' | 'kept' | 'torn';

/** Names and contents of the files of a folder. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** What a disk writes whole or not at all. Bytes. */
const SECTOR = 512;

type Pending = Extract<Operation, { type: 'written' | 'truncated' }>;

/** Bytes that grow. What lies between the end and a write beyond it is 0. */
class Content {
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes.slice();
    this.#size = bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(data, offset);
    this.#size = Math.max(this.#size, end);
  }

  truncate(size: number): void {
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.fill(0, size);
    this.#size = size;
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/** One file, whatever its name: what is on the disk, and what was done since, in order. */
class File {
  readonly #synced: Content;
  #pending: Pending[] = [];

  constructor(bytes?: Uint8Array) {
    this.#synced = new Content(bytes);
  }

  change(pending: Pending): void {
    this.#pending.push(pending);
  }

  sync(): void {
    for (const pending of this.#pending) apply(this.#synced, pending);
    this.#pending = [];
  }

  afterCut(fate: Fate, random: Random): Uint8Array {
    const content = new Content(this.#synced.bytes);
    if (fate === 'lost') return content.bytes;
    const kept = fate === 'kept' ? 1 : random.pick([0.1, 0.5, 0.9]);
    for (const pending of this.#pending) {
      for (const piece of fate === 'kept' ? [pending] : sectorsOf(pending))
        if (random.chance(kept)) apply(content, piece);
    }
    return content.bytes;
  }
}

function apply(content: Content, operation: Pending): void {
  if (operation.type === 'written') content.write(operation.offset, operation.data);
  else content.truncate(operation.size);
}

/** A write as those of the sectors that it touches. */
function sectorsOf(pending: Pending): readonly Pending[] {
  if (pending.type === 'truncated') return [pending];
  const { inode, offset, data } = pending;
  const pieces: Pending[] = [];
  for (let at = 0; at < data.length;) {
    const end = Math.min(data.length, at + SECTOR - ((offset + at) % SECTOR));
    pieces.push({ type: 'written', inode, offset: offset + at, data: data.subarray(at, end) });
    at = end;
  }
  return pieces;
}

type Naming = Extract<Operation, { type: 'created' | 'renamed' | 'removed' }>;

/** Names of files: those that are on the disk, and what was done to them since. */
interface NameChange {
  readonly operation: Naming;
  readonly file: File | undefined;
}

export class Disk {
  #synced = new Map<string, File>();
  readonly #names = new Map<string, File>();
  #pending: NameChange[] = [];
  readonly #inodes = new Map<number, File>();

  /** Holds these, and has kept all of it. */
  constructor(files: Files = new Map()) {
    for (const [name, bytes] of files) this.#names.set(name, new File(bytes));
    this.#synced = new Map(this.#names);
  }

  apply(operation: Operation): void {
    switch (operation.type) {
      case 'opened':
        return this.#open(operation.inode, operation.name);
      case 'created':
        this.#inodes.set(operation.inode, new File());
        return this.#name(operation, this.#inodes.get(operation.inode));
      case 'written':
      case 'truncated':
        return this.#inodes.get(operation.inode)?.change(operation);
      case 'synced':
        return this.#inodes.get(operation.inode)?.sync();
      case 'folder synced':
        this.#synced = new Map(this.#names);
        this.#pending = [];
        return;
      case 'renamed':
      case 'removed':
        return this.#name(operation, undefined);
      case 'told':
    }
  }

  /** What is there after a power cut now. */
  afterCut(fate: Fate, random: Random): Files {
    const names = new Map(this.#synced);
    const kept = { lost: 0, kept: this.#pending.length, torn: random.between(0, this.#pending.length) }[fate];
    for (const change of this.#pending.slice(0, kept)) rename(names, change); // a journal keeps their order
    return new Map([...names].map(([name, file]) => [name, file.afterCut(fate, random)]));
  }

  #open(inode: number, name: string): void {
    const file = this.#names.get(name);
    if (file === undefined) throw new Error(`${name} was opened, and nobody made it`);
    this.#inodes.set(inode, file);
  }

  #name(operation: Naming, file: File | undefined): void {
    const change = { operation, file };
    this.#pending.push(change);
    rename(this.#names, change);
  }
}

function rename(names: Map<string, File>, { operation, file }: NameChange): void {
  if (operation.type === 'created') {
    if (file !== undefined) names.set(operation.name, file);
  } else if (operation.type === 'removed') names.delete(operation.name);
  else {
    const moved = names.get(operation.from);
    names.delete(operation.from);
    if (moved !== undefined) names.set(operation.to, moved);
  }
}
