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
      happenings: [],
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

test("what somebody had begun to write is nothing to whoever signs in next", async (context) => {
  const store = indexedDbStore("drafts", new IDBFactory());
  const grant = { access_token: "a", expires_in: 900, refresh_token: "r", epoch: "e" };
  const client = new ParleyClient({
    url: "http://127.0.0.1:9",
    mode: "bearer",
    store,
    fetch: async (address, init) => {
      const { login } = JSON.parse(String(init?.body ?? "{}")) as { login?: string };
      if (String(address).endsWith("/v1/auth/login"))
        return Response.json({ ...grant, user: { ...me, user_id: login } });
      return Response.json({});
    },
  });
  context.after(() => client.stop());
  const password = "a long enough one";
  await client.login({ login: "ada", password });
  const hers = client.conversation(ID);
  hers.setDraft("half a sec");
  assert.equal(hers.getSnapshot().draft, "half a sec");
  await client.logout();
  hers.setDraft("half a secret"); // as a view does that goes away a moment later
  await client.login({ login: "bob", password });
  assert.equal(client.conversation(ID).getSnapshot().draft, "");
  assert.equal((await store.load())?.drafts.size, 0);
});
