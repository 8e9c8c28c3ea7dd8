/** What the server sends, as `docs/reference/events.md` and its OpenAPI document describe it. */

export type Role = "owner" | "admin" | "member" | "guest";
export type Kind = "direct" | "group" | "room";
export type Status = "online" | "away" | "busy" | "invisible" | "offline";
export type Chosen = Exclude<Status, "offline">;
export type Json = Record<string, unknown>;

export interface Attachment {
  media_id: string;
  name: string;
  type: string;
  size: number;
  width?: number;
  height?: number;
  duration?: number;
  poster_id?: string;
}

interface Stamp {
  conversation_id: string;
  seq: number;
  at: string;
  actor_id: string;
  client_id: string;
  /** How many messages the conversation has up to here. */
  messages: number;
}

export interface MessageNew extends Stamp {
  type: "message.new";
  body: string;
  attachments?: Attachment[];
  reply_to?: number;
  mentions?: string[];
  data?: Json;
  edited_at?: string;
  deleted_at?: string;
  /** The last three come from history alone; what moves the log brings them as entries. */
  reactions?: Record<string, string[]>;
  pinned?: boolean;
  changed_seq?: number;
}

/** Entries that say something of a message. */
export type Aimed = Stamp & { message_seq: number } & (
    | { type: "message.edited"; body: string; mentions?: string[] }
    | { type: "message.deleted" }
    | { type: "message.annotated"; attachments?: Attachment[] }
    | { type: "reaction.added" | "reaction.removed"; emoji: string }
    | { type: "message.pinned" | "message.unpinned" }
  );

export interface MemberJoined extends Stamp {
  type: "member.joined";
  user_id: string;
  role: Role;
}

export interface MemberLeft extends Stamp {
  type: "member.left";
  user_id: string;
  reason: "left" | "removed" | "banned" | "erased";
  owner_id?: string;
}

/** A member has another role; or, with `banned`, somebody who is not in may not come in, or may again. */
export interface MemberChanged extends Stamp {
  type: "member.changed";
  user_id: string;
  role?: Role;
  banned?: boolean;
}

export interface ConversationCreated extends Stamp {
  type: "conversation.created";
  kind: Kind;
  members: { user_id: string; role: Role }[];
  name?: string;
  topic?: string;
  data?: Json;
}

export interface ConversationChanged extends Stamp {
  type: "conversation.changed";
  changes: { name?: string | null; topic?: string | null; avatar?: string | null; data?: Json | null };
}

export interface ConversationDeleted extends Stamp {
  type: "conversation.deleted";
}

export type MembershipEntry = MemberJoined | MemberLeft | MemberChanged;

export type Entry =
  | MessageNew
  | Aimed
  | MembershipEntry
  | ConversationCreated
  | ConversationChanged
  | ConversationDeleted;

/** What happens to the conversation itself, beside what is said in it. */
export type Happening = Extract<
  Entry,
  {
    type:
      | "message.pinned"
      | "message.unpinned"
      | "member.joined"
      | "member.left"
      | "member.changed"
      | "conversation.created"
      | "conversation.changed"
      | "conversation.deleted";
  }
>;

/** The names of the pushes that are entries; anything else the server sends is state. */
export const ENTRY_TYPES: readonly Entry["type"][] = [
  "message.new",
  "message.edited",
  "message.deleted",
  "message.annotated",
  "reaction.added",
  "reaction.removed",
  "message.pinned",
  "message.unpinned",
  "member.joined",
  "member.left",
  "member.changed",
  "conversation.created",
  "conversation.changed",
  "conversation.deleted",
];

export interface User {
  user_id: string;
  username?: string | null;
  display_name: string;
  created_at: string;
  bio?: string | null;
  avatar?: string | null;
  status?: string | null;
  data?: Json;
  /** Made here, by no answer: there is no such account any more. */
  gone?: true;
}

export interface Me extends User {
  email?: string | null;
  email_verified?: boolean;
  /** An address that becomes one's own once it was shown to be. */
  new_email?: string | null;
}

export interface Grant {
  access_token: string;
  /** In seconds. */
  expires_in: number;
  refresh_token: string;
}

export interface SignedIn extends Grant {
  user: Me;
  epoch: string;
}

export interface Summary {
  conversation_id: string;
  kind: Kind;
  name?: string | null;
  topic?: string | null;
  avatar?: string | null;
  data?: Json | null;
  created_at: string;
  /** When its last entry came. */
  at: string;
  head: number;
  messages: number;
  member_count: number;
  role: Role;
  /** The people of a direct one. */
  user_ids?: string[];
  muted?: boolean;
  archived?: boolean;
}

export interface Listed extends Summary {
  last_message?: MessageNew;
  unread: number;
  mentions: number;
  marks: { delivered: number; read: number };
}

export interface Standing {
  conversation_id: string;
  /** Entries up to here are in `unread` and `mentions`. */
  head: number;
  delivered: number;
  read: number;
  unread: number;
  mentions: number;
}

export interface Member {
  user_id: string;
  role: Role;
  joined_seq: number;
}

export interface MemberMarks {
  user_id: string;
  delivered: number;
  read?: number;
}

export interface Receipt {
  conversation_id: string;
  marks: MemberMarks[];
}

export interface Presence {
  user_id: string;
  status: Status;
  last_seen_at?: string;
}

export interface TypingPush {
  conversation_id: string;
  user_id: string;
  for_ms: number;
}

export interface Room {
  conversation_id: string;
  name: string;
  topic?: string;
  avatar?: string;
  data?: Json;
  created_at: string;
  member_count: number;
}

export interface MessagePage {
  items: MessageNew[];
  head: number;
  next?: number;
}

export interface HappeningPage {
  items: Happening[];
  next?: number;
}

/** Pinned messages, the latest first; `next` is the seq to name as `before`. */
export interface PinPage {
  items: MessageNew[];
  next?: number;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export interface Missed {
  conversation_id: string;
  head: number;
  entries: Entry[];
  more: boolean;
  gained?: Summary;
  reset?: boolean;
}

export interface SyncAnswer {
  epoch: string;
  more: boolean;
  conversations: Missed[];
  lost: { conversation_id: string; seq: number }[];
  marks: Standing[];
}

export interface Block {
  user_id: string;
  user?: User;
}

export type ContactStatus = "accepted" | "incoming" | "outgoing";

export interface Contact {
  user_id: string;
  /** `incoming` is somebody who asks, `outgoing` somebody who was asked. */
  status: ContactStatus;
  since: string;
  /** These three are for the owner of the list alone. */
  name?: string;
  notes?: string;
  data?: Json;
  user: User;
}

export interface ContactChanges {
  name?: string | null;
  notes?: string | null;
  data?: Json | null;
}

/** A person, by exactly one of these. By e-mail few are found at all. */
export type Whom = { user_id: string } | { username: string } | { email: string };

export interface Problem {
  code: string;
  message: string;
  details?: Json;
}

export type Ack<T> = ({ ok: true } & T) | { ok: false; error: Problem };
export interface EntryAck {
  entry?: Entry;
  duplicate?: boolean;
}
