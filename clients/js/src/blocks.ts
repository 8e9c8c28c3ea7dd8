/** Blocks: whom one wants nothing to do with, the same on all one's devices. */

import { Cell } from "./observable.js";
import type { Session } from "./session.js";
import type { Block, Page, User } from "./wire.js";

const PAGE = 200;

export class Blocks {
  /** Null until they were read. */
  readonly blocked = new Cell<ReadonlySet<string> | null>(null);
  readonly #session: Session;
  readonly #learn: (people: User[]) => void;
  /** What was heard since the last reading began, whose pages may be older. */
  #heard: Map<string, boolean> | null = null;

  constructor(session: Session, learn: (people: User[]) => void) {
    this.#session = session;
    this.#learn = learn;
  }

  /** Read all of them. Of several readings the one that began last counts. */
  async read(): Promise<void> {
    const heard = new Map<string, boolean>();
    this.#heard = heard;
    const found = new Set<string>();
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, cursor };
      const page = await this.#session.request<Page<Block>>("GET", "/v1/blocks", { query });
      this.#learn(page.items.flatMap(({ user }) => (user ? [user] : [])));
      for (const { user_id } of page.items) found.add(user_id);
      cursor = page.next;
    } while (cursor !== undefined);
    if (this.#heard !== heard) return;
    this.#heard = null;
    for (const [user_id, blocked] of heard) {
      if (blocked) found.add(user_id);
      else found.delete(user_id);
    }
    this.blocked.set(found);
  }

  async block(user_id: string): Promise<void> {
    await this.#session.request("PUT", `/v1/blocks/${user_id}`);
    this.heard({ user_id, blocked: true });
  }

  async unblock(user_id: string): Promise<void> {
    await this.#session.request("DELETE", `/v1/blocks/${user_id}`);
    this.heard({ user_id, blocked: false });
  }

  /** It changed, here or on another device. */
  heard({ user_id, blocked }: { user_id: string; blocked: boolean }): void {
    this.#heard?.set(user_id, blocked);
    const known = this.blocked.value;
    if (known === null || known.has(user_id) === blocked) return;
    const others = [...known].filter((one) => one !== user_id);
    this.blocked.set(new Set(blocked ? [...others, user_id] : others));
  }

  clear(): void {
    this.#heard = null;
    this.blocked.set(null);
  }
}
