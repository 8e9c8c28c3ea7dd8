/** The client as a whole, without a server: what is kept is shown, whoever looked before. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { indexedDbStore, memoryKeeper, ParleyClient } from "../src/index.js";
import { ID, ME, ModelConversation } from "./model.js";

const me = { user_id: ME, display_name: "Me", created_at: "2026-01-01T00:00:00.000Z" };

test("a view that looked before what is kept was read shows it afterwards", async (context) => {
  const store = indexedDbStore("kept", new IDBFactory());
  await store.own(me);
  await store.saveEpoch("e");
  await store.saveConversations([
    {
      id: ID,
      cursor: 1,
      summary: new ModelConversation().summary(),
      stand: { delivered: 1, read: 1, unread: 0, mentions: 0 },
      lastMessage: null,
      range: { from: 1, to: 1 },
      messages: [],
    },
  ]);
  const client = new ParleyClient({
    url: "http://127.0.0.1:9",
    mode: "bearer",
    tokens: memoryKeeper("a token"),
    store,
    fetch: () => Promise.reject(new Error("no network")),
  });
  context.after(() => client.stop());
  const conversation = client.conversation(ID);
  assert.equal(conversation.getSnapshot().summary, null);
  let told = 0;
  conversation.subscribe(() => (told += 1));
  await client.start();
  assert.equal(conversation.getSnapshot().summary?.conversation_id, ID);
  assert.ok(told > 0);
});
