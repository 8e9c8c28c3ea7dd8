/** A conversation as a server keeps it, small enough to be evidently right: what the client is held against. */

import { isHappening } from "../src/log/happenings.js";
import type { Entry, HappeningPage, Member, MessageNew, MessagePage, Missed, Summary } from "../src/wire.js";

export const ME = "me";
export const PEOPLE = [ME, "ada", "bob"] as const;
export const ID = "talk";

export type Step =
  | { do: "say"; who: number; text: string; mentions: boolean }
  | { do: "edit" | "delete" | "react" | "unreact" | "pin" | "unpin"; who: number; at: number; text: string }
  | { do: "join" | "leave" | "promote" | "erase"; who: number }
  | { do: "rename"; text: string }
  /** I leave, or am brought back. */
  | { do: "go" }
  | { do: "come" };

type Said = Extract<Entry, { type: "message.new" }>;

export class ModelConversation {
  readonly log: Entry[] = [];
  readonly members = new Map<string, Member>();
  readonly #erased = new Map<string, Entry>();
  #name = "talk";
  #messages = 0;

  constructor() {
    const members = [
      { user_id: ME, role: "owner" as const },
      { user_id: "ada", role: "member" as const },
    ];
    for (const member of members) this.members.set(member.user_id, { ...member, joined_seq: 1 });
    this.#append(ME, { type: "conversation.created", kind: "group", name: this.#name, members });
  }

  get head(): number {
    return this.log.length;
  }

  /** Do a step if it can be done. */
  take(step: Step): void {
    if (step.do === "go" || step.do === "come") this.#mine(step.do);
    else if (step.do === "rename") {
      this.#name = step.text;
      this.#append(ME, { type: "conversation.changed", changes: { name: step.text } });
    } else if (step.do === "say") this.#say(step);
    else if ("at" in step) this.#aim(step);
    else if ("who" in step) this.#membership(step);
  }

  /** The log after a seq as it is read later: with present contents. */
  after(seq: number, most = 500): Entry[] {
    return this.log.slice(seq, seq + most).map((entry) => this.#present(entry));
  }

  missed(cursor: number, most = 500): Missed {
    const entries = this.after(cursor, most);
    const more = cursor + entries.length < this.head;
    return { conversation_id: ID, head: this.head, entries, more };
  }

  page({ before, after }: { before?: number; after?: number }, limit: number): MessagePage {
    const all = this.log.filter((entry): entry is Said => entry.type === "message.new");
    const fitting = all.filter(
      ({ seq }) => (before === undefined || seq < before) && (after === undefined || seq > after),
    );
    const chosen = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
    const items = chosen.map((entry) => this.shown(entry.seq));
    const next = after === undefined ? chosen[0]?.seq : chosen.at(-1)?.seq;
    return { items, head: this.head, ...(chosen.length < fitting.length ? { next: next! } : {}) };
  }

  happenings({ after, before }: { after: number; before: number }, limit: number): HappeningPage {
    const all = this.log.filter(isHappening).filter(({ seq }) => after < seq && seq < before);
    const items = all.slice(0, limit);
    return { items, ...(items.length < all.length ? { next: items.at(-1)!.seq } : {}) };
  }

  /** A message as history shows it. */
  shown(seq: number): MessageNew {
    const message = this.#present(this.log[seq - 1]!) as Said;
    const aimed = this.log.filter((entry) => "message_seq" in entry && entry.message_seq === seq);
    const reactions: Record<string, string[]> = {};
    let pinned = false;
    for (const entry of aimed) {
      if (entry.type === "reaction.added")
        reactions[entry.emoji] = [...(reactions[entry.emoji] ?? []), entry.actor_id].sort();
      if (entry.type === "reaction.removed") {
        const left = (reactions[entry.emoji] ?? []).filter((one) => one !== entry.actor_id);
        if (left.length > 0) reactions[entry.emoji] = left;
        else delete reactions[entry.emoji];
      }
      if (entry.type === "message.pinned") pinned = true;
      if (entry.type === "message.unpinned") pinned = false;
    }
    const changed_seq = aimed.at(-1)?.seq ?? 0;
    if (message.deleted_at) return { ...message, reactions: {}, pinned: false, changed_seq };
    return { ...message, reactions, pinned, changed_seq };
  }

  summary(): Summary {
    return {
      conversation_id: ID,
      kind: "group",
      name: this.#name,
      created_at: this.log[0]!.at,
      at: this.log.at(-1)!.at,
      head: this.head,
      messages: this.#messages,
      member_count: this.members.size,
      role: this.members.get(ME)?.role ?? "member",
    };
  }

  /** How many messages follow a seq, and in how many of them others mention me. */
  unread(seq: number): { unread: number; mentions: number } {
    const later = this.log.filter((entry): entry is Said => entry.type === "message.new" && entry.seq > seq);
    const others = later.filter(({ actor_id }) => actor_id !== ME);
    const mentions = others.filter((entry) => (this.#present(entry) as Said).mentions?.includes(ME)).length;
    return { unread: later.length, mentions };
  }

  #say({ who, text, mentions }: Extract<Step, { do: "say" }>): void {
    const actor = PEOPLE[who % PEOPLE.length]!;
    if (!this.members.has(actor)) return;
    this.#messages += 1;
    this.#append(actor, { type: "message.new", body: text, ...(mentions ? { mentions: [ME] } : {}) });
  }

  #aim(step: Extract<Step, { at: number }>): void {
    const said = this.log.filter((entry): entry is Said => entry.type === "message.new");
    const message = said[step.at % Math.max(1, said.length)];
    const actor = PEOPLE[step.who % PEOPLE.length]!;
    if (!message || !this.members.has(actor)) return;
    const now = this.shown(message.seq);
    if (now.deleted_at) return;
    const message_seq = message.seq;
    const mine = now.reactions?.[step.text]?.includes(actor) ?? false;
    switch (step.do) {
      case "edit":
        return this.#append(message.actor_id, { type: "message.edited", message_seq, body: step.text });
      case "delete":
        return this.#append(message.actor_id, { type: "message.deleted", message_seq });
      case "react":
        if (!mine) this.#append(actor, { type: "reaction.added", message_seq, emoji: step.text });
        return;
      case "unreact":
        if (mine) this.#append(actor, { type: "reaction.removed", message_seq, emoji: step.text });
        return;
      case "pin":
        if (!now.pinned) this.#append(actor, { type: "message.pinned", message_seq });
        return;
      case "unpin":
        if (now.pinned) this.#append(actor, { type: "message.unpinned", message_seq });
    }
  }

  #membership(step: Extract<Step, { do: "join" | "leave" | "promote" | "erase" }>): void {
    const user_id = PEOPLE[1 + (step.who % 2)]!;
    const member = this.members.get(user_id);
    if (step.do === "erase" && member) this.#erase(user_id);
    if (step.do === "join" && !member && !this.#erased.has(user_id)) {
      this.#append(ME, { type: "member.joined", user_id, role: "member" });
      this.members.set(user_id, { user_id, role: "member", joined_seq: this.head });
    }
    if (step.do === "leave" && member) {
      this.#append(user_id, { type: "member.left", user_id, reason: "left" });
      this.members.delete(user_id);
    }
    if (step.do === "promote" && member && member.role !== "admin") {
      this.#append(ME, { type: "member.changed", user_id, role: "admin" });
      this.members.set(user_id, { ...member, role: "admin" });
    }
  }

  #mine(what: "go" | "come"): void {
    if (what === "go" && this.members.delete(ME))
      this.#append(ME, { type: "member.left", user_id: ME, reason: "left" });
    if (what === "come" && !this.members.has(ME)) {
      this.#append("ada", { type: "member.joined", user_id: ME, role: "member" });
      this.members.set(ME, { user_id: ME, role: "member", joined_seq: this.head });
    }
  }

  #erase(user_id: string): void {
    const theirs = this.log.filter(({ type, actor_id }) => type === "message.new" && actor_id === user_id);
    for (const { seq } of theirs)
      if (this.shown(seq).pinned) this.#append(user_id, { type: "message.unpinned", message_seq: seq });
    this.#append(user_id, { type: "member.left", user_id, reason: "erased" });
    this.members.delete(user_id);
    this.#erased.set(user_id, this.log.at(-1)!);
  }

  #present(entry: Entry): Entry {
    const deletion = (seq: number) =>
      this.log.find((one) => one.type === "message.deleted" && one.message_seq === seq) ??
      this.#erased.get(this.log[seq - 1]!.actor_id);
    if (entry.type === "message.edited" && deletion(entry.message_seq))
      return { ...entry, body: "", mentions: [] };
    if (entry.type !== "message.new") return entry;
    const edit = this.log.findLast((one) => one.type === "message.edited" && one.message_seq === entry.seq);
    const edited =
      edit?.type === "message.edited" ? { body: edit.body, mentions: [], edited_at: edit.at } : {};
    const gone = deletion(entry.seq);
    const now = { ...entry, ...edited };
    return gone ? { ...now, body: "", mentions: [], deleted_at: gone.at } : now;
  }

  #append(actor_id: string, more: object): void {
    const seq = this.head + 1;
    const at = new Date(1_700_000_000_000 + seq * 1000).toISOString();
    const stamp = { conversation_id: ID, seq, at, actor_id, client_id: `c${seq}`, messages: this.#messages };
    this.log.push({ ...stamp, ...more } as Entry);
  }
}
