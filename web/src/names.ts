/** Names: what people and conversations are called here. */

import type { ListItem, Summary, User } from "parley-client";
import { client } from "./client";
import { useSnapshot } from "./hooks";
import { plainText } from "./text/plain";

export function nameOf(user: User | undefined): string {
  if (user?.gone) return "Deleted account";
  return user?.display_name || user?.username || "…";
}

/** Who is on the other side of a direct conversation; oneself where it is for notes. */
export function otherOf(summary: Summary): string | undefined {
  const ids = summary.user_ids ?? [];
  return ids.find((id) => id !== client.me?.user_id) ?? ids[0];
}

/** What a conversation is called, for oneself. */
export function titleOf(summary: Summary, people: ReadonlyMap<string, User>): string {
  if (summary.kind !== "direct") return summary.name ?? "Unnamed";
  const other = otherOf(summary);
  if (other === undefined) return "Direct conversation";
  if (other === client.me?.user_id) return "Notes to yourself";
  return nameOf(people.get(other) ?? client.people.get(other));
}

export function useTitle(summary: Summary): string {
  return titleOf(summary, useSnapshot(client.people.changes));
}

/** What a list says of the last message. */
export function previewOf(item: ListItem, people: ReadonlyMap<string, User>): string {
  const { lastMessage, summary, sending } = item;
  if (sending !== null) return `You: ${plainText(sending, 160)}`;
  if (!lastMessage) return summary.kind === "direct" ? "Say hello" : "No messages yet";
  const text = lastMessage.deleted_at ? "Message deleted" : plainText(lastMessage.body, 160);
  if (lastMessage.actor_id === client.me?.user_id) return `You: ${text}`;
  if (summary.kind === "direct") return text;
  const author = people.get(lastMessage.actor_id) ?? client.people.get(lastMessage.actor_id);
  return `${nameOf(author)}: ${text}`;
}

/** Who types, in words. */
export function typingText(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
