/** Store: what a device keeps of its person over restarts. Losing it costs a fresh start, and drafts. */

import type { Stand } from "./log/conversation_log.js";
import type { Message } from "./log/messages.js";
import type { Range } from "./log/timeline.js";
import type { OutboxItem } from "./outbox.js";
import type { Happening, Me, Summary, User } from "./wire.js";

/** All of a conversation as of one cursor, with its latest messages. Written whole, so that it fits together. */
export interface KeptConversation {
  id: string;
  cursor: number;
  summary: Summary;
  stand: Stand;
  lastMessage: Message | null;
  /** Of which `messages` and `happenings` hold all; null where nothing is kept. */
  range: Range | null;
  messages: Message[];
  happenings: Happening[];
}

export interface Kept {
  user: Me;
  epoch: string | undefined;
  conversations: KeptConversation[];
  outbox: OutboxItem[];
  drafts: Map<string, string>;
  people: User[];
}

/** Writes may come late, each is whole. What can't be kept (no space, private mode) is not kept; nothing fails of it. */
export interface Store {
  /** What was kept of whoever was here last; null where that is nobody. */
  load(): Promise<Kept | null>;
  /** From now on this is kept of this person. What was kept of anybody else is gone. */
  own(user: Me): Promise<void>;
  saveEpoch(epoch: string): Promise<void>;
  saveConversations(conversations: readonly KeptConversation[]): Promise<void>;
  removeConversations(ids: readonly string[]): Promise<void>;
  saveItem(item: OutboxItem): Promise<void>;
  removeItem(client_id: string): Promise<void>;
  saveDraft(conversation_id: string, text: string): Promise<void>;
  savePeople(people: readonly User[]): Promise<void>;
  clear(): Promise<void>;
}
