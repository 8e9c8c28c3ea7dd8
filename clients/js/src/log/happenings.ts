/** Happenings: the entries of a conversation that are shown between its messages. */

import type { Entry, Happening } from "../wire.js";

const TYPES: ReadonlySet<Entry["type"]> = new Set<Happening["type"]>([
  "message.pinned",
  "message.unpinned",
  "member.joined",
  "member.left",
  "member.changed",
  "conversation.created",
  "conversation.changed",
  "conversation.deleted",
]);

export function isHappening(entry: Entry): entry is Happening {
  return TYPES.has(entry.type);
}

/** Both, ascending, each once. They never change. */
export function merged(some: readonly Happening[], others: readonly Happening[]): readonly Happening[] {
  if (others.length === 0) return some;
  const all = new Map([...some, ...others].map((one) => [one.seq, one]));
  return [...all.values()].sort((one, other) => one.seq - other.seq);
}
