/** The store in a browser's IndexedDB. */

import type { OutboxItem } from "./outbox.js";
import type { Kept, KeptConversation, Store } from "./store.js";
import type { Me, User } from "./wire.js";

/** Since 2 what happened between messages is kept with them; conversations without it are fetched afresh. */
const VERSION = 2;
const TABLES = ["about", "conversations", "outbox", "drafts", "people"] as const;
type Table = (typeof TABLES)[number];
type Tables = (name: Table) => IDBObjectStore;

/** Opens at the first use. `name` tells apart what several servers' pages of one origin keep. */
export function indexedDbStore(name = "parley", factory: IDBFactory = indexedDB): Store {
  return new IndexedDbStore(name, factory);
}

class IndexedDbStore implements Store {
  readonly #name: string;
  readonly #factory: IDBFactory;
  #opened: Promise<IDBDatabase> | undefined;
  /** Whose page this is; what the browser keeps may be another person's by now, of another tab. */
  #owner: string | undefined;

  constructor(name: string, factory: IDBFactory) {
    this.#name = name;
    this.#factory = factory;
  }

  async load(): Promise<Kept | null> {
    const database = await this.#database();
    const transaction = database.transaction(TABLES, "readonly");
    const all = <T>(table: Table) => done<T[]>(transaction.objectStore(table).getAll());
    const [about, conversations, outbox, drafts, people] = await Promise.all([
      all<{ key: string; value: unknown }>("about"),
      all<KeptConversation>("conversations"),
      all<OutboxItem & { order: number }>("outbox"),
      all<{ id: string; text: string }>("drafts"),
      all<User>("people"),
    ]);
    const kept = new Map(about.map(({ key, value }) => [key, value]));
    const user = kept.get("user") as Me | undefined;
    if (!user) return null;
    this.#owner ??= user.user_id;
    return {
      user,
      epoch: kept.get("epoch") as string | undefined,
      conversations,
      outbox: outbox.sort((one, other) => one.order - other.order).map(({ order: _, ...item }) => item),
      drafts: new Map(drafts.map(({ id, text }) => [id, text])),
      people,
    };
  }

  async own(user: Me): Promise<void> {
    this.#owner = user.user_id;
    await this.#transact((table, owner) => {
      if (owner !== undefined && owner !== user.user_id) for (const name of TABLES) table(name).clear();
      table("about").put({ key: "user", value: user });
    });
  }

  saveEpoch(epoch: string): Promise<void> {
    return this.#write((table) => table("about").put({ key: "epoch", value: epoch }));
  }

  saveConversations(conversations: readonly KeptConversation[]): Promise<void> {
    return this.#write((table) => {
      for (const conversation of conversations) table("conversations").put(conversation);
    });
  }

  removeConversations(ids: readonly string[]): Promise<void> {
    return this.#write((table) => {
      for (const id of ids) table("conversations").delete(id);
    });
  }

  saveItem(item: OutboxItem): Promise<void> {
    return this.#write((table) => {
      const outbox = table("outbox");
      const asked = outbox.index("client_id").getKey(item.client_id);
      // The key is the order in which they were put in, which a later state must not change.
      asked.onsuccess = () => outbox.put(asked.result ? { ...item, order: asked.result } : item);
    });
  }

  removeItem(client_id: string): Promise<void> {
    return this.#write((table) => {
      const outbox = table("outbox");
      const asked = outbox.index("client_id").getKey(client_id);
      asked.onsuccess = () => asked.result && outbox.delete(asked.result);
    });
  }

  saveDraft(id: string, text: string): Promise<void> {
    return this.#write((table) => {
      if (text === "") table("drafts").delete(id);
      else table("drafts").put({ id, text });
    });
  }

  savePeople(people: readonly User[]): Promise<void> {
    return this.#write((table) => {
      for (const person of people) table("people").put(person);
    });
  }

  clear(): Promise<void> {
    return this.#write((table) => {
      for (const name of TABLES) table(name).clear();
    });
  }

  /** Everything that `work` asks for happens, or nothing of it; nothing where this is another person's now. */
  #write(work: (table: Tables) => unknown): Promise<void> {
    return this.#transact((table, owner) => {
      if (owner === this.#owner) work(table);
    });
  }

  /** `work` is told whose what is kept is. */
  async #transact(work: (table: Tables, owner: string | undefined) => unknown): Promise<void> {
    const database = await this.#database();
    const transaction = database.transaction(TABLES, "readwrite");
    const asked = transaction.objectStore("about").get("user");
    asked.onsuccess = () => {
      const owner = (asked.result as { value: Me } | undefined)?.value.user_id;
      work((name) => transaction.objectStore(name), owner);
    };
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("The browser gave up a write."));
    });
  }

  #database(): Promise<IDBDatabase> {
    this.#opened ??= this.#open().catch((reason: unknown) => {
      this.#opened = undefined; // the next write asks again
      throw reason;
    });
    return this.#opened;
  }

  async #open(): Promise<IDBDatabase> {
    const asked = this.#factory.open(this.#name, VERSION);
    asked.onupgradeneeded = ({ oldVersion }) => {
      const database = asked.result;
      if (oldVersion === 1) {
        asked.transaction!.objectStore("conversations").clear();
        return;
      }
      database.createObjectStore("about", { keyPath: "key" });
      database.createObjectStore("conversations", { keyPath: "id" });
      const outbox = database.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
      outbox.createIndex("client_id", "client_id", { unique: true });
      database.createObjectStore("drafts", { keyPath: "id" });
      database.createObjectStore("people", { keyPath: "user_id" });
    };
    const database = await done<IDBDatabase>(asked);
    const closed = () => {
      database.close();
      this.#opened = undefined;
    };
    // A page of a newer version wants to change the tables: let it, and open anew when there is something to write.
    database.onversionchange = closed;
    database.onclose = closed; // by the browser itself, such as when its user clears what sites keep
    return database;
  }
}

function done<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error("The browser could not read what it keeps."));
  });
}
