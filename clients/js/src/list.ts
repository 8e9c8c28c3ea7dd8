/** The list of one's conversations, as it is shown. */

import type { ConversationLog, Stand } from "./log/conversation_log.js";
import type { Message } from "./log/messages.js";
import type { Outbox } from "./outbox.js";
import type { Typing } from "./typing.js";
import type { Summary } from "./wire.js";

export interface ListItem {
  readonly id: string;
  readonly summary: Summary;
  readonly stand: Stand;
  readonly lastMessage: Message | null;
  /** The instant of the last message, else of the beginning. */
  readonly activeAt: string;
  readonly typing: readonly string[];
  /** How many of one's own messages are on their way, and how many were refused. */
  readonly waiting: number;
  readonly failed: number;
  /** The last of them, as it was written. */
  readonly sending: string | null;
}

export function listed(logs: Iterable<ConversationLog>, outbox: Outbox, typing: Typing): readonly ListItem[] {
  const items = [...logs].map((log) => item(log, outbox, typing));
  return items.sort((one, other) =>
    one.activeAt < other.activeAt ? 1 : one.activeAt > other.activeAt ? -1 : 0,
  );
}

function item(log: ConversationLog, outbox: Outbox, typing: Typing): ListItem {
  const { id, summary, stand, lastMessage, activeAt } = log;
  const sends = outbox.of(id).filter(({ event }) => event === "message.send");
  return {
    id,
    summary,
    stand,
    lastMessage,
    activeAt,
    typing: typing.in(id),
    waiting: sends.filter(({ state }) => state !== "failed").length,
    failed: sends.filter(({ state }) => state === "failed").length,
    sending: sends.at(-1)?.payload.body ?? null,
  };
}
