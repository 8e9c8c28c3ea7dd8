/** What a device keeps is there the next time, and nobody else's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { indexedDbStore } from "../src/indexeddb.js";
import type { OutboxItem } from "../src/outbox.js";
import type { KeptConversation } from "../src/store.js";
import { ModelConversation } from "./model.js";

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
