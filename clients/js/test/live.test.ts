/** Against a running server: PARLEY_URL. Each test has people of its own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, ConversationSnapshot } from "../src/index.js";
import { ParleyClient, until } from "../src/index.js";

const url = process.env.PARLEY_URL ?? "";
const skip = url === "" && "PARLEY_URL names no server";
const password = "a long enough one";
let count = 0;

async function somebody(name: string): Promise<ParleyClient> {
  count += 1;
  const client = new ParleyClient({
    url,
    mode: "bearer",
    io: { reconnectionDelay: 20, reconnectionDelayMax: 100 },
  });
  await client.register({ username: `${name}${process.pid}.${count}`, password });
  await until(client.link, (link) => link === "live");
  return client;
}

/** Another device of somebody. */
async function again({ me }: ParleyClient): Promise<ParleyClient> {
  const client = new ParleyClient({ url, mode: "bearer" });
  await client.login({ login: me!.username!, password });
  await until(client.link, (link) => link === "live");
  return client;
}

const shows = (conversation: Conversation, holds: (snapshot: ConversationSnapshot) => boolean) =>
  until(conversation, holds);
const bodies = ({ messages }: ConversationSnapshot) => messages.map(({ body }) => body);

test("how one chose to appear is known on every device, and after a fresh start", { skip }, async () => {
  const ada = await somebody("ada");
  const other = await again(ada);
  await ada.setStatus("busy");
  await until(other.status, (status) => status === "busy");
  const later = await again(ada);
  await until(later.status, (status) => status === "busy");
  await Promise.all([ada.stop(), other.stop(), later.stop()]);
});

test("two people read each other's messages, edits, reactions and deletions", { skip }, async () => {
  const ada = await somebody("ada");
  const bob = await somebody("bob");
  const hers = await ada.openDirect(bob.me!.user_id);
  const his = bob.conversation(hers.id);
  hers.send("one");
  hers.send("two");
  await until(bob.conversations, (list) => list[0]?.stand.unread === 2);
  await his.open();
  await shows(his, (snapshot) => bodies(snapshot).join() === "one,two");
  const [one, two] = his.getSnapshot().messages;
  his.markRead(two!.seq);
  hers.edit(one!.seq, "one, corrected");
  his.react(two!.seq, "👍");
  await shows(his, ({ messages }) => messages[0]?.body === "one, corrected");
  await shows(hers, ({ messages }) => messages[1]?.reactions["👍"]?.[0] === bob.me!.user_id);
  hers.delete(one!.seq);
  await shows(his, ({ messages }) => messages[0]?.deleted_at !== null);
  await shows(hers, ({ marks }) => marks.get(bob.me!.user_id)?.read === two!.seq);
  assert.equal(bob.conversations.getSnapshot()[0]!.stand.unread, 0);
  assert.deepEqual(his.getSnapshot().messages, hers.getSnapshot().messages);
  await Promise.all([ada.stop(), bob.stop()]);
});

test("a contact is added, named and removed, on all one's devices", { skip }, async () => {
  const ada = await somebody("ada");
  const bob = await somebody("bob");
  const other = await again(ada);
  await other.contacts.read();
  await ada.contacts.read();
  const { user_id } = await ada.contacts.add({ username: bob.me!.username! });
  assert.equal(user_id, bob.me!.user_id);
  const has = (name?: string) =>
    until(other.contacts.all, (all) => !!all?.has(user_id) && all.get(user_id)!.name === name);
  await has();
  await ada.contacts.change(user_id, { name: "Bob from the fair" });
  await has("Bob from the fair");
  await ada.contacts.change(user_id, { name: null });
  await has();
  await ada.contacts.remove(user_id);
  await until(other.contacts.all, (all) => all?.size === 0);
  assert.equal(ada.contacts.all.value?.size, 0);
  await Promise.all([ada.stop(), bob.stop(), other.stop()]);
});

test("of somebody whose account is erased nothing is left on the devices of others", { skip }, async () => {
  const ada = await somebody("ada");
  const bob = await somebody("bob");
  const hers = await ada.createGroup("Gardeners", [bob.me!.user_id]);
  const his = bob.conversation(hers.id);
  await shows(his, ({ summary }) => summary !== null);
  his.send("mine for ever");
  await hers.open();
  await shows(hers, (snapshot) => bodies(snapshot).join() === "mine for ever");
  await until(ada.people.changes, () => ada.people.get(bob.me!.user_id) !== undefined);
  const { user_id } = bob.me!;
  await bob.leave(hers.id);
  await shows(hers, ({ summary }) => summary!.member_count === 1);
  await bob.eraseMe(password);
  await shows(hers, ({ messages }) => messages[0]!.deleted_at !== null);
  await until(ada.people.changes, (people) => people.get(user_id)?.gone === true);
  await shows(hers, ({ happenings, summary }) => happenings.length === 3 && summary!.member_count === 1);
  assert.equal(hers.getSnapshot().messages[0]!.body, "");
  assert.equal(ada.conversations.getSnapshot()[0]!.lastMessage!.body, "");
  await Promise.all([ada.stop(), bob.stop()]);
});
