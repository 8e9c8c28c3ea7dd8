/** Keeping: what changed is written to the store a moment later, each conversation whole. */

import type { ConversationLog } from "./log/conversation_log.js";
import type { KeptConversation, Store } from "./store.js";

const SOON_MS = 400;
/** Messages and happenings together. */
const MOST_ROWS = 100;

export class Keeping {
  readonly #store: Store | undefined;
  readonly #find: (id: string) => ConversationLog | undefined;
  readonly #dirty = new Set<string>();
  readonly #gone = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store | undefined, find: (id: string) => ConversationLog | undefined) {
    this.#store = store;
    this.#find = find;
  }

  changed(id: string): void {
    if (!this.#store) return;
    this.#dirty.add(id);
    this.#timer ??= setTimeout(() => void this.flush(), SOON_MS);
  }

  lost(id: string): void {
    this.#gone.add(id);
    this.changed(id);
  }

  /** What was kept of these goes before anything else is written. */
  forget(ids: readonly string[]): void {
    if (ids.length > 0) void this.do((store) => store.removeConversations(ids));
  }

  /** Write what waits, such as before a page goes away. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const kept = [...this.#dirty].flatMap((id) => {
      const log = this.#find(id);
      return log && !log.stale ? [keptOf(log)] : [];
    });
    const gone = [...this.#gone].filter((id) => !this.#find(id));
    this.#dirty.clear();
    this.#gone.clear();
    if (kept.length > 0) await this.do((store) => store.saveConversations(kept));
    if (gone.length > 0) await this.do((store) => store.removeConversations(gone));
  }

  /** A store that fails keeps less; nothing else comes of it. */
  async do(work: (store: Store) => Promise<unknown>): Promise<void> {
    if (this.#store) await work(this.#store).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty.clear();
    this.#gone.clear();
  }
}

export function keptOf(log: ConversationLog): KeptConversation {
  const { id, cursor, summary, stand, lastMessage, timeline } = log;
  const live = timeline.rangeAt(cursor);
  const messages = timeline.messagesAt(cursor).slice(-MOST_ROWS);
  const happenings = timeline.happeningsAt(cursor).slice(-MOST_ROWS);
  const seqs = [...messages, ...happenings].map(({ seq }) => seq).sort((one, other) => other - one);
  const from = seqs[MOST_ROWS - 1] ?? live?.from ?? 0;
  const since = <T extends { seq: number }>(rows: T[]) => rows.filter(({ seq }) => seq >= from);
  const range = live ? { from, to: live.to } : null;
  return {
    id,
    cursor,
    summary,
    stand,
    lastMessage,
    range,
    messages: since(messages),
    happenings: since(happenings),
  };
}
