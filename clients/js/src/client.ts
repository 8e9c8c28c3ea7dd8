/** The client: everything of one person on one device, put together. */

import { Api, type Profile } from "./api.js";
import { Blocks } from "./blocks.js";
import { Connection, type IoOptions } from "./connection.js";
import { Contacts } from "./contacts.js";
import { Conversation } from "./conversation.js";
import { ParleyError, refused } from "./errors.js";
import { History } from "./history.js";
import { Keeping } from "./keeping.js";
import { type ListItem, listed } from "./list.js";
import type { ConversationLog } from "./log/conversation_log.js";
import { type Erasure, isErasure } from "./log/messages.js";
import { Replica, type Rest } from "./log/replica.js";
import { Marking } from "./marking.js";
import { batch, Cell, Source } from "./observable.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { type Credentials, type Registration, Session, type SessionOptions } from "./session.js";
import type { Kept, Store } from "./store.js";
import { Syncing } from "./syncing.js";
import { Typing } from "./typing.js";
import type {
  Chosen,
  Contact,
  Entry,
  EntryAck,
  Listed,
  Me,
  Page,
  Presence,
  Receipt,
  Role,
  SyncAnswer,
  TypingPush,
} from "./wire.js";
import { ENTRY_TYPES } from "./wire.js";

export interface ClientOptions extends SessionOptions {
  /** Keeps what is here over restarts, such as `indexedDbStore()`. */
  store?: Store;
  /** For socket.io-client. */
  io?: IoOptions;
  /** Makes client_ids; `crypto.randomUUID` by default. */
  newId?: () => string;
}

/** `offline` until connected, `catching-up` until everything missed is there, then `live`. */
export type LinkState = "offline" | "catching-up" | "live";

const LIST_PAGE = 200;
const MOST_PREVIEWS = 20;
const MOST_TRIES = 5;
const STARTS_AGAIN_MS = 2_000;
const ENTRIES: ReadonlySet<string> = new Set(ENTRY_TYPES);

export class ParleyClient {
  readonly session: Session;
  readonly api: Api;
  readonly people: People;
  readonly blocks: Blocks;
  /** Read by whoever shows them, `contacts.read()`, and brought up to date from then on. */
  readonly contacts: Contacts;
  readonly link = new Cell<LinkState>("offline");
  /** Why the server refuses to tell what was missed, which is asked for ever less often; null where it does not. */
  readonly trouble = new Cell<ParleyError | null>(null);
  /** Whether the list of conversations is complete; until then it may be what was kept, or nothing. */
  readonly listed = new Cell(false);
  /** One's conversations, those of the latest activity first. */
  readonly conversations: Source<readonly ListItem[]>;
  /** How one chose to appear. */
  readonly status = new Cell<Chosen>("online");

  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #typing: Typing;
  readonly #history: History;
  readonly #keeping: Keeping;
  readonly #marking: Marking;
  readonly #newId: () => string;
  readonly #handles = new Map<string, Conversation>();
  readonly #drafts = new Map<string, string>();
  #replica = new Replica("");
  #syncing: Syncing | undefined;
  #starting: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions) {
    const find = (id: string) => this.#replica.logs.get(id);
    this.#newId = options.newId ?? (() => crypto.randomUUID());
    this.session = new Session(options);
    this.api = new Api(this.session);
    this.#history = new History(this.session);
    this.#keeping = new Keeping(options.store, find);
    this.#connection = new Connection(options.url, this.session, options.io ?? {}, {
      connected: () => void this.#connected(),
      disconnected: () => this.#disconnected(),
      push: (event, payload) => batch(() => this.#pushed(event, payload)),
    });
    this.people = new People(this.session, this.#connection, (people) => {
      void this.#keeping.do((store) => store.savePeople(people));
    });
    this.blocks = new Blocks(this.session, (people) => this.people.learn(people));
    this.contacts = new Contacts(this.session, (people) => this.people.learn(people));
    this.#typing = new Typing(
      (id) => this.#connection.command("typing", { conversation_id: id }),
      (id) => this.#changed(id),
    );
    this.#outbox = new Outbox({
      send: (event, payload) => this.#connection.command<EntryAck>(event, payload),
      ready: () => this.#connection.state.value === "connected",
      changed: (id) => this.#outboxChanged(id),
      save: (item) => void this.#keeping.do((store) => store.saveItem(item)),
      remove: (client_id) => void this.#keeping.do((store) => store.removeItem(client_id)),
      newId: () => this.#newId(),
      now: () => new Date(),
    });
    this.#marking = new Marking(
      this.#connection,
      () => this.#replica.logs.values(),
      find,
      (id) => this.#changed(id),
    );
    this.conversations = new Source(() => listed(this.#replica.logs.values(), this.#outbox, this.#typing));
    this.session.state.subscribe(() => {
      const state = this.session.state.value;
      if (state.status === "signed-out") void this.#signedOut();
      if (state.status === "signed-in") this.people.learn([state.user]);
    });
  }

  /** The person signed in. */
  get me(): Me | undefined {
    return this.session.user;
  }

  /** How many commands are on their way. */
  get unsent(): number {
    return this.#outbox.size;
  }

  /** Go on with the session of this device, if there is one, from what is kept of it. */
  async start(): Promise<void> {
    let kept: Kept | null = null;
    await this.#keeping.do(async (store) => {
      kept = await store.load();
    });
    try {
      await this.session.start((kept as Kept | null)?.user);
    } catch {
      // Neither the server nor the store says who this is: only time can.
      this.#starting = setTimeout(() => void this.start(), STARTS_AGAIN_MS);
      return;
    }
    if (this.me) await this.#begin(this.me, kept);
  }

  async register(registration: Registration): Promise<void> {
    await this.#begin(await this.session.register(registration), null);
  }

  async login(credentials: Credentials): Promise<void> {
    await this.#begin(await this.session.login(credentials), null);
  }

  /** End this session, here and at the server. */
  logout(): Promise<void> {
    return this.session.logout();
  }

  /** End all of one's sessions. */
  async logoutAll(): Promise<void> {
    await this.api.logoutAll();
    this.session.end();
  }

  /** Erase one's account, for good, and everything that this device keeps of it. */
  async eraseMe(password: string): Promise<void> {
    await this.api.eraseMe(password);
    this.session.end();
  }

  /** Let go of everything without signing out: timers, the socket; what waits is written. */
  async stop(): Promise<void> {
    this.#halt();
    await this.#keeping.flush();
    this.#keeping.stop();
  }

  /** Write what waits to the store, such as before a page goes away. */
  flush(): Promise<void> {
    return this.#keeping.flush();
  }

  /** A conversation, for whoever shows it; the same object for the same id. */
  conversation(id: string): Conversation {
    const known = this.#handles.get(id);
    if (known) return known;
    const made = new Conversation(id, {
      me: () => this.#replica.me,
      find: (one) => this.#replica.logs.get(one),
      history: this.#history,
      outbox: this.#outbox,
      typing: this.#typing,
      session: this.session,
      draft: (one) => this.#drafts.get(one) ?? "",
      saveDraft: (one, text) => this.#saveDraft(one, text),
      markRead: (one, seq) => this.#marking.read(one, seq),
      markUnread: (one, seq) => this.#marking.unread(one, seq),
      changed: (one) => this.#changed(one),
    });
    this.#handles.set(id, made);
    return made;
  }

  /** The direct conversation with a person, made on first use. */
  async openDirect(user_id: string): Promise<Conversation> {
    const summary = await this.api.openDirect(user_id);
    return this.#follow(summary.conversation_id);
  }

  async createGroup(name: string, members: readonly string[]): Promise<Conversation> {
    const entry = await this.#once((client_id) => this.api.createGroup(name, members, client_id));
    return this.#follow(entry.conversation_id);
  }

  async createRoom(name: string, topic?: string): Promise<Conversation> {
    const entry = await this.#once((client_id) => this.api.createRoom(name, topic, client_id));
    return this.#follow(entry.conversation_id);
  }

  /** Come into a room. */
  async join(id: string): Promise<Conversation> {
    await this.api.join(id);
    return this.#follow(id);
  }

  async leave(id: string): Promise<void> {
    await this.api.leave(id);
  }

  addMember(id: string, user_id: string, role?: Role): Promise<Entry | undefined> {
    return this.api.addMember(id, user_id, role);
  }

  /** Mute or archive a conversation for oneself. */
  async setPreference(id: string, preference: { muted?: boolean; archived?: boolean }): Promise<void> {
    const path = `/v1/conversations/${id}/me`;
    const kept = await this.session.request<{ muted?: boolean; archived?: boolean }>("PATCH", path, {
      body: preference,
    });
    const after = { muted: kept.muted ?? false, archived: kept.archived ?? false };
    this.#replica.logs.get(id)?.setPreference(after);
    this.#changed(id);
  }

  /** Appear otherwise, on all devices. */
  async setStatus(status: Chosen): Promise<void> {
    await this.#connection.command("status.set", { status });
    this.status.set(status);
  }

  /** Change what others see of oneself. */
  async changeProfile(profile: Profile): Promise<void> {
    this.#became(await this.api.changeProfile(profile));
  }

  // --- beginning and ending ---------------------------------------------------------------------------------

  async #begin(user: Me, kept: Kept | null): Promise<void> {
    this.#halt();
    const mine = kept?.user.user_id === user.user_id ? kept : null;
    this.#replica = new Replica(user.user_id, mine?.epoch);
    await this.#keeping.do((store) => store.own(user));
    if (mine) this.#restore(mine);
    for (const handle of this.#handles.values()) handle.changed(); // whoever looked before saw nothing
    this.people.learn([user]);
    this.#syncing = new Syncing(this.#connection, this.#replica, {
      afresh: (ids) => this.#afresh(ids),
      taken: (answer, rest) => this.#taken(answer, rest),
      caughtUp: () => this.#caughtUp(),
      refused: (error) => this.trouble.set(error),
    });
    this.conversations.changed();
    this.#connection.start();
  }

  #restore({ conversations, outbox, drafts, people }: Kept): void {
    for (const { summary, cursor, stand, lastMessage, range, ...rows } of conversations) {
      const log = this.#replica.add(summary, cursor);
      log.restore({ ...rows, ranges: range ? [range] : [], lastMessage });
      log.setStanding({ ...stand });
    }
    this.#outbox.restore(outbox);
    for (const [id, text] of drafts) this.#drafts.set(id, text);
    this.people.restore(people);
    this.listed.set(conversations.length > 0);
  }

  #halt(): void {
    clearTimeout(this.#starting);
    this.#syncing?.stop();
    this.#syncing = undefined;
    this.#connection.stop();
    this.#marking.stop();
    this.#typing.clear();
    this.#outbox.clear();
    this.trouble.set(null);
    this.link.set("offline");
  }

  async #signedOut(): Promise<void> {
    this.#halt();
    this.#keeping.stop();
    this.#replica = new Replica("");
    this.#handles.clear();
    this.#drafts.clear();
    this.people.clear();
    this.blocks.clear();
    this.contacts.clear();
    this.status.set("online");
    this.listed.set(false);
    this.conversations.changed();
    await this.#keeping.do((store) => store.clear());
  }

  // --- being connected --------------------------------------------------------------------------------------

  async #connected(): Promise<void> {
    this.link.set("catching-up");
    for (const id of this.#replica.dropStale()) this.#changed(id);
    this.#outbox.wake();
    this.people.connected();
    void this.blocks.read().catch(() => undefined); // told again at the next connection
    if (this.contacts.all.value) void this.contacts.read().catch(() => undefined);
    void this.#readStatus().catch(() => undefined);
    if (!this.listed.value) await this.#readList(Number.POSITIVE_INFINITY);
    this.#catchUp();
  }

  #disconnected(): void {
    this.#syncing?.interrupted();
    this.people.disconnected();
    this.link.set("offline");
  }

  /** Without a connection the next one does. */
  #catchUp(): void {
    if (this.#connection.state.value === "connected") this.#syncing?.request();
  }

  /** The list tells what no log does: last messages of conversations not read yet, and how one keeps them. */
  async #readList(most: number): Promise<void> {
    let cursor: string | undefined;
    let count = 0;
    const replica = this.#replica;
    try {
      do {
        const query = { limit: Math.min(LIST_PAGE, most), cursor };
        const told = replica.told();
        const page = await this.session.request<Page<Listed> & { epoch: string }>(
          "GET",
          "/v1/conversations",
          { query },
        );
        if (replica !== this.#replica) return;
        replica.epoch ??= page.epoch;
        const added = replica.takeListed(page.items, told);
        if (added && most < Number.POSITIVE_INFINITY) this.#catchUp(); // it may have ended since
        this.#marking.reassert();
        batch(() => {
          for (const one of page.items) this.#changed(one.conversation_id);
        });
        cursor = page.next;
        count += page.items.length;
      } while (cursor !== undefined && count < most);
      if (most === Number.POSITIVE_INFINITY) this.listed.set(true);
    } catch {
      // `sync` brings every conversation too, if without its last message.
    }
  }

  #pushed(event: string, payload: unknown): void {
    if (ENTRIES.has(event)) return this.#heard(payload as Entry);
    switch (event) {
      case "receipt":
        return this.#receipt(payload as Receipt);
      case "typing":
        return this.#typing.heard(payload as TypingPush);
      case "presence":
        return this.#appeared((payload as { people: Presence[] }).people);
      case "me.changed":
        return this.#became((payload as { user: Me }).user);
      case "block.changed":
        return this.blocks.heard(payload as { user_id: string; blocked: boolean });
      case "contact.changed":
      case "contact.accepted":
      case "contact.requested":
        return this.contacts.heard((payload as { contact: Contact }).contact);
      case "contact.removed":
        return this.contacts.removed((payload as { user_id: string }).user_id);
      case "session.revoked":
        return this.session.end(
          refused({ code: "session_revoked", message: "The session of this device was ended elsewhere." }),
        );
      default: // other state is nothing to this client
    }
  }

  #appeared(people: readonly Presence[]): void {
    this.people.heard(people);
    const mine = people.find(({ user_id }) => user_id === this.#replica.me)?.status;
    if (mine !== undefined && mine !== "offline") this.status.set(mine);
  }

  /** One chose it on any device, at any time. */
  async #readStatus(): Promise<void> {
    const asked = { user_ids: [this.#replica.me] };
    const { people } = await this.#connection.command<{ people: Presence[] }>("presence.get", asked);
    this.#appeared(people);
  }

  #became(user: Me): void {
    this.session.became(user);
    void this.#keeping.do((store) => store.own(user));
  }

  #heard(entry: Entry): void {
    const taken = this.#replica.takePush(entry);
    if (taken === "gap") this.#syncing?.request();
    if (taken !== "taken") return;
    this.#entered(entry);
    if (!this.#replica.logs.has(entry.conversation_id)) this.#keeping.lost(entry.conversation_id);
    if (this.#replica.logs.get(entry.conversation_id)?.open) void this.#marking.ask(entry.conversation_id);
    this.#changed(entry.conversation_id);
    this.#marking.received();
  }

  #entered(entry: Entry): void {
    if (isErasure(entry)) this.#erased(entry);
    this.#typing.arrived(entry);
    if (entry.actor_id === this.#replica.me) this.#outbox.arrived(entry);
    this.#outbox.settle(entry.conversation_id, entry.seq);
  }

  /** Nothing is left of them; whether they were still in, so that there is one member less, only a summary tells. */
  #erased({ user_id, conversation_id }: Erasure): void {
    this.people.gone(user_id);
    void this.#summarize(conversation_id).catch(() => undefined); // the next list tells it too
  }

  /** Where the log goes on meanwhile it is asked again. */
  async #summarize(id: string): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const summary = await this.api.conversation(id);
      if (this.#replica.logs.get(id)?.takeSummary(summary) !== false) break;
    }
    this.#changed(id);
  }

  #receipt({ conversation_id, marks }: Receipt): void {
    const open = this.#replica.logs.get(conversation_id)?.takeMarks(marks);
    this.#marking.reassert();
    if (open) void this.#marking.ask(conversation_id);
    this.#changed(conversation_id);
  }

  #taken(answer: SyncAnswer, rest: Rest): void {
    this.#marking.reassert();
    // The epoch comes last: under it no cursor of another store may be found.
    this.#keeping.forget([...rest.afresh, ...rest.lost]);
    void this.#keeping.do((store) => store.saveEpoch(answer.epoch));
    for (const { conversation_id, entries } of answer.conversations) {
      for (const entry of entries) this.#entered(entry);
      this.#changed(conversation_id);
    }
    for (const { conversation_id } of answer.marks) this.#changed(conversation_id);
    for (const id of rest.lost) {
      this.#keeping.lost(id);
      this.#outbox.settle(id, Number.POSITIVE_INFINITY); // its entry is in a log that one reads no more
      this.#changed(id);
    }
    for (const id of rest.gained) this.#outbox.settle(id, this.#replica.logs.get(id)?.cursor ?? 0);
    void this.#preview(rest.gained);
  }

  #caughtUp(): void {
    this.trouble.set(null);
    this.listed.set(true);
    this.link.set("live");
    this.#marking.connected();
    for (const handle of this.#handles.values()) if (handle.opened) void handle.open();
    void this.#readList(50);
  }

  /** Conversations that came without their last message: read it, of the latest ones. */
  async #preview(ids: readonly string[]): Promise<void> {
    for (const id of ids.slice(0, MOST_PREVIEWS)) {
      const log = this.#replica.logs.get(id);
      if (!log || log.lastMessage || log.summary.messages === 0) continue;
      await this.#history.load(log).catch(() => undefined);
      this.#changed(id);
    }
  }

  async #afresh(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const log = this.#replica.logs.get(id);
      if (log) await this.#restart(log);
      this.#outbox.settle(id, log?.cursor ?? 0);
      this.#changed(id);
    }
  }

  async #restart(log: ConversationLog): Promise<void> {
    try {
      await this.#history.restart(log);
    } catch {
      // No longer one's own, or not to be reached: then gained anew by the next `sync`, for which it is unknown.
      if (this.#replica.logs.get(log.id) === log) this.#replica.logs.delete(log.id);
    }
  }

  // --- changes ----------------------------------------------------------------------------------------------

  #changed(id: string): void {
    batch(() => {
      this.#handles.get(id)?.changed();
      this.conversations.changed();
    });
    this.#keeping.changed(id);
  }

  /** An acked command whose entry came before its answer is done. */
  #outboxChanged(id: string): void {
    const log = this.#replica.logs.get(id);
    if (log) this.#outbox.settle(id, log.cursor);
    batch(() => {
      this.#handles.get(id)?.changed();
      this.conversations.changed();
    });
  }

  #saveDraft(id: string, text: string): void {
    // A view may go away only after the session, whose drafts are gone by then.
    if (!this.me || text === (this.#drafts.get(id) ?? "")) return;
    if (text === "") this.#drafts.delete(id);
    else this.#drafts.set(id, text);
    this.#handles.get(id)?.changed();
    void this.#keeping.do((store) => store.saveDraft(id, text));
  }

  /** Have a conversation at hand that an answer just told of, before a push does. */
  async #follow(id: string): Promise<Conversation> {
    if (!this.#replica.logs.has(id)) {
      this.#replica.add(await this.api.conversation(id));
      this.#changed(id);
      this.#catchUp(); // how one stands in it, no summary says
    }
    return this.conversation(id);
  }

  /** A creation that got no answer is asked for once more under the same client_id, so that it happens once. */
  async #once(create: (client_id: string) => Promise<Entry>): Promise<Entry> {
    const client_id = this.#newId();
    try {
      return await create(client_id);
    } catch (reason) {
      if (!(reason instanceof ParleyError) || !reason.open) throw reason;
      return create(client_id);
    }
  }
}
