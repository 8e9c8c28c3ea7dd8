/** Contacts as they are read, and as they change meanwhile. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Contacts } from "../src/contacts.js";
import type { Session } from "../src/session.js";
import type { Contact, ContactStatus } from "../src/wire.js";

const AT = "2026-01-01T00:00:00.000Z";

function contact(user_id: string, status: ContactStatus = "accepted"): Contact {
  return { user_id, status, since: AT, user: { user_id, display_name: user_id, created_at: AT } };
}

/** A server with these contacts, one a page; `paused` runs before each page is answered. */
function server(kept: Contact[], paused: () => void = () => undefined) {
  const asked: string[] = [];
  const session = {
    async request(method: string, path: string, { query }: { query?: Record<string, string> } = {}) {
      asked.push(`${method} ${path}`);
      if (method !== "GET") return path.endsWith("/accept") ? contact(path.split("/")[3]!) : undefined;
      paused();
      const list = kept.filter(({ status }) => status === query!.status);
      const at = Number(query!.cursor ?? 0);
      return { items: list.slice(at, at + 1), ...(at + 1 < list.length ? { next: String(at + 1) } : {}) };
    },
  } as unknown as Session;
  return { session, asked };
}

const shown = (contacts: Contacts) =>
  [...(contacts.all.value ?? [])].map(([id, { status }]) => `${id} ${status}`).sort();

test("all pages of all three lists are read, and their people learned", async () => {
  const learned: string[] = [];
  const { session } = server([
    contact("ada"),
    contact("bob"),
    contact("cat", "incoming"),
    contact("dan", "outgoing"),
  ]);
  const contacts = new Contacts(session, (people) => learned.push(...people.map(({ user_id }) => user_id)));
  await contacts.read();
  assert.deepEqual(shown(contacts), ["ada accepted", "bob accepted", "cat incoming", "dan outgoing"]);
  assert.deepEqual(learned.sort(), ["ada", "bob", "cat", "dan"]);
});

test("what is heard while pages are read counts more than they do", async () => {
  let heard = false;
  const { session } = server([contact("ada"), contact("bob")], () => {
    if (heard) return;
    heard = true;
    contacts.removed("ada");
    contacts.heard(contact("cat", "incoming"));
  });
  const contacts: Contacts = new Contacts(session, () => undefined);
  await contacts.read();
  assert.deepEqual(shown(contacts), ["bob accepted", "cat incoming"]);
});

test("what was read for one person is not shown to the next", async () => {
  const { session } = server([contact("ada")], () => contacts.clear());
  const contacts: Contacts = new Contacts(session, () => undefined);
  await contacts.read();
  assert.equal(contacts.all.value, null);
});

test("who asks is accepted, or declined", async () => {
  const { session, asked } = server([contact("ada", "incoming"), contact("bob", "incoming")]);
  const contacts = new Contacts(session, () => undefined);
  await contacts.read();
  await contacts.accept("ada");
  await contacts.decline("bob");
  assert.deepEqual(shown(contacts), ["ada accepted"]);
  assert.deepEqual(asked.slice(-2), ["POST /v1/contacts/ada/accept", "POST /v1/contacts/bob/decline"]);
});
