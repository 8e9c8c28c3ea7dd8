/** Marking: telling the server what was received and read, seldom, and again until it has heard it. */

import type { Connection } from "./connection.js";
import { asError } from "./errors.js";
import type { ConversationLog } from "./log/conversation_log.js";
import type { Standing } from "./wire.js";

const READ_MS = 250;
const DELIVERED_MS = 1_000;
const MOST_AT_ONCE = 50;
/** After so long a mark is told again that could not be taken. */
const AGAIN_MS = 3_000;

export class Marking {
  readonly #connection: Connection;
  readonly #logs: () => Iterable<ConversationLog>;
  readonly #find: (id: string) => ConversationLog | undefined;
  readonly #changed: (id: string) => void;
  readonly #reads = new Map<string, number>();
  #reading: ReturnType<typeof setTimeout> | undefined;
  #delivering: ReturnType<typeof setTimeout> | undefined;

  constructor(
    connection: Connection,
    logs: () => Iterable<ConversationLog>,
    find: (id: string) => ConversationLog | undefined,
    changed: (id: string) => void,
  ) {
    this.#connection = connection;
    this.#logs = logs;
    this.#find = find;
    this.#changed = changed;
  }

  read(id: string, seq: number): void {
    const log = this.#find(id);
    if (!log || seq <= log.stand.read) return;
    log.readUpTo(seq);
    this.#reads.set(id, Math.max(seq, this.#reads.get(id) ?? 0));
    this.#changed(id);
    this.#reading ??= setTimeout(() => void this.#sendReads(), READ_MS);
  }

  async unread(id: string, seq: number): Promise<void> {
    this.#reads.delete(id);
    await this.#mark(id, { unread_from: seq });
  }

  /** Ask how one stands, where another device moved that to where it can't be counted here. */
  async ask(id: string): Promise<void> {
    const log = this.#find(id);
    // Behind its first entry, which is no message, one stands as before it.
    if (log) await this.#mark(id, { read: Math.max(1, log.stand.read) }).catch(() => undefined);
  }

  /** Something came, or a connection did: say so in a moment. */
  received(): void {
    this.#delivering ??= setTimeout(() => void this.#sendDelivered(), DELIVERED_MS);
  }

  /** An answer that says how one stands knows nothing of what the server was not told: that stays read. */
  reassert(): void {
    for (const [id, seq] of this.#reads) {
      const log = this.#find(id);
      if (log && seq <= log.cursor) log.readUpTo(seq);
    }
  }

  connected(): void {
    this.received();
    if (this.#reads.size > 0) void this.#sendReads();
  }

  stop(): void {
    clearTimeout(this.#reading);
    clearTimeout(this.#delivering);
    this.#reading = undefined;
    this.#delivering = undefined;
    this.#reads.clear();
  }

  async #sendReads(): Promise<void> {
    this.#reading = undefined;
    for (const [id, seq] of [...this.#reads]) {
      try {
        await this.#mark(id, { read: seq });
      } catch (reason) {
        const error = asError(reason);
        if (error.open) {
          // Without a connection the next one tells it.
          const pauseMs = Math.max(AGAIN_MS, error.retryAfter * 1000);
          if (this.#connection.state.value === "connected")
            this.#reading ??= setTimeout(() => void this.#sendReads(), pauseMs);
          continue;
        }
      }
      if (this.#reads.get(id) === seq) this.#reads.delete(id);
    }
  }

  async #sendDelivered(): Promise<void> {
    this.#delivering = undefined;
    const due = [...this.#logs()].filter(undelivered);
    for (const log of due.slice(0, MOST_AT_ONCE)) {
      const { cursor } = log;
      try {
        await this.#connection.command("mark", { conversation_id: log.id, delivered: cursor });
      } catch (reason) {
        if (asError(reason).open) return;
      }
      log.setDelivered(cursor);
    }
    if (due.length > MOST_AT_ONCE) this.received();
  }

  async #mark(id: string, mark: { read?: number; unread_from?: number }): Promise<void> {
    const payload = { conversation_id: id, ...mark };
    const { marks } = await this.#connection.command<{ marks?: Standing }>("mark", payload);
    // What was read since is not in this answer.
    if (!marks || (this.#reads.get(id) ?? 0) > marks.read) return;
    this.#find(id)?.setStanding(marks, marks.head);
    this.#changed(id);
  }
}

function undelivered(log: ConversationLog): boolean {
  const { lastMessage, stand } = log;
  return lastMessage !== null && lastMessage.seq > stand.delivered && stand.unread > 0;
}
