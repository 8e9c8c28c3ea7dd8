/**
 * A device that a test of another language drives: one command a line on standard input, and after each change what is
 * there, as one line of JSON on standard output.
 *
 * node device.js URL
 */

import { createInterface } from "node:readline";
import { IDBFactory } from "fake-indexeddb";
import { indexedDbStore, memoryKeeper, ParleyClient } from "../src/index.js";

type Command =
  | { do: "register"; username: string }
  | { do: "direct"; user_id: string }
  | { do: "open" | "older"; id: string }
  | { do: "send"; id: string; body: string }
  | { do: "edit"; id: string; seq: number; body: string }
  | { do: "react"; id: string; seq: number; emoji: string }
  | { do: "draft"; id: string; text: string }
  | { do: "reload" };

const url = process.argv[2]!;
const tokens = memoryKeeper();
const store = indexedDbStore("device", new IDBFactory());
const open = new Set<string>();
let client = make();
let due = false;
let reloads = 0;

function make(): ParleyClient {
  const made = new ParleyClient({
    url,
    mode: "bearer",
    tokens,
    store,
    io: { reconnectionDelay: 50, reconnectionDelayMax: 200 },
  });
  for (const source of [made.session.state, made.link, made.conversations, made.listed])
    source.subscribe(tell);
  return made;
}

function tell(): void {
  if (due) return;
  due = true;
  setImmediate(() => {
    due = false;
    process.stdout.write(`${JSON.stringify(state())}\n`);
  });
}

function state() {
  const conversations = client.conversations.getSnapshot().map(({ id, stand, lastMessage }) => {
    const { messages, pending, draft } = client.conversation(id).getSnapshot();
    return {
      id,
      unread: stand.unread,
      last: lastMessage?.body ?? null,
      messages: messages.map(({ seq, body, reactions, deleted_at }) => ({
        seq,
        body,
        reactions,
        deleted: !!deleted_at,
      })),
      pending: pending.map(({ body, state }) => ({ body, state })),
      draft,
    };
  });
  return {
    user_id: client.me?.user_id,
    link: client.link.value,
    unsent: client.unsent,
    reloads,
    conversations,
  };
}

async function obey(command: Command): Promise<void> {
  switch (command.do) {
    case "register":
      return client.register({ username: command.username, password: "a long enough one" });
    case "direct":
      await client.openDirect(command.user_id);
      return;
    case "open":
      open.add(command.id);
      return client.conversation(command.id).open();
    case "older":
      return client.conversation(command.id).loadOlder();
    case "send":
      client.conversation(command.id).send(command.body);
      return;
    case "edit":
      client.conversation(command.id).edit(command.seq, command.body);
      return;
    case "react":
      client.conversation(command.id).react(command.seq, command.emoji);
      return;
    case "draft":
      return client.conversation(command.id).setDraft(command.text);
    case "reload":
      await client.stop();
      client = make();
      await client.start();
      reloads += 1;
      for (const id of open) void client.conversation(id).open();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  await obey(JSON.parse(line) as Command);
  tell();
}
await client.stop();
