/** The client as a whole, without a server: what is kept is shown, whoever looked before. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { indexedDbStore, memoryKeeper, ParleyClient, until } from "../src/index.js";
import type { Entry, Listed } from "../src/wire.js";
import { Server } from "./line.js";
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

const credentials = { login: "me", password: "a long enough one" };
const live = (client: ParleyClient) => until(client.link, (link) => link === "live");

function talk(said: number): ModelConversation {
  const model = new ModelConversation();
  for (let count = 0; count < said; count += 1) model.take({ do: "say", who: 1, text: "a", mentions: false });
  return model;
}

function listed(model: ModelConversation, read: number): Listed {
  return { ...model.summary(), ...model.unread(read), marks: { delivered: read, read } };
}

test("what was answered before one was taken out is not on its way any more", async (context) => {
  const server = new Server();
  const model = talk(0);
  server.listed = [listed(model, 1)];
  const client = server.client();
  context.after(() => client.stop());
  await client.login(credentials);
  await live(client);
  const answered = new Promise<void>((resolve) => {
    server.commands["message.send"] = ({ client_id }: { client_id: string }) => {
      setImmediate(resolve);
      return { entry: { ...talk(1).log.at(-1)!, actor_id: ME, client_id } };
    };
  });
  client.conversation(ID).send("a");
  await answered;
  assert.equal(client.unsent, 1);
  server.listed = [];
  server.sync = { lost: [{ conversation_id: ID, seq: 3 }] };
  server.cut();
  await until(client.conversations, (list) => list.length === 0);
  assert.equal(client.unsent, 0);
});

test("in a room that one has just come into nothing is unread", async (context) => {
  const server = new Server();
  const model = talk(5);
  const client = server.client();
  context.after(() => client.stop());
  await client.login(credentials);
  await live(client);
  server.requests[`GET /v1/conversations/${ID}`] = () => model.summary();
  server.requests[`GET /v1/conversations/${ID}/messages`] = () => model.page({}, 60);
  const { head } = model;
  server.sync = {
    marks: [{ conversation_id: ID, head, delivered: head, read: head, unread: 0, mentions: 0 }],
  };
  const room = await client.join(ID);
  await room.open();
  await live(client);
  await until(room, ({ stand }) => stand.read === head);
  assert.equal(room.getSnapshot().stand.unread, 0);
});

test("what was read here stays read when a receipt comes that was sent before", async (context) => {
  const server = new Server();
  const model = talk(3);
  server.listed = [listed(model, 1)];
  server.requests[`GET /v1/conversations/${ID}/messages`] = () => model.page({}, 60);
  const client = server.client();
  context.after(() => client.stop());
  await client.login(credentials);
  await live(client);
  const conversation = client.conversation(ID);
  await conversation.open();
  conversation.markRead(model.head);
  const seen: number[] = [];
  conversation.subscribe(() => seen.push(conversation.getSnapshot().stand.unread));
  server.tell("receipt", { conversation_id: ID, marks: [{ user_id: ME, delivered: 2, read: 2 }] });
  server.tell("typing", { conversation_id: ID, user_id: "ada", for_ms: 1 });
  await until(conversation, ({ typing }) => typing.length === 1);
  assert.deepEqual(new Set(seen), new Set([0]));
});

test("how many are in is known after an erasure, also where the log goes on meanwhile", async (context) => {
  const server = new Server();
  const model = talk(1);
  model.take({ do: "join", who: 1 });
  model.take({ do: "leave", who: 1 });
  server.listed = [listed(model, 1)];
  const client = server.client();
  context.after(() => client.stop());
  await client.login(credentials);
  await live(client);
  const stamp = { ...model.log.at(-1)!, actor_id: "bob" };
  const { head } = model;
  const erased = { ...stamp, seq: head + 1, type: "member.left", user_id: "bob", reason: "erased" } as const;
  let asked = 0;
  server.requests[`GET /v1/conversations/${ID}`] = () => {
    asked += 1;
    return { ...model.summary(), head: head + asked };
  };
  server.push(erased);
  server.push({ ...stamp, seq: head + 2, type: "conversation.changed", changes: { name: "on" } } as Entry);
  const summary = await until(
    client.conversation(ID),
    ({ summary }) => summary?.head === head + 2 && asked > 1,
  );
  assert.equal(asked, 2);
  assert.equal(summary.summary?.member_count, model.members.size);
});

test("whom one blocks elsewhere while the list of them is read is blocked", async (context) => {
  const server = new Server();
  const client = server.client();
  context.after(() => client.stop());
  server.requests["GET /v1/blocks"] = () => {
    server.tell("block.changed", { user_id: "bob", blocked: true });
    return new Promise((resolve) => setImmediate(() => resolve({ items: [{ user_id: "ada" }] })));
  };
  await client.login(credentials);
  await until(client.blocks.blocked, (blocked) => blocked !== null);
  assert.deepEqual(client.blocks.blocked.value, new Set(["ada", "bob"]));
});
