/** Clients that log in with a user name and a password at a given rate, and leave again. */
import { connectFrame, DISCONNECT_FRAME } from '../../src/cli/bench/frames.ts';
import type { Login } from '../../src/cli/bench/frames.ts';
import { Link } from '../../src/cli/bench/link.ts';
import { local } from './local.ts';

/** What the broker said to the logins. */
export interface Told {
  begun: number;
  accepted: number;
  /** Return code 3: come again later. */
  busy: number;
  /** Any other return code: no. */
  refused: number;
  /** The broker closed the connection without a word. */
  lost: number;
}

/** How often it is looked whether logins are due, milliseconds. */
const LOOK_MS = 2;

export class LoginCrowd implements Disposable {
  readonly told: Told = { begun: 0, accepted: 0, busy: 0, refused: 0, lost: 0 };
  readonly #port: number;
  readonly #login: (at: number) => Login;
  readonly #timer: NodeJS.Timeout;

  /** Begins at once; `login` gives who the nth client says it is. */
  constructor(port: number, perSecond: number, login: (at: number) => Login) {
    this.#port = port;
    this.#login = login;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1000) * perSecond;
      while (this.told.begun < due) this.#begin();
    }, LOOK_MS);
  }

  /** No more logins begin; those that are under way are not waited for. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #begin(): void {
    const at = this.told.begun++;
    const link = new Link(local(this.#port));
    link.lost = () => this.told.lost++;
    link.receive = (connack) => {
      this.#tell(connack[3]);
      link.expectEnd();
      link.write(DISCONNECT_FRAME);
      link.close();
    };
    link.write(connectFrame(`bench-login${at}`, true, this.#login(at)));
  }

  #tell(returnCode: number | undefined): void {
    if (returnCode === 0) this.told.accepted++;
    else if (returnCode === 3) this.told.busy++;
    else this.told.refused++;
  }
}
