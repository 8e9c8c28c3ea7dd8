/** Timeline: the messages and happenings that are held of a conversation, and from which seqs on none is missing. */

import type { Aimed, Entry, Happening, MessageNew } from "../wire.js";
import { isHappening, merged } from "./happenings.js";
import { advanced, type Erasure, erased, isErasure, type Message, messageOf } from "./messages.js";

/** A stretch of seqs, both ends included, of which every message and every happening is held. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** How many entries that change messages are kept for pages that were read before they came. */
const MOST_RECENT = 2_000;

/** Disjoint ranges in order. The last one reaches the cursor once anything was read there: it is live. */
export class Timeline {
  #ranges: Range[] = [];
  #messages = new Map<number, Message>();
  #recent: (Aimed | Erasure)[] = [];
  /** Entries above this seq that change messages are all in `#recent`. */
  #recentFrom: number;
  /** Every message by seq, but for those that came since the last look. */
  #sorted: Message[] = [];
  #unsorted: Message[] = [];
  #view: { range: Range; messages: readonly Message[] } | undefined;
  #happenings: readonly Happening[] = [];
  #between: { range: Range; happenings: readonly Happening[] } | undefined;

  constructor(cursor: number) {
    this.#recentFrom = cursor;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get(seq: number): Message | undefined {
    return this.#messages.get(seq);
  }

  /** Every message held, in no order. */
  all(): Iterable<Message> {
    return this.#messages.values();
  }

  /** Add what an entry at `cursor + 1` says; returns the message that it changed, if it is held. */
  take(entry: Entry): Message | undefined {
    this.#extend(entry.seq);
    if (isHappening(entry)) this.#happened([entry]);
    // One that is held came with a page, which was read later than this entry.
    if (entry.type === "message.new") return this.get(entry.seq) ?? this.#put(messageOf(entry));
    if (isErasure(entry)) this.#erase(entry);
    if (!("message_seq" in entry)) return undefined;
    this.#remember(entry);
    const message = this.#messages.get(entry.message_seq);
    return message && this.#put(advanced(message, entry));
  }

  /**
   * Add a page of history that holds every message of `range`, as the log was at `head`, and what happened between them.
   *
   * False where entries between `head` and `cursor` are no longer known: then it has to be read again.
   */
  addPage(
    items: readonly MessageNew[],
    happenings: readonly Happening[],
    range: Range,
    head: number,
    cursor: number,
  ): boolean {
    if (head < cursor && head < this.#recentFrom) return false;
    this.#happened(happenings);
    for (const item of items) {
      const read = messageOf(item);
      const held = this.#messages.get(read.seq);
      if (held && held.changed_seq > read.changed_seq) continue;
      this.#put(this.#recent.reduce(aim, read));
    }
    if (range.from <= range.to) this.#join(range);
    return true;
  }

  /** Put back what a store kept. */
  restore(messages: readonly Message[], happenings: readonly Happening[], ranges: readonly Range[]): void {
    for (const message of messages) this.#put(message);
    this.#happened(happenings);
    for (const range of ranges) this.#join(range);
  }

  /** The range that `seq` is in. */
  rangeAt(seq: number): Range | undefined {
    return this.#ranges.find(({ from, to }) => from <= seq && seq <= to);
  }

  /** The messages of the range that `seq` is in, ascending; the same array until one of them changes. */
  messagesAt(seq: number): readonly Message[] {
    const range = this.rangeAt(seq);
    if (!range) return [];
    if (this.#view?.range === range) return this.#view.messages;
    this.#sort();
    const messages = this.#sorted.slice(
      indexOf(this.#sorted, range.from),
      indexOf(this.#sorted, range.to + 1),
    );
    this.#view = { range, messages };
    return messages;
  }

  /** What happened in the range that `seq` is in, ascending; the same array until that is more. */
  happeningsAt(seq: number): readonly Happening[] {
    const range = this.rangeAt(seq);
    if (!range) return [];
    if (this.#between?.range === range) return this.#between.happenings;
    const all = this.#happenings;
    const happenings = all.slice(indexOf(all, range.from), indexOf(all, range.to + 1));
    this.#between = { range, happenings };
    return happenings;
  }

  /** How many messages there are up to `seq`; undefined where what is held does not tell. */
  countAt(seq: number): number | undefined {
    const range = this.rangeAt(seq);
    if (!range) return undefined;
    const held = this.messagesAt(seq);
    const after = indexOf(held, seq + 1);
    if (after > 0) return held[after - 1]!.messages;
    if (held.length > 0) return held[0]!.messages - 1;
    return range.from <= 1 ? 0 : undefined;
  }

  #put(message: Message): Message {
    if (this.#messages.get(message.seq) === message) return message;
    const known = this.#messages.has(message.seq);
    this.#messages.set(message.seq, message);
    this.#view = undefined;
    if (known) this.#sort();
    if (known) this.#sorted[indexOf(this.#sorted, message.seq)] = message;
    else this.#unsorted.push(message);
    return message;
  }

  #happened(happenings: readonly Happening[]): void {
    if (happenings.length === 0) return;
    this.#happenings = merged(this.#happenings, happenings);
    this.#between = undefined;
  }

  #sort(): void {
    if (this.#unsorted.length === 0) return;
    this.#sorted = [...this.#sorted, ...this.#unsorted].sort((one, other) => one.seq - other.seq);
    this.#unsorted = [];
  }

  #erase(entry: Erasure): void {
    this.#remember(entry);
    for (const message of [...this.#messages.values()]) this.#put(erased(message, entry));
  }

  #remember(entry: Aimed | Erasure): void {
    this.#recent.push(entry);
    if (this.#recent.length > MOST_RECENT) {
      const dropped = this.#recent.splice(0, MOST_RECENT / 2);
      this.#recentFrom = dropped.at(-1)!.seq;
    }
  }

  #extend(seq: number): void {
    if (!this.rangeAt(seq)) this.#join({ from: seq, to: seq });
  }

  #join(added: Range): void {
    const apart = (range: Range) => range.to < added.from - 1 || added.to + 1 < range.from;
    const touching = this.#ranges.filter((range) => !apart(range));
    const joined = {
      from: Math.min(added.from, ...touching.map((range) => range.from)),
      to: Math.max(added.to, ...touching.map((range) => range.to)),
    };
    this.#ranges = [...this.#ranges.filter(apart), joined].sort((one, other) => one.from - other.from);
    this.#view = undefined;
  }
}

function aim(message: Message, entry: Aimed | Erasure): Message {
  if (!("message_seq" in entry)) return erased(message, entry);
  return entry.message_seq === message.seq ? advanced(message, entry) : message;
}

/** Where the first of these at or after `seq` is. */
function indexOf(rows: readonly { seq: number }[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
