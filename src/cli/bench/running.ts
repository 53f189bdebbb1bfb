/** A load that runs: how far it is, and how it is ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Drive } from './drive.ts';
import { DISCONNECT_FRAME } from './frames.ts';
import type { Link, Target } from './link.ts';
import type { MessageLoad } from './message-load.ts';
import type { Meter } from './meter.ts';
import { openPublishers, openSubscribers } from './parties.ts';
import type { ConnectLoad, Plan } from './plan.ts';
import { visit } from './visit.ts';

/** Counts since the start. */
export interface Tally {
  /** Messages written; connections begun. */
  readonly sent: number;
  /** Deliveries; connections that came and went. */
  readonly received: number;
  /** Deliveries that have not come, connections that have not ended. */
  readonly underWay: number;
  /** Messages that were due and not sent. */
  readonly skipped: number;
}

export interface Running {
  tally(): Tally;
  /** Begins nothing more, and resolves when what is under way has come, or will not. */
  stop(): Promise<void>;
}

/** What a load is run with. */
export interface Ground {
  readonly target: Target;
  readonly meter: Meter;
  /** Called when a client is lost. */
  readonly lost: (error: Error) => void;
}

/** Starts what is planned; rejects if the clients cannot take their places. */
export function start({ load, name }: Plan, ground: Ground): Promise<Running> {
  return load.kind === 'messages' ? startMessages(load, name, ground) : startVisits(load, name, ground);
}

async function startMessages(load: MessageLoad, name: string, ground: Ground): Promise<Running> {
  const { meter } = ground;
  const parties = { ...ground, name, load };
  const subscribers = await openSubscribers(parties);
  const publishers = await openPublishers(parties);
  const drive = new Drive(load, publishers, meter);
  drive.start();
  return {
    tally: () => ({
      sent: drive.sent,
      received: meter.deliveries,
      underWay: drive.underWay,
      skipped: drive.skipped,
    }),
    stop: async () => {
      await drive.stop();
      for (const link of [...subscribers, ...publishers.map(({ link: own }) => own)]) leave(link);
    },
  };
}

function leave(link: Link): void {
  link.expectEnd();
  link.write(DISCONNECT_FRAME);
  link.close();
}

async function startVisits(load: ConnectLoad, name: string, ground: Ground): Promise<Running> {
  const lanes = new Lanes(load, name, ground);
  const all = Promise.all(Array.from({ length: load.clients }, (_, lane) => lanes.run(lane))).catch(
    ground.lost,
  );
  return {
    tally: () => lanes.tally(),
    stop: async () => {
      lanes.stop();
      await all;
    },
  };
}

/** Clients that come one after the other in lanes side by side. */
class Lanes {
  readonly #load: ConnectLoad;
  readonly #name: string;
  readonly #ground: Ground;
  readonly #stopped = new AbortController();
  #begun = 0;

  constructor(load: ConnectLoad, name: string, ground: Ground) {
    this.#load = load;
    this.#name = name;
    this.#ground = ground;
  }

  tally(): Tally {
    const received = this.#ground.meter.deliveries;
    return { sent: this.#begun, received, underWay: this.#begun - received, skipped: 0 };
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Rejects when a client is not let in. */
  async run(lane: number): Promise<void> {
    const { target, meter } = this.#ground;
    const { rate, clients } = this.#load;
    const { signal } = this.#stopped;
    const everyMs = rate > 0 ? 1000 / rate : 0;
    // Not all at once
    let due = performance.now() + (everyMs * lane) / clients;
    while (!signal.aborted) {
      const early = due - performance.now();
      if (everyMs > 0 && early > 0) await pause(early, signal);
      if (signal.aborted) return;
      due = Math.max(due, performance.now()) + everyMs;
      this.#begun++;
      await visit(target, `${this.#name}-c${lane}`, meter);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error; // it was woken
  }
}
