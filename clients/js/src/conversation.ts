/** One conversation, for whoever shows it: a window of its messages, what is on its way, and what can be done. */

import { asError, type ParleyError } from "./errors.js";
import type { History } from "./history.js";
import type { ConversationLog, Stand } from "./log/conversation_log.js";
import type { Message } from "./log/messages.js";
import { type Observable, Source } from "./observable.js";
import type { CommandEvent, Outbox, OutboxItem, Payload } from "./outbox.js";
import { overlaid, type PendingMessage, pendingMessages, type ShownMessage } from "./overlay.js";
import type { Session } from "./session.js";
import type { Typing } from "./typing.js";
import type { Happening, Member, MemberMarks, Page, Summary } from "./wire.js";

export interface ConversationSnapshot {
  readonly id: string;
  /** Null where it is not one's own (any more), or not known yet. */
  readonly summary: Summary | null;
  readonly stand: Stand;
  readonly lastMessage: Message | null;
  /** The messages around the place that is looked at, ascending, without a hole. */
  readonly messages: readonly ShownMessage[];
  /** What happened to the conversation itself between these messages, ascending, without a hole. */
  readonly happenings: readonly Happening[];
  /** What is behind the last message and on its way; only where the window reaches the end. */
  readonly pending: readonly PendingMessage[];
  /** Whether the window begins with the first message, and whether it ends with the last one. */
  readonly atStart: boolean;
  readonly atEnd: boolean;
  readonly loading: boolean;
  /** Why the last page could not be read. */
  readonly trouble: ParleyError | null;
  /** Null until they were read; `open` does that for conversations of up to 200 members. */
  readonly members: ReadonlyMap<string, Member> | null;
  readonly marks: ReadonlyMap<string, Required<MemberMarks>>;
  readonly typing: readonly string[];
  readonly draft: string;
}

export interface ConversationWorld {
  me(): string;
  find(id: string): ConversationLog | undefined;
  history: History;
  outbox: Outbox;
  typing: Typing;
  session: Session;
  draft(id: string): string;
  saveDraft(id: string, text: string): void;
  markRead(id: string, seq: number): void;
  markUnread(id: string, seq: number): Promise<void>;
  changed(id: string): void;
}

const NOWHERE: Stand = { delivered: 0, read: 0, unread: 0, mentions: 0 };
const FEW_MEMBERS = 200;
const FEW_MARKS = 100;

export class Conversation implements Observable<ConversationSnapshot> {
  readonly id: string;
  readonly #world: ConversationWorld;
  readonly #source: Source<ConversationSnapshot>;
  /** The seq that the window is around, as long as what is held reaches there; null at the end. */
  #anchor: number | null = null;
  #loading = 0;
  #trouble: ParleyError | null = null;
  #opened = false;
  #reading: Promise<void> | undefined;

  constructor(id: string, world: ConversationWorld) {
    this.id = id;
    this.#world = world;
    this.#source = new Source(() => this.#snapshot());
  }

  get subscribe(): Observable<ConversationSnapshot>["subscribe"] {
    return this.#source.subscribe;
  }

  get getSnapshot(): Observable<ConversationSnapshot>["getSnapshot"] {
    return this.#source.getSnapshot;
  }

  /** Have its latest messages, its members and how far they have come. Call it when it is shown. */
  async open(): Promise<void> {
    this.#opened = true;
    const log = this.#world.find(this.id);
    if (!log) return;
    await Promise.all([
      log.timeline.rangeAt(this.#place(log)) ? undefined : this.#load({}),
      log.members === null && log.summary.member_count <= FEW_MEMBERS ? this.loadMembers() : undefined,
      log.summary.member_count <= FEW_MARKS ? this.#loadMarks(log) : undefined,
    ]);
  }

  close(): void {
    this.#opened = false;
  }

  /** Whether it is shown somewhere, and so is worth keeping complete. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Read the page before the window. */
  async loadOlder(): Promise<void> {
    const range = this.#range();
    if (!range) return this.#load({});
    if (range.from > 1) await this.#load({ before: range.from });
  }

  /** Read the page behind the window. */
  async loadNewer(): Promise<void> {
    const log = this.#world.find(this.id);
    const range = this.#range();
    if (log && range && range.to < log.cursor) await this.#load({ after: range.to });
    if (this.getSnapshot().atEnd) this.#anchor = null;
  }

  /** Move the window to where this message is. */
  async jumpTo(seq: number): Promise<void> {
    await this.#page(async (log) => {
      await this.#world.history.loadAround(log, seq);
      this.#anchor = seq;
    });
    this.#world.changed(this.id);
  }

  /** Move the window to the end. */
  async jumpToEnd(): Promise<void> {
    this.#anchor = null;
    this.#world.changed(this.id);
    if (!this.#range()) await this.#load({});
  }

  /** Read who is in; who asks while that is being read gets the same. */
  loadMembers(): Promise<void> {
    this.#reading ??= this.#readMembers().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readMembers(): Promise<void> {
    const path = `/v1/conversations/${this.id}/members`;
    await this.#work(async (log) => {
      const { timeline } = log;
      log.awaitMembers();
      const members: Member[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: 200, cursor };
        const page = await this.#world.session.request<Page<Member>>("GET", path, { query });
        members.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined && !log.membersShifted);
      // Of one begun anew meanwhile nobody knows who came and went since this was read.
      const same = this.#world.find(this.id) === log && log.timeline === timeline;
      if (!same || log.membersShifted) return this.#readMembers();
      log.setMembers(members);
    });
  }

  /** Say something; it is shown at once, and on its way until it is in the log. */
  send(body: string, more: Pick<Payload, "reply_to" | "data"> = {}): OutboxItem {
    this.#world.typing.said(this.id);
    this.#anchor = null;
    return this.#command("message.send", { body, ...more });
  }

  edit(message_seq: number, body: string): OutboxItem {
    return this.#command("message.edit", { message_seq, body });
  }

  /** Delete for everyone. */
  delete(message_seq: number): OutboxItem {
    return this.#command("message.delete", { message_seq });
  }

  /** Add a reaction, or take it back where one has reacted so. */
  react(message_seq: number, emoji: string): OutboxItem {
    const shown = this.getSnapshot().messages.find(({ seq }) => seq === message_seq);
    const mine = shown?.reactions[emoji]?.includes(this.#world.me()) ?? false;
    return this.#command(mine ? "reaction.remove" : "reaction.add", { message_seq, emoji });
  }

  pin(message_seq: number, pinned = true): OutboxItem {
    return this.#command(pinned ? "message.pin" : "message.unpin", { message_seq });
  }

  retry(client_id: string): void {
    this.#world.outbox.retry(client_id);
  }

  discard(client_id: string): void {
    this.#world.outbox.discard(client_id);
  }

  /** Everything up to here was seen. */
  markRead(seq: number): void {
    this.#world.markRead(this.id, seq);
  }

  /** This message and what follows is unread again. */
  markUnread(seq: number): Promise<void> {
    return this.#world.markUnread(this.id, seq);
  }

  /** Tell the others that one writes; call it at every key. */
  typing(): void {
    this.#world.typing.say(this.id);
  }

  setDraft(text: string): void {
    this.#world.saveDraft(this.id, text);
  }

  /** For the client: something of what is shown has changed. */
  changed(): void {
    this.#source.changed();
  }

  #command(event: CommandEvent, payload: Payload): OutboxItem {
    return this.#world.outbox.add(this.id, event, payload);
  }

  /** A place of which nothing is held (any more), as after a fresh start, is given up for the end. */
  #place(log: ConversationLog): number {
    return this.#anchor !== null && log.timeline.rangeAt(this.#anchor) ? this.#anchor : log.cursor;
  }

  #range() {
    const log = this.#world.find(this.id);
    return log?.timeline.rangeAt(this.#place(log));
  }

  #load(place: { before?: number; after?: number }): Promise<void> {
    return this.#page((log) => this.#world.history.load(log, place));
  }

  async #loadMarks(log: ConversationLog): Promise<void> {
    const path = `/v1/conversations/${this.id}/marks`;
    await this.#work(async () => {
      const query = { limit: FEW_MARKS };
      const { items } = await this.#world.session.request<Page<MemberMarks>>("GET", path, { query });
      log.takeMarks(items.filter(({ user_id }) => user_id !== this.#world.me()));
    });
  }

  /** Read messages; what came of it is `trouble`, or that there is none. */
  #page(work: (log: ConversationLog) => Promise<unknown>): Promise<void> {
    return this.#work(work, (error) => {
      this.#trouble = error;
    });
  }

  /** Never rejects. Members and marks that could not be read are read by the next `open`. */
  async #work(
    work: (log: ConversationLog) => Promise<unknown>,
    ended: (error: ParleyError | null) => void = () => undefined,
  ): Promise<void> {
    const log = this.#world.find(this.id);
    if (!log) return;
    this.#loading += 1;
    this.#source.changed();
    try {
      await work(log);
      ended(null);
    } catch (reason) {
      ended(asError(reason));
    } finally {
      this.#loading -= 1;
      this.#world.changed(this.id);
    }
  }

  #snapshot(): ConversationSnapshot {
    const { id } = this;
    const log = this.#world.find(id);
    const items = this.#world.outbox.of(id);
    const range = this.#range();
    const atEnd = !log || (range !== undefined && range.to >= log.cursor);
    return {
      id,
      summary: log?.summary ?? null,
      stand: log?.stand ?? NOWHERE,
      lastMessage: log?.lastMessage ?? null,
      messages: log ? overlaid(log.timeline.messagesAt(this.#place(log)), items, this.#world.me()) : [],
      happenings: log?.timeline.happeningsAt(this.#place(log)) ?? [],
      pending: atEnd ? pendingMessages(items) : [],
      atStart: range?.from === 1,
      atEnd,
      loading: this.#loading > 0,
      trouble: this.#trouble,
      members: log?.members ?? null,
      marks: new Map(log?.marks),
      typing: this.#world.typing.in(id),
      draft: this.#world.draft(id),
    };
  }
}
