/** Syncing: after a connection, and wherever a push shows that something is missing, the log tells what it was. */

import type { Connection } from "./connection.js";
import type { ParleyError } from "./errors.js";
import type { Replica, Rest } from "./log/replica.js";
import { batch } from "./observable.js";
import type { SyncAnswer } from "./wire.js";

const PAUSE_MS = 1_000;
/** A refusal won't turn into an answer by being asked for again soon. */
const LONGEST_PAUSE_MS = 60_000;
/** Entries of an answer: the server's own bound, where the line is not known to be too slow for so many at once. */
const MOST_ENTRIES = 500;
const QUICK_MS = 3_000;

export interface SyncingWorld {
  /** Fetch these conversations anew, as nothing that is held of them counts; never rejects. */
  afresh(ids: readonly string[]): Promise<void>;
  /** An answer was taken. */
  taken(answer: SyncAnswer, rest: Rest): void;
  /** Everything missed is there. */
  caughtUp(): void;
  /** The server does not take what is asked of it, and may never do. */
  refused(error: ParleyError): void;
}

export class Syncing {
  readonly #connection: Connection;
  readonly #replica: Replica;
  readonly #world: SyncingWorld;
  #running = false;
  /** Counts what was asked. */
  #round = 0;
  #again = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refusals = 0;
  #limit = MOST_ENTRIES;
  #askedAt = 0;

  constructor(connection: Connection, replica: Replica, world: SyncingWorld) {
    this.#connection = connection;
    this.#replica = replica;
    this.#world = world;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Catch up; what is asked for meanwhile is done once more behind it, and while one waits to ask again that will do. */
  request(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    if (this.#running) this.#again = true;
    else this.#page();
  }

  /** The connection went: whatever was under way has to be asked anew. */
  interrupted(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running) this.#askForLess();
    this.#running = false;
    this.#again = false;
  }

  stop(): void {
    this.interrupted();
    this.#stopped = true;
  }

  #page(): void {
    this.#running = true;
    this.#again = false;
    this.#round += 1;
    const { epoch } = this.#replica;
    const cursors = this.#replica.cursors();
    const asked = { cursors, limit: this.#limit, ...(epoch === undefined ? {} : { epoch }) };
    this.#askedAt = Date.now();
    this.#connection.ask<SyncAnswer>("sync", asked, (error, answer) => {
      if (!this.#running || this.#stopped) return;
      if (answer) this.#take(answer);
      else this.#failed(error!);
    });
  }

  /** Runs within the answer's callback: the pushes that the server held back come right behind it. */
  #take(answer: SyncAnswer): void {
    this.#refusals = 0;
    if (Date.now() - this.#askedAt < QUICK_MS) this.#limit = Math.min(MOST_ENTRIES, this.#limit * 2);
    const rest = batch(() => {
      const taken = this.#replica.takeSync(answer);
      this.#world.taken(answer, taken);
      return taken;
    });
    if (rest.again) this.#again = true;
    if (rest.afresh.length === 0) return this.#next(answer.more);
    const round = this.#round;
    void this.#world.afresh(rest.afresh).then(() => {
      // A connection that came meanwhile asks by itself.
      if (this.#running && !this.#stopped && round === this.#round) this.#next(true);
    });
  }

  /** No answer came in time, maybe as it was too much for the line: the same again would never come. */
  #askForLess(): void {
    this.#limit = Math.max(1, this.#limit >> 1);
  }

  #next(more: boolean): void {
    if (more || this.#again) return this.#page();
    this.#running = false;
    this.#world.caughtUp();
  }

  #failed(error: ParleyError): void {
    this.#running = false;
    if (error.code === "unreachable") this.#askForLess();
    this.#refusals = error.open ? 0 : this.#refusals + 1;
    if (!error.open) this.#world.refused(error);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, this.#refusals - 1));
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.request();
      },
      Math.max(pauseMs, error.retryAfter * 1000),
    );
  }
}
