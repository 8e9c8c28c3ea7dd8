/** History: pages of messages, and of what happened between them, around the places that somebody looks at. */

import { ParleyError } from "./errors.js";
import type { ConversationLog } from "./log/conversation_log.js";
import type { Range } from "./log/timeline.js";
import type { Session } from "./session.js";
import type { Happening, HappeningPage, MessageNew, MessagePage } from "./wire.js";

const PAGE = 60;
const MOST_HAPPENINGS = 200;
const MOST_TRIES = 5;

export class History {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Read the latest messages, those next before a seq, or those next after one. */
  async load(log: ConversationLog, place: { before?: number; after?: number } = {}): Promise<void> {
    const path = `/v1/conversations/${log.id}/messages`;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { timeline } = log;
      const page = await this.#session.request<MessagePage>("GET", path, {
        query: { ...place, limit: PAGE },
      });
      const range = covered(page, place);
      const happenings = await this.#happenings(log.id, page.items, range);
      // Begun anew while the page was under way: it may be older than what is held now.
      if (log.timeline === timeline && log.addPage(page.items, happenings, range, page.head)) return;
    }
    throw new ParleyError({
      code: "unavailable",
      message: "The history changes faster than it can be read.",
    });
  }

  /** What happened between these messages, which are all of the range. */
  async #happenings(id: string, items: readonly MessageNew[], { from, to }: Range): Promise<Happening[]> {
    if (to - from + 1 <= items.length) return []; // every entry is one of these messages
    const found: Happening[] = [];
    let after: number | undefined = from - 1;
    while (after !== undefined) {
      const query = { after, before: to + 1, limit: MOST_HAPPENINGS };
      const path = `/v1/conversations/${id}/happenings`;
      const page: HappeningPage = await this.#session.request("GET", path, { query });
      found.push(...page.items);
      after = page.next;
    }
    return found;
  }

  /** Have messages on both sides of a seq. */
  async loadAround(log: ConversationLog, seq: number): Promise<void> {
    if (log.timeline.rangeAt(seq)) return;
    await this.load(log, { before: seq + 1 });
    await this.load(log, { after: seq });
  }

  /** Begin anew with the latest page. */
  async restart(log: ConversationLog): Promise<void> {
    log.restart(await this.#session.request("GET", `/v1/conversations/${log.id}`));
    await this.load(log);
  }
}

/** The stretch of the log of which a page holds every message. */
export function covered(page: MessagePage, place: { before?: number; after?: number }): Range {
  const { items, head, next } = page;
  if (place.after !== undefined)
    return { from: place.after + 1, to: next === undefined ? head : last(items).seq };
  const from = next === undefined ? 1 : items[0]!.seq;
  return { from, to: place.before === undefined ? head : Math.min(head, place.before - 1) };
}

function last(items: readonly MessageNew[]): MessageNew {
  return items.at(-1)!;
}
