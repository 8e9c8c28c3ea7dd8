/** Replica: the logs of all conversations of one person, and how pushes and `sync` bring them forward. */

import type { Entry, Listed, Summary, SyncAnswer } from "../wire.js";
import { ConversationLog } from "./conversation_log.js";

/** What is left to do after an answer of `sync` was taken. */
export interface Rest {
  /** Conversations whose copy is worth nothing, to be fetched afresh. */
  afresh: string[];
  gained: string[];
  lost: string[];
  /** Whether something came meanwhile that the next answer alone brings up to date. */
  again: boolean;
}

/** Of more missed entries than these a conversation is fetched afresh instead of caught up one by one. */
const MOST_MISSED = 2_000;

export class Replica {
  readonly me: string;
  epoch: string | undefined;
  readonly logs = new Map<string, ConversationLog>();

  constructor(me: string, epoch?: string) {
    this.me = me;
    this.epoch = epoch;
  }

  cursors(): Record<string, number> {
    return Object.fromEntries([...this.logs].map(([id, log]) => [id, log.cursor]));
  }

  /** Follow a conversation from a summary on, unless it is followed already. */
  add(summary: Summary | Listed, cursor?: number): ConversationLog {
    const known = this.logs.get(summary.conversation_id);
    if (known) return known;
    const log = new ConversationLog(summary, this.me, cursor);
    this.logs.set(log.id, log);
    return log;
  }

  /** What was told of each conversation: a list that is asked for now may be older than what is told meanwhile. */
  told(): ReadonlyMap<string, number> {
    return new Map([...this.logs].map(([id, { told }]) => [id, told]));
  }

  /** Take a page of the list, which was asked for when this was `told`; says whether nobody else told of one of them. */
  takeListed(page: readonly Listed[], told: ReadonlyMap<string, number>): boolean {
    const before = this.logs.size;
    for (const listed of page) {
      const { conversation_id } = listed;
      const log = this.logs.get(conversation_id);
      if (log) log.takeListed(listed, log.told === told.get(conversation_id));
      else if (!told.has(conversation_id)) this.add(listed); // else it ended meanwhile
    }
    return this.logs.size > before;
  }

  /** Give up what was not fetched afresh while its connection lasted: `sync` says of it that it is gained. */
  dropStale(): string[] {
    const stale = [...this.logs.values()].filter((log) => log.stale).map(({ id }) => id);
    for (const id of stale) this.logs.delete(id);
    return stale;
  }

  /** Take a pushed entry; `gap` where only `sync` can tell what is missing, a new conversation included. */
  takePush(entry: Entry): "taken" | "old" | "gap" {
    const log = this.logs.get(entry.conversation_id);
    // Of a conversation that is not followed, one's own leaving says nothing new.
    if (!log) return this.#ends(entry) ? "old" : "gap";
    const taken = log.take(entry);
    if (taken === "taken" && this.#ends(entry)) this.logs.delete(log.id);
    return taken;
  }

  /** Take an answer to `sync` whose cursors were this replica's. */
  takeSync(answer: SyncAnswer): Rest {
    const rest: Rest = { afresh: [], gained: [], lost: [], again: false };
    if (this.epoch !== undefined && this.epoch !== answer.epoch) this.#otherStore(answer, rest);
    this.epoch = answer.epoch;
    for (const { conversation_id } of answer.lost) {
      if (this.logs.delete(conversation_id)) rest.lost.push(conversation_id);
    }
    for (const missed of answer.conversations) {
      const { conversation_id, gained, head } = missed;
      const log = this.logs.get(conversation_id);
      if (gained && !log) {
        this.add(gained, head);
        rest.gained.push(conversation_id);
      } else if (gained && log && log.cursor < head) {
        rest.again = true; // followed since this answer was asked for
      } else if (log && !gained) {
        const far = missed.more && head - log.cursor > MOST_MISSED;
        if (far || !log.takeMissed(missed)) {
          log.stale = true;
          rest.afresh.push(conversation_id);
        } else if (!missed.more && missed.entries.some((entry) => this.#ends(entry)))
          this.#drop(conversation_id, rest, missed.entries);
      }
    }
    for (const standing of answer.marks)
      this.logs.get(standing.conversation_id)?.setStanding(standing, standing.head);
    return rest;
  }

  /** No cursor counts in another store: what this answer does not name is gained by the next one, or is no more. */
  #otherStore(answer: SyncAnswer, rest: Rest): void {
    const named = new Set(answer.conversations.map(({ conversation_id }) => conversation_id));
    for (const id of [...this.logs.keys()]) {
      if (named.has(id)) continue;
      this.logs.delete(id);
      rest.lost.push(id);
    }
  }

  /** Gone for good only where the last that was said of one's own membership is that it ended; a later page may say more. */
  #drop(conversation_id: string, rest: Rest, entries: readonly Entry[]): void {
    const about = entries.filter((entry) => this.#ends(entry) || this.#begins(entry)).at(-1);
    if (!about || !this.#ends(about)) return;
    this.logs.delete(conversation_id);
    rest.lost.push(conversation_id);
  }

  #ends(entry: Entry): boolean {
    const left = entry.type === "member.left" && entry.user_id === this.me;
    return left || entry.type === "conversation.deleted";
  }

  #begins(entry: Entry): boolean {
    return entry.type === "member.joined" && entry.user_id === this.me;
  }
}
