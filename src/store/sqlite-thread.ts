/**
 * The thread of the store: so that a commit, which waits for the disk, never stalls a connection. This file is both
 * sides of it; the thread starts whatever file this has become part of, so nothing here may depend on its name.
 */
import { statSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Batch } from './sqlite-batch.ts';
import { connectWriter } from './sqlite-connection.ts';
import type { Synchronous } from './sqlite-connection.ts';
import { isPassing, replaced, storeErrorOf } from './sqlite-trouble.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import type { Part } from './sqlite-writer.ts';
import { StoreError } from './store-error.ts';

/** What the thread works on. */
export interface ThreadTask {
  readonly path: string;
  /** Of the file that was opened. */
  readonly inode: number | undefined;
  readonly synchronous: Synchronous;
}

/** A part of a commit, or the end. */
type Request = { readonly batch: Batch; readonly part: Part } | 'close';

/** Undefined when it is done; else nothing of the commit is kept. */
type Reply = { readonly text: string; readonly hint: string } | undefined;

/** Under this name the task stands in `workerData`: other threads of the program may load this file too. */
const TASK = 'zanzara store';

/** How long after a commit is tidied further, and how long between the steps. Milliseconds. */
const PAUSE = 50;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The side of those who want something written. One request at a time; the first starts the thread. */
export class StoreThread {
  readonly #task: ThreadTask;
  #worker: Worker | undefined;
  #waiting: Waiting | undefined;

  constructor(task: ThreadTask) {
    this.#task = task;
  }

  /** A part of a commit, after the one before. Rejects with a StoreError when nothing of the commit is kept. */
  write(batch: Batch, part: Part): Promise<void> {
    return this.#ask({ batch, part }, [batch.numbers.buffer, batch.bytes.buffer]);
  }

  /** Ends the thread; rejects if the log could not be copied into the file, which loses nothing. */
  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    try {
      await this.#ask('close', []);
    } finally {
      await this.#worker?.terminate();
    }
  }

  #ask(request: Request, transfer: readonly ArrayBuffer[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(request, transfer);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.url), { workerData: { [TASK]: this.#task } });
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('its thread has ended')));
    // After the listeners: the first of them takes a reference
    worker.unref();
    return worker;
  }

  /** While nobody waits, the thread does not keep the program from ending. */
  #settle(reply: Reply): void {
    const waiting = this.#waiting;
    this.#worker?.unref();
    this.#waiting = undefined;
    if (reply === undefined) waiting?.resolve();
    else waiting?.reject(new StoreError(reply.text, reply.hint));
  }

  /** The thread has ended, for want of memory perhaps; the next commit starts another. */
  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const { message, hint } = storeErrorOf(error, this.#task.path, 'write');
    this.#settle({ text: message, hint });
  }
}

/** The thread itself: takes requests until it is to close. */
class Serving {
  readonly #port: MessagePort;
  readonly #task: ThreadTask;
  #writer: SqliteWriter | undefined;
  /** More is to be tidied. */
  #timer: NodeJS.Timeout | undefined;

  constructor(port: MessagePort, task: ThreadTask) {
    this.#port = port;
    this.#task = task;
    port.on('message', (request: Request) => this.#serve(request));
  }

  #serve(request: Request): void {
    clearTimeout(this.#timer);
    if (request === 'close') return this.#close();
    const reply = this.#attempt(() => {
      const { path, inode, synchronous } = this.#task;
      // A file that has lost its name can be written to, and nobody would find it again
      if (inodeOf(path) !== inode) throw replaced(path);
      this.#writer ??= new SqliteWriter(connectWriter(path, synchronous));
      this.#writer.write(request.batch, request.part);
    });
    this.#reply(reply);
    if (request.part.isLast && reply === undefined) this.#tidy();
  }

  /** After the reply: whoever waited goes on meanwhile. */
  #tidy(): void {
    let isMore = false;
    // It is tried again after the next commit; if that cannot be written either, its reply says why
    this.#attempt(() => void (isMore = this.#writer?.tidy() ?? false));
    if (isMore) this.#timer = setTimeout(() => this.#tidy(), PAUSE);
  }

  #close(): void {
    const reply = this.#attempt(() => this.#writer?.close());
    this.#reply(reply);
    this.#port.close();
  }

  #reply(reply: Reply): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has none
    this.#port.postMessage(reply);
  }

  #attempt(deed: () => void): Reply {
    try {
      deed();
      return undefined;
    } catch (error) {
      if (!isPassing(error)) this.#abandon();
      const { message, hint } = storeErrorOf(error, this.#task.path, 'write');
      return { text: message, hint };
    }
  }

  /** A connection that has seen such an error is not trusted again: the next request opens another. */
  #abandon(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.abandon();
  }
}

/** Tells one file from another on the same file system; undefined if there is none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function taskOf(data: unknown): ThreadTask | undefined {
  return typeof data === 'object' && data !== null && TASK in data ? (data[TASK] as ThreadTask) : undefined;
}

const task = isMainThread ? undefined : taskOf(workerData);
// oxlint-disable-next-line no-new -- it lives as long as its port
if (task !== undefined && parentPort !== null) new Serving(parentPort, task);
