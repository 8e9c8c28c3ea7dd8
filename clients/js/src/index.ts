/** parley-client: the client's side of what Parley promises. */

export { Api, type Changes, type DeviceSession, type Profile } from "./api.js";
export { Blocks } from "./blocks.js";
export { type ClientOptions, type LinkState, ParleyClient } from "./client.js";
export type { ConnectionState } from "./connection.js";
export { Contacts } from "./contacts.js";
export { Conversation, type ConversationSnapshot } from "./conversation.js";
export { ParleyError } from "./errors.js";
export { indexedDbStore } from "./indexeddb.js";
export type { ListItem } from "./list.js";
export type { Stand } from "./log/conversation_log.js";
export type { Message } from "./log/messages.js";
export { type Observable, until } from "./observable.js";
export type { OutboxItem, OutboxState } from "./outbox.js";
export type { PendingMessage, ShownMessage } from "./overlay.js";
export { receiptOf } from "./receipts.js";
export {
  type Credentials,
  memoryKeeper,
  type Registration,
  type SessionState,
  type TokenKeeper,
} from "./session.js";
export type { Kept, KeptConversation, Store } from "./store.js";
export type * from "./wire.js";
