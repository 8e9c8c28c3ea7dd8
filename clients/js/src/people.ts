/** People: who they are, and whether they are there. Each is fetched when somebody first asks. */

import type { Connection } from "./connection.js";
import { asError } from "./errors.js";
import { Source } from "./observable.js";
import type { Session } from "./session.js";
import type { Presence, User } from "./wire.js";

const MOST_AT_ONCE = 6;
const MOST_WATCHED = 200;
const AGAIN_MS = 30_000;

export class People {
  /** Changes whenever anything is known newly of anybody. */
  readonly changes: Source<ReadonlyMap<string, User>>;
  readonly presence: Source<ReadonlyMap<string, Presence>>;
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #save: (people: User[]) => void;
  readonly #known = new Map<string, User>();
  readonly #wanted = new Map<string, "waiting" | "asked">();
  readonly #here = new Map<string, Presence>();
  readonly #watches = new Map<object, readonly string[]>();
  #asking = 0;
  #watchDue = false;

  constructor(session: Session, connection: Connection, save: (people: User[]) => void) {
    this.#session = session;
    this.#connection = connection;
    this.#save = save;
    this.changes = new Source(() => new Map(this.#known));
    this.presence = new Source(() => new Map(this.#here));
  }

  /** What is known of somebody; where that is nothing yet, it is asked for, and `changes` tells. */
  get(user_id: string): User | undefined {
    const known = this.#known.get(user_id);
    if (!known) this.#want(user_id);
    return known;
  }

  /** Their account is no more: what was known of them is forgotten, and nobody asks again. */
  gone(user_id: string): void {
    this.learn([{ user_id, display_name: "", created_at: "", gone: true }]);
  }

  /** Take what an answer said of people on the way. */
  learn(people: readonly User[]): void {
    for (const person of people) this.#known.set(person.user_id, person);
    if (people.length === 0) return;
    this.changes.changed();
    this.#save([...people]);
  }

  restore(people: readonly User[]): void {
    for (const person of people) this.#known.set(person.user_id, person);
    this.changes.changed();
  }

  /** Ask again the next time: profiles change without a word. */
  refresh(user_id: string): void {
    this.#want(user_id);
  }

  /** Be told of the presence of these people until the returned function is called; several watch side by side. */
  watch(user_ids: readonly string[]): () => void {
    const key = {};
    this.#watches.set(key, user_ids);
    this.#watchSoon();
    return () => {
      this.#watches.delete(key);
    };
  }

  heard(people: readonly Presence[]): void {
    for (const one of people) this.#here.set(one.user_id, one);
    this.presence.changed();
  }

  /** A new connection watches nobody yet. */
  connected(): void {
    this.#watchSoon();
    this.#pump();
  }

  /** Nobody is known to be here while one is not there oneself. */
  disconnected(): void {
    this.#here.clear();
    this.presence.changed();
  }

  clear(): void {
    this.#known.clear();
    this.#wanted.clear();
    this.#watches.clear();
    this.changes.changed();
    this.disconnected();
  }

  #want(user_id: string): void {
    if (this.#wanted.has(user_id)) return;
    this.#wanted.set(user_id, "waiting");
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    for (const [user_id, state] of this.#wanted) {
      if (this.#asking >= MOST_AT_ONCE) return;
      if (state === "waiting") void this.#ask(user_id);
    }
  }

  async #ask(user_id: string): Promise<void> {
    this.#asking += 1;
    this.#wanted.set(user_id, "asked");
    try {
      this.learn([await this.#session.request<User>("GET", `/v1/users/${user_id}`)]);
      this.#wanted.delete(user_id);
    } catch (reason) {
      if (asError(reason).code === "not_found") this.gone(user_id);
      // Nobody to ask, then: looked for again when somebody asks a while later.
      setTimeout(() => this.#wanted.delete(user_id), AGAIN_MS);
    } finally {
      this.#asking -= 1;
      this.#pump();
    }
  }

  #watchSoon(): void {
    if (this.#watchDue) return;
    this.#watchDue = true;
    queueMicrotask(() => {
      this.#watchDue = false;
      void this.#watch();
    });
  }

  async #watch(): Promise<void> {
    const all = new Set([...this.#watches.values()].reverse().flat());
    const user_ids = [...all].slice(0, MOST_WATCHED);
    if (user_ids.length === 0) return;
    try {
      const { people } = await this.#connection.command<{ people: Presence[] }>("presence.watch", {
        user_ids,
      });
      this.heard(people);
    } catch {
      // Not connected: the next connection watches them.
    }
  }
}
