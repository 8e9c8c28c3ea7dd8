/** One conversation as a client keeps it: its cursor, and everything that its entries lead to. */

import type {
  Aimed,
  Entry,
  Happening,
  Listed,
  Member,
  MemberMarks,
  MembershipEntry,
  MessageNew,
  Missed,
  Standing,
  Summary,
} from "../wire.js";
import { advanced, type Erasure, erased, isAimed, isErasure, type Message, messageOf } from "./messages.js";
import { isMembership, membersAfter, summarized } from "./summaries.js";
import { type Range, Timeline } from "./timeline.js";

export type Taken = "taken" | "old" | "gap";

/** How one stands: read and received up to these seqs, and what is unread. */
export type Stand = Omit<Standing, "conversation_id" | "head">;

const NOWHERE: Stand = { delivered: 0, read: 0, unread: 0, mentions: 0 };

export class ConversationLog {
  readonly id: string;
  /** Whether nothing that is held counts, until it is begun anew. */
  stale = false;
  /** Whether a message changed that is not held, so that only the server can tell how many mention one. */
  open = false;
  /** How often it was told, or moved, where one stands. */
  told = 0;
  readonly #me: string;
  #cursor!: number;
  #summary!: Summary;
  #timeline!: Timeline;
  #lastMessage!: Message | null;
  #stand!: Stand;
  /** Entries up to here are in what `#stand` says is unread. */
  #counted!: number;
  #members: ReadonlyMap<string, Member> | null = null;
  /** What happened to members while pages of them are read. */
  #membership: MembershipEntry[] | null = null;
  #marks = new Map<string, Required<MemberMarks>>();

  /** `summary.head` is where its log begins to be followed. */
  constructor(summary: Summary | Listed, me: string, cursor = summary.head) {
    this.id = summary.conversation_id;
    this.#me = me;
    this.restart(summary, cursor);
  }

  get cursor(): number {
    return this.#cursor;
  }
  get summary(): Summary {
    return this.#summary;
  }
  get timeline(): Timeline {
    return this.#timeline;
  }
  get lastMessage(): Message | null {
    return this.#lastMessage;
  }
  get stand(): Stand {
    return this.#stand;
  }
  /** Null until they were read. */
  get members(): ReadonlyMap<string, Member> | null {
    return this.#members;
  }
  /** How far the others have come, as far as that was told. */
  get marks(): ReadonlyMap<string, Required<MemberMarks>> {
    return this.#marks;
  }

  /** The instant by which lists are ordered: of the last message, else of the beginning. */
  get activeAt(): string {
    return (
      this.#lastMessage?.at ?? (this.#summary.messages > 0 ? this.#summary.at : this.#summary.created_at)
    );
  }

  /** Take an entry that was pushed or read from the log; a cursor moves by one at a time. */
  take(entry: Entry): Taken {
    if (entry.seq <= this.#cursor) return "old";
    if (entry.seq > this.#cursor + 1) return "gap";
    this.#cursor = entry.seq;
    this.#summary = summarized(this.#summary, entry, this.#me);
    const stand = this.#stand;
    const before = isAimed(entry) ? this.#held(entry.message_seq) : undefined;
    const voided = isErasure(entry) ? this.#unreadMentionsBy(entry.user_id) : 0;
    const changed = this.#timeline.take(entry);
    if (entry.type === "message.new") this.#said(changed ?? messageOf(entry));
    else if (isAimed(entry)) this.#aimed(entry, before);
    else if (isMembership(entry)) this.#moved(entry, voided);
    const counted = entry.seq <= this.#counted;
    if (counted) this.#stand = stand;
    // What was told may have been newer than the log taken so far, or than where it began to be followed.
    if (counted || entry.type === "message.new" || isErasure(entry)) this.recount();
    return "taken";
  }

  /** Take what `sync` says of this conversation; false where it has to be fetched afresh. */
  takeMissed(missed: Missed): boolean {
    if (missed.reset) return false;
    for (const entry of missed.entries) if (this.take(entry) === "gap") return false;
    return true;
  }

  /** Begin anew, from a summary that was fetched just now. Nothing that was held is trusted. */
  restart(summary: Summary | Listed, cursor = summary.head): void {
    const { last_message, unread, mentions, marks, ...plain } = { ...NO_LISTING, ...summary };
    this.stale = false;
    this.open = false;
    this.#summary = plain;
    this.#cursor = cursor;
    this.#timeline = new Timeline(cursor);
    this.#lastMessage = last_message ? messageOf(last_message) : null;
    this.#stand = { ...(marks ?? NOWHERE), unread, mentions };
    this.#counted = plain.head;
    this.#members = null;
    this.#membership = null;
    this.#marks.clear();
  }

  /** What a list said later, unless it is older than the log taken so far; how one stands only if it is `latest`. */
  takeListed(listed: Listed, latest: boolean): void {
    if (listed.head < this.#cursor) return;
    const { last_message, unread, mentions, marks, ...plain } = listed;
    this.#summary = plain;
    if (last_message) this.#latest(messageOf(last_message));
    if (latest) {
      this.#stand = { ...marks, unread, mentions };
      this.#counted = plain.head;
    }
    this.recount();
  }

  /** Take a summary that was asked for; false where it is older than the log taken so far. */
  takeSummary(summary: Summary): boolean {
    if (summary.head < this.#cursor) return false;
    this.#summary = summary;
    return true;
  }

  /** How one keeps it: that is no entry, so nothing else brings it. */
  setPreference(preference: Pick<Summary, "muted" | "archived">): void {
    this.#summary = { ...this.#summary, ...preference };
  }

  /** Add a page of history; false where it has to be read again. */
  addPage(
    items: readonly MessageNew[],
    happenings: readonly Happening[],
    range: Range,
    head: number,
  ): boolean {
    if (!this.#timeline.addPage(items, happenings, range, head, this.#cursor)) return false;
    const last = items.at(-1);
    if (last) this.#latest(this.#timeline.get(last.seq)!);
    this.recount();
    return true;
  }

  /** Put back what a store kept. */
  restore(kept: {
    messages: readonly Message[];
    happenings: readonly Happening[];
    ranges: readonly Range[];
    lastMessage: Message | null;
  }): void {
    this.#timeline.restore(kept.messages, kept.happenings, kept.ranges);
    this.#lastMessage = kept.lastMessage;
  }

  /** From here on entries about members are kept, so that pages of members can be brought forward by them. */
  awaitMembers(): void {
    this.#membership = [];
  }

  setMembers(read: readonly Member[]): void {
    const members = new Map(read.map((member) => [member.user_id, member]));
    this.#members = (this.#membership ?? []).reduce<ReadonlyMap<string, Member>>(membersAfter, members);
    this.#membership = null;
  }

  /** Whether somebody left since `awaitMembers`, which shifts the pages that are still to come. */
  get membersShifted(): boolean {
    return (this.#membership ?? []).some((entry) => entry.type === "member.left");
  }

  /** Take how one stands as it was told when the log reached `head`, unless it is unknown what was said since. */
  setStanding(standing: Stand, head = this.#summary.head): void {
    if (head < this.#cursor && this.#timeline.rangeAt(head + 1)?.to !== this.#cursor) return;
    const { delivered, read, unread, mentions } = standing;
    this.#stand = { delivered, read, unread, mentions };
    for (const message of this.#heldAfter(head, this.#cursor)) this.#counts(message);
    this.#counted = Math.max(head, this.#cursor);
    this.open = false;
    this.told += 1;
    this.recount();
  }

  /** Take marks that were told; says whether one's own moved to where only the server can count what is unread. */
  takeMarks(marks: readonly MemberMarks[]): boolean {
    let open = false;
    for (const { user_id, delivered, read } of marks) {
      if (user_id === this.#me) open = this.#toldAt(delivered, read) || open;
      else this.#advance(user_id, delivered, read ?? 0);
    }
    return open;
  }

  /** Stand at `seq`, as one just read up to there; what is unread follows where that can be told. */
  readUpTo(seq: number): void {
    if (seq > this.#stand.read) this.#standAt(Math.max(seq, this.#stand.delivered), seq);
  }

  /** Stand before `seq`. */
  unreadFrom(seq: number): void {
    this.#standAt(this.#stand.delivered, seq - 1);
  }

  setDelivered(seq: number): void {
    if (seq > this.#stand.delivered) this.#stand = { ...this.#stand, delivered: seq };
  }

  /** Count what is unread by what is held; says whether that reaches so far that all of it is exact. */
  recount(): boolean {
    const { read } = this.#stand;
    const latest = this.#lastMessage;
    if (latest && latest.seq <= read) {
      this.#stand = { ...this.#stand, unread: 0, mentions: 0 };
      this.open = false;
      return true;
    }
    const count = read === 0 ? 0 : this.#timeline.countAt(read);
    if (count === undefined) return false;
    const unread = Math.max(0, this.#summary.messages - count);
    const range = this.#timeline.rangeAt(Math.max(1, read));
    const all = range !== undefined && range.to >= Math.max(this.#cursor, this.#counted);
    const mentions = all
      ? this.#heldAfter(read, Math.max(1, read)).filter((message) => this.#mentioned(message)).length
      : this.#stand.mentions;
    this.#stand = { ...this.#stand, unread, mentions };
    if (all) this.open = false;
    return all;
  }

  /** The messages after a seq in the range that `at` is in. */
  #heldAfter(seq: number, at: number): readonly Message[] {
    const held = this.#timeline.messagesAt(at);
    let from = held.length;
    while (from > 0 && held[from - 1]!.seq > seq) from -= 1;
    return held.slice(from);
  }

  /** Whether it is somebody else who mentions one there. */
  #mentioned({ actor_id, mentions }: Message): boolean {
    return actor_id !== this.#me && mentions.includes(this.#me);
  }

  #said(message: Message): void {
    this.#latest(message);
    if (message.actor_id !== this.#me) this.#advance(message.actor_id, message.seq, message.seq);
    this.#counts(message);
  }

  /** How one stands, one message later. */
  #counts(message: Message): void {
    const { seq } = message;
    const { delivered, read, unread, mentions } = this.#stand;
    if (message.actor_id === this.#me)
      this.#stand = {
        delivered: Math.max(seq, delivered),
        read: Math.max(seq, read),
        unread: 0,
        mentions: 0,
      };
    else if (seq > read)
      this.#stand = {
        ...this.#stand,
        unread: unread + 1,
        mentions: mentions + Number(this.#mentioned(message)),
      };
  }

  #aimed(entry: Aimed, before: Message | undefined): void {
    const last = this.#lastMessage;
    if (last?.seq === entry.message_seq) this.#lastMessage = advanced(last, entry);
    const after = this.#held(entry.message_seq);
    if (!before && entry.message_seq > this.#stand.read && this.#mayMention(entry)) this.open = true;
    if (!before || !after || after.seq <= this.#stand.read) return;
    // An edit may mention one, or no longer.
    const more = Number(this.#mentioned(after)) - Number(this.#mentioned(before));
    this.#stand = { ...this.#stand, mentions: Math.max(0, this.#stand.mentions + more) };
  }

  #mayMention(entry: Aimed): boolean {
    if (entry.type === "message.edited" && entry.mentions?.includes(this.#me)) return true;
    return ["message.edited", "message.deleted"].includes(entry.type) && this.#stand.mentions > 0;
  }

  #held(seq: number): Message | undefined {
    return this.#timeline.get(seq) ?? (this.#lastMessage?.seq === seq ? this.#lastMessage : undefined);
  }

  #moved(entry: MembershipEntry, voided: number): void {
    if (isErasure(entry)) this.#erased(entry, voided);
    this.#membership?.push(entry);
    if (this.#members) this.#members = membersAfter(this.#members, entry);
    if (entry.type === "member.left") this.#marks.delete(entry.user_id);
    const came = entry.type === "member.joined" && entry.user_id === this.#me;
    if (came) this.#stand = { delivered: entry.seq, read: entry.seq, unread: 0, mentions: 0 };
  }

  /** What they wrote mentions nobody any more; that it was written still counts. */
  #erased(entry: Erasure, voided: number): void {
    if (this.#lastMessage) this.#lastMessage = erased(this.#lastMessage, entry);
    this.#stand = { ...this.#stand, mentions: Math.max(0, this.#stand.mentions - voided) };
    if (this.#stand.mentions > 0) this.open = true; // of messages that are not held
  }

  #unreadMentionsBy(user_id: string): number {
    let count = 0;
    for (const message of this.#timeline.all())
      if (message.actor_id === user_id && message.seq > this.#stand.read && this.#mentioned(message))
        count += 1;
    return count;
  }

  #latest(message: Message): void {
    const last = this.#lastMessage;
    if (!last || message.seq > last.seq) this.#lastMessage = message;
    else if (message.seq === last.seq && message.changed_seq >= last.changed_seq) this.#lastMessage = message;
  }

  /** It is told in turn with the entries: what follows is not in it, whatever a list or an answer knew before. */
  #toldAt(delivered: number, read: number | undefined): boolean {
    if (read !== undefined && read !== this.#stand.read)
      this.#counted = Math.min(this.#counted, this.#cursor);
    return this.#standAt(delivered, read);
  }

  #standAt(delivered: number, read: number | undefined): boolean {
    this.#stand = { ...this.#stand, delivered: Math.max(delivered, this.#stand.delivered) };
    if (read === undefined || read === this.#stand.read) return false;
    this.#stand = { ...this.#stand, read };
    this.told += 1;
    return !this.recount();
  }

  #advance(user_id: string, delivered: number, read: number): void {
    const known = this.#marks.get(user_id) ?? { user_id, delivered: 0, read: 0 };
    this.#marks.set(user_id, {
      user_id,
      delivered: Math.max(known.delivered, delivered),
      read: Math.max(known.read, read),
    });
  }
}

const NO_LISTING = {
  last_message: undefined as MessageNew | undefined,
  unread: 0,
  mentions: 0,
  marks: undefined as { delivered: number; read: number } | undefined,
};
