/** Api: what is asked by REST and concerns no log that one follows, or begins one. */

import type { Session } from "./session.js";
import type { Entry, Json, Me, MessageNew, Page, PinPage, Role, Room, Summary, User } from "./wire.js";

export interface DeviceSession {
  session_id: string;
  device: string;
  address: string;
  created_at: string;
  used_at: string;
  current?: boolean;
}

export interface Profile {
  username?: string;
  display_name?: string;
  bio?: string | null;
  avatar?: string | null;
  status?: string | null;
  data?: Json | null;
  /** Another e-mail address is one's own once a code that is mailed there was shown; it needs the password. */
  email?: string | null;
  password?: string;
}

export interface Changes {
  name?: string;
  topic?: string | null;
  avatar?: string | null;
  data?: Json | null;
}

export class Api {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** People whose username or display name begins so. */
  users(query: string, cursor?: string, limit = 30): Promise<Page<User>> {
    return this.#get("/v1/users", { query, cursor, limit });
  }

  /** Rooms whose name has words that begin so. */
  rooms(query: string, cursor?: string, limit = 30): Promise<Page<Room>> {
    return this.#get("/v1/rooms", { query, cursor, limit });
  }

  openDirect(user_id: string): Promise<Summary> {
    return this.#session.request("PUT", `/v1/direct/${user_id}`);
  }

  createGroup(name: string, members: readonly string[], client_id: string): Promise<Entry> {
    return this.#post("/v1/conversations", { kind: "group", name, members, client_id });
  }

  createRoom(name: string, topic: string | undefined, client_id: string): Promise<Entry> {
    const about = topic === undefined ? {} : { topic };
    return this.#post("/v1/conversations", { kind: "room", name, ...about, client_id });
  }

  conversation(id: string): Promise<Summary> {
    return this.#get(`/v1/conversations/${id}`);
  }

  join(id: string): Promise<Entry | undefined> {
    return this.#post(`/v1/conversations/${id}/join`, {});
  }

  leave(id: string): Promise<Entry> {
    return this.#post(`/v1/conversations/${id}/leave`, {});
  }

  change(id: string, changes: Changes): Promise<Entry | undefined> {
    return this.#session.request("PATCH", `/v1/conversations/${id}`, { body: changes });
  }

  /** End it for everyone. */
  deleteConversation(id: string): Promise<Entry> {
    return this.#session.request("DELETE", `/v1/conversations/${id}`);
  }

  addMember(id: string, user_id: string, role: Role = "member"): Promise<Entry | undefined> {
    return this.#post(`/v1/conversations/${id}/members`, { user_id, role });
  }

  removeMember(id: string, user_id: string): Promise<Entry | undefined> {
    return this.#session.request("DELETE", `/v1/conversations/${id}/members/${user_id}`);
  }

  changeRole(id: string, user_id: string, role: Role): Promise<Entry | undefined> {
    return this.#session.request("PATCH", `/v1/conversations/${id}/members/${user_id}`, { body: { role } });
  }

  /** Keep somebody out, who is taken out first where they are in. */
  ban(id: string, user_id: string): Promise<Entry | undefined> {
    return this.#session.request("PUT", `/v1/conversations/${id}/bans/${user_id}`);
  }

  liftBan(id: string, user_id: string): Promise<Entry | undefined> {
    return this.#session.request("DELETE", `/v1/conversations/${id}/bans/${user_id}`);
  }

  /** Who may not come in, for admins. */
  bans(id: string, cursor?: string): Promise<Page<{ user_id: string }>> {
    return this.#get(`/v1/conversations/${id}/bans`, { cursor });
  }

  message(id: string, seq: number): Promise<MessageNew> {
    return this.#get(`/v1/conversations/${id}/messages/${seq}`);
  }

  /** Every body that a message had, the first one first. */
  edits(id: string, seq: number): Promise<{ items: { body: string; at: string }[] }> {
    return this.#get(`/v1/conversations/${id}/messages/${seq}/edits`);
  }

  /** The messages that are pinned, the latest first; `before` is the `next` of the page above. */
  pins(id: string, before?: number): Promise<PinPage> {
    return this.#get(`/v1/conversations/${id}/pins`, { before });
  }

  /** Take a pin away, shown or not; `Conversation.pin` does it for a message that is at hand. */
  unpin(id: string, seq: number): Promise<Entry | undefined> {
    return this.#session.request("DELETE", `/v1/conversations/${id}/messages/${seq}/pin`);
  }

  changeProfile(profile: Profile): Promise<Me> {
    return this.#session.request("PATCH", "/v1/me", { body: profile });
  }

  /** Erase one's account, for good. */
  eraseMe(password: string): Promise<void> {
    return this.#session.request("DELETE", "/v1/me", { body: { password } });
  }

  /** The devices signed in. */
  sessions(): Promise<Page<DeviceSession>> {
    return this.#get("/v1/auth/sessions");
  }

  revokeSession(session_id: string): Promise<void> {
    return this.#session.request("DELETE", `/v1/auth/sessions/${session_id}`);
  }

  /** Sign out every device, this one too. */
  logoutAll(): Promise<void> {
    return this.#post("/v1/auth/logout-all", {});
  }

  /** Other devices are signed out by it. */
  changePassword(current_password: string, password: string): Promise<void> {
    return this.#post("/v1/auth/password", { current_password, password });
  }

  /** Have a code for a new password mailed to this address, if it is anybody's: the answer is the same. */
  forgotPassword(email: string): Promise<void> {
    return this.#session.anonymously("POST", "/v1/auth/password-reset", { email });
  }

  /** Set another password by the code that was mailed; all devices are signed out by it. */
  resetPassword(code: string, password: string): Promise<void> {
    return this.#session.anonymously("POST", "/v1/auth/password-reset/confirm", { code, password });
  }

  /** Have a code mailed that shows that one's e-mail address is one's own. */
  askForVerification(): Promise<void> {
    return this.#post("/v1/auth/verify-email", {});
  }

  /** Show it by that code, signed in or not. */
  verifyEmail(code: string): Promise<void> {
    return this.#session.anonymously("POST", "/v1/auth/verify-email", { code });
  }

  #get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    return this.#session.request<T>("GET", path, { query });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return this.#session.request<T>("POST", path, { body });
  }
}
