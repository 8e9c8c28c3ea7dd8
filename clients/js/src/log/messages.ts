/** Messages: what becomes of one by the entries aimed at it. */

import type { Aimed, Entry, MemberLeft, MessageNew } from "../wire.js";

/** A message with everything that is known of it; fields that the wire leaves out are there. */
export interface Message {
  readonly conversation_id: string;
  readonly seq: number;
  readonly at: string;
  readonly actor_id: string;
  readonly client_id: string;
  readonly messages: number;
  readonly body: string;
  readonly attachments: NonNullable<MessageNew["attachments"]>;
  readonly reply_to: number | null;
  readonly mentions: readonly string[];
  readonly data: MessageNew["data"] | null;
  readonly edited_at: string | null;
  readonly deleted_at: string | null;
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  readonly pinned: boolean;
  /** The last entry that is in it: entries up to it say nothing new of this message. */
  readonly changed_seq: number;
}

export function messageOf(entry: MessageNew): Message {
  return {
    conversation_id: entry.conversation_id,
    seq: entry.seq,
    at: entry.at,
    actor_id: entry.actor_id,
    client_id: entry.client_id ?? "",
    messages: entry.messages,
    body: entry.body,
    attachments: entry.attachments ?? [],
    reply_to: entry.reply_to ?? null,
    mentions: entry.mentions ?? [],
    data: entry.data ?? null,
    edited_at: entry.edited_at ?? null,
    deleted_at: entry.deleted_at ?? null,
    reactions: entry.reactions ?? {},
    pinned: entry.pinned ?? false,
    changed_seq: entry.changed_seq ?? 0,
  };
}

export function isAimed(entry: Entry): entry is Aimed {
  return "message_seq" in entry;
}

/** The end of an account, which empties everything that its person had written in a conversation. */
export type Erasure = MemberLeft & { reason: "erased" };

export function isErasure(entry: Entry): entry is Erasure {
  return entry.type === "member.left" && entry.reason === "erased";
}

/** The message after somebody was erased; the same where it is another's, or later. */
export function erased(message: Message, { user_id, seq, at }: Erasure): Message {
  const theirs = message.actor_id === user_id && message.seq < seq && message.deleted_at === null;
  return theirs ? deleted(message, at) : message;
}

/** The message after one more entry aimed at it; the same where it was in already. */
export function advanced(message: Message, entry: Aimed): Message {
  if (entry.seq <= message.changed_seq) return message;
  return { ...changed(message, entry), changed_seq: entry.seq };
}

function changed(message: Message, entry: Aimed): Message {
  if (message.deleted_at !== null) return message;
  switch (entry.type) {
    case "message.edited":
      return { ...message, body: entry.body, mentions: entry.mentions ?? [], edited_at: entry.at };
    case "message.deleted":
      return deleted(message, entry.at);
    case "message.annotated":
      return { ...message, attachments: entry.attachments ?? [] };
    case "message.pinned":
      return { ...message, pinned: true };
    case "message.unpinned":
      return { ...message, pinned: false };
    case "reaction.added":
      return { ...message, reactions: reacted(message.reactions, entry.emoji, entry.actor_id) };
    case "reaction.removed":
      return { ...message, reactions: unreacted(message.reactions, entry.emoji, entry.actor_id) };
  }
}

/** Emptied, as nothing of a deleted message is left to show. */
export function deleted(message: Message, at: string): Message {
  return {
    ...message,
    body: "",
    attachments: [],
    reply_to: null,
    mentions: [],
    data: null,
    deleted_at: at,
    reactions: {},
    pinned: false,
  };
}

type Reactions = Message["reactions"];

export function reacted(reactions: Reactions, emoji: string, user_id: string): Reactions {
  const people = reactions[emoji] ?? [];
  if (people.includes(user_id)) return reactions;
  return { ...reactions, [emoji]: [...people, user_id].sort() };
}

export function unreacted(reactions: Reactions, emoji: string, user_id: string): Reactions {
  const { [emoji]: people = [], ...others } = reactions;
  const left = people.filter((one) => one !== user_id);
  return left.length > 0 ? { ...others, [emoji]: left } : others;
}
