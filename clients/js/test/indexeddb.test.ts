/** What a device keeps is there the next time, and nobody else's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { indexedDbStore } from "../src/indexeddb.js";
import { Keeping, keptOf } from "../src/keeping.js";
import { ConversationLog } from "../src/log/conversation_log.js";
import type { OutboxItem } from "../src/outbox.js";
import type { KeptConversation } from "../src/store.js";
import { ME, ModelConversation } from "./model.js";

const ada = { user_id: "ada", display_name: "Ada", created_at: "2026-01-01T00:00:00.000Z" };
const item = (client_id: string): OutboxItem => ({
  client_id,
  conversation_id: "talk",
  event: "message.send",
  payload: { body: client_id },
  at: "",
  state: "waiting",
});
const conversation: KeptConversation = {
  id: "talk",
  cursor: 3,
  summary: new ModelConversation().summary(),
  stand: { delivered: 1, read: 1, unread: 2, mentions: 0 },
  lastMessage: null,
  range: { from: 1, to: 3 },
  messages: [],
  happenings: [],
};

test("everything is there again, the outbox in its order", async () => {
  const factory = new IDBFactory();
  const store = indexedDbStore("one", factory);
  assert.equal(await store.load(), null);
  await store.own(ada);
  await store.saveEpoch("e1");
  await store.saveConversations([conversation]);
  await store.saveItem(item("z"));
  await store.saveItem(item("a"));
  await store.saveItem({ ...item("z"), state: "failed" });
  await store.saveItem(item("gone"));
  await store.removeItem("gone");
  await store.saveDraft("talk", "half a sen");
  await store.savePeople([ada]);
  const kept = await indexedDbStore("one", factory).load();
  assert.deepEqual(kept, {
    user: ada,
    epoch: "e1",
    conversations: [conversation],
    outbox: [{ ...item("z"), state: "failed" }, item("a")],
    drafts: new Map([["talk", "half a sen"]]),
    people: [ada],
  });
});

test("what an older version kept of conversations is fetched afresh, what was written is not lost", async () => {
  const factory = new IDBFactory();
  const older = factory.open("older", 1);
  older.onupgradeneeded = () => {
    older.result.createObjectStore("about", { keyPath: "key" }).put({ key: "user", value: ada });
    const { happenings: _, ...kept } = conversation;
    older.result.createObjectStore("conversations", { keyPath: "id" }).put(kept);
    const outbox = older.result.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
    outbox.createIndex("client_id", "client_id", { unique: true });
    outbox.put(item("a"));
    older.result.createObjectStore("drafts", { keyPath: "id" });
    older.result.createObjectStore("people", { keyPath: "user_id" });
  };
  await new Promise((done) => {
    older.onsuccess = done;
  });
  older.result.close();
  const kept = await indexedDbStore("older", factory).load();
  assert.deepEqual([kept?.user, kept?.conversations, kept?.outbox], [ada, [], [item("a")]]);
});

test("of a conversation its last rows are kept, messages and what happened between them alike", () => {
  const model = new ModelConversation();
  const log = new ConversationLog(model.summary(), ME);
  for (let count = 0; count < 150; count += 1) {
    if (count % 2 === 0) model.take({ do: "say", who: 0, text: "a", mentions: false });
    else model.take({ do: count % 4 === 1 ? "leave" : "join", who: 0 });
  }
  for (const entry of model.log.slice(1)) log.take(entry);
  const kept = keptOf(log);
  assert.deepEqual(kept.range, { from: 52, to: 151 });
  assert.deepEqual([kept.messages.length, kept.happenings.length], [50, 50]);
  const again = new ConversationLog(kept.summary, ME, kept.cursor);
  again.restore({ ...kept, ranges: [kept.range!] });
  assert.deepEqual(again.timeline.happeningsAt(151), kept.happenings);
});

test("another person's sign-in leaves nothing of the one before", async () => {
  const store = indexedDbStore("two", new IDBFactory());
  await store.own(ada);
  await store.saveConversations([conversation]);
  await store.saveItem(item("a"));
  await store.own({ ...ada, user_id: "bob" });
  const kept = await store.load();
  assert.equal(kept?.user.user_id, "bob");
  assert.deepEqual([kept?.conversations, kept?.outbox], [[], []]);
});

test("a tab in which somebody else is still signed in writes nothing into what is another person's now", async () => {
  const factory = new IDBFactory();
  const adas = indexedDbStore("tabs", factory);
  await adas.own(ada);
  const bobs = indexedDbStore("tabs", factory);
  await bobs.own({ ...ada, user_id: "bob" });
  await bobs.saveItem(item("his"));
  await adas.saveConversations([conversation]);
  await adas.saveItem(item("hers"));
  await adas.clear();
  const kept = await bobs.load();
  assert.equal(kept?.user.user_id, "bob");
  assert.deepEqual([kept?.conversations, kept?.outbox.map(({ client_id }) => client_id)], [[], ["his"]]);
});

test("a browser that refused once, or closed the database, is asked again", async () => {
  const factory = new IDBFactory();
  let refusals = 1;
  const opened: IDBOpenDBRequest[] = [];
  const moody = {
    open(name: string, version: number) {
      if (refusals-- > 0) throw new Error("Connection to Indexed Database server lost.");
      opened.push(factory.open(name, version));
      return opened.at(-1)!;
    },
  } as unknown as IDBFactory;
  const store = indexedDbStore("moody", moody);
  await assert.rejects(store.own(ada));
  await store.own(ada);
  const database = opened[0]!.result;
  database.close();
  database.onclose?.(new Event("close"));
  assert.equal((await store.load())?.user.user_id, "ada");
});

test("a conversation that is to be fetched afresh is not kept meanwhile", async () => {
  const store = indexedDbStore("stale", new IDBFactory());
  await store.own(ada);
  const log = new ConversationLog(new ModelConversation().summary(), ME);
  const keeping = new Keeping(store, () => log);
  const kept = async () => {
    keeping.changed(log.id);
    await keeping.flush();
    return (await store.load())?.conversations.length;
  };
  log.stale = true;
  assert.equal(await kept(), 0);
  log.restart(log.summary);
  assert.equal(await kept(), 1);
});

test("what is kept of a session that is over goes, also by a page that was opened after it", async () => {
  const factory = new IDBFactory();
  await indexedDbStore("over", factory).own(ada);
  const store = indexedDbStore("over", factory);
  await store.load();
  await store.clear();
  assert.equal(await store.load(), null);
});

test("a conversation and a draft that are gone are not kept", async () => {
  const store = indexedDbStore("three", new IDBFactory());
  await store.own(ada);
  await store.saveConversations([conversation]);
  await store.saveDraft("talk", "something");
  await store.removeConversations(["talk"]);
  await store.saveDraft("talk", "");
  const kept = await store.load();
  assert.deepEqual([kept?.conversations, kept?.drafts.size], [[], 0]);
});
