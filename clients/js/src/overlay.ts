/** Overlay: messages as they will be once everything on its way has arrived. */

import { type Message, reacted, unreacted } from "./log/messages.js";
import type { OutboxItem } from "./outbox.js";

/** A message, and what of it is on its way. */
export interface ShownMessage extends Message {
  readonly changing?: OutboxItem;
}

/** A message that is on its way. */
export interface PendingMessage {
  readonly client_id: string;
  readonly at: string;
  readonly body: string;
  readonly reply_to: number | null;
  readonly data: Message["data"];
  readonly state: OutboxItem["state"];
  readonly error?: { code: string; message: string };
}

export function pendingMessages(items: readonly OutboxItem[]): PendingMessage[] {
  return items
    .filter((item) => item.event === "message.send")
    .map(({ client_id, at, payload, state, error }) => ({
      client_id,
      at,
      body: payload.body ?? "",
      reply_to: payload.reply_to ?? null,
      data: payload.data ?? null,
      state,
      ...(error ? { error } : {}),
    }));
}

/** The same array where nothing is on its way to these messages. */
export function overlaid(
  messages: readonly Message[],
  items: readonly OutboxItem[],
  me: string,
): readonly ShownMessage[] {
  const changes = items.filter((item) => item.payload.message_seq !== undefined);
  if (changes.length === 0) return messages;
  return messages.map((message) => {
    const mine = changes.filter((item) => item.payload.message_seq === message.seq);
    return mine.reduce<ShownMessage>((shown, item) => changed(shown, item, me), message);
  });
}

function changed(message: ShownMessage, item: OutboxItem, me: string): ShownMessage {
  const changing = { ...message, changing: item };
  if (item.state === "failed" || message.deleted_at !== null) return changing;
  const { body, emoji = "" } = item.payload;
  switch (item.event) {
    case "message.edit":
      return { ...changing, body: body ?? message.body, edited_at: item.at };
    case "message.pin":
      return { ...changing, pinned: true };
    case "message.unpin":
      return { ...changing, pinned: false };
    case "reaction.add":
      return { ...changing, reactions: reacted(message.reactions, emoji, me) };
    case "reaction.remove":
      return { ...changing, reactions: unreacted(message.reactions, emoji, me) };
    default:
      return changing; // a deletion shows as under way: what is gone can't be brought back if it is refused
  }
}
