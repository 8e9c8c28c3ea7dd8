/** Contacts: one's list of people, who asks to be on it, and who was asked. */

import type { Contact, ContactStatus } from "parley-client";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot, useWatch } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Confirm, Menu } from "../parts/dialog";
import { Field, Form } from "../parts/form";
import { Icon } from "../parts/icon";
import { attempt, because, say } from "../parts/notices";
import { follow, go, pathOf } from "../router";
import { lastSeen } from "../text/times";

/** Those of one list, by their names; null while that is not known. */
export function useContacts(status: ContactStatus): readonly Contact[] | null {
  const all = useSnapshot(client.contacts.all);
  if (!all) return null;
  const some = [...all.values()].filter((contact) => contact.status === status);
  return some.sort((one, other) => calledIn(one).localeCompare(calledIn(other)));
}

export function calledIn({ name, user }: Contact): string {
  return name ?? nameOf(user);
}

export function Contacts() {
  const contacts = useContacts("accepted");
  const incoming = useContacts("incoming") ?? [];
  const outgoing = useContacts("outgoing") ?? [];
  const [problem, setProblem] = useState<string | null>(null);
  const read = () =>
    client.contacts.read().then(
      () => setProblem(null),
      (reason) => setProblem(because(reason)),
    );
  useEffect(() => {
    if (client.contacts.all.value === null) void read();
  }, []);
  useWatch((contacts ?? []).map(({ user_id }) => user_id));
  return (
    <section class="page grow" aria-label="Contacts">
      <header class="page-head">
        <button type="button" class="icon-button" aria-label="Back" onClick={() => go({ view: "home" })}>
          <Icon name="back" />
        </button>
        <h1>Contacts</h1>
      </header>
      <div class="page-body">
        <div>
          <Add />
          {problem && (
            <p class="form-error" role="alert">
              {`Your contacts could not be listed. ${problem} `}
              <button type="button" class="text-button" onClick={read}>
                Try again
              </button>
            </p>
          )}
          {!contacts && !problem && <p class="hint">Loading…</p>}
          {incoming.length > 0 && (
            <List title="They ask to be on your list">
              {incoming.map((contact) => (
                <Row key={contact.user_id} contact={contact}>
                  <button type="button" class="button small main" onClick={() => accept(contact)}>
                    Accept
                  </button>
                  <button type="button" class="button small" onClick={() => decline(contact)}>
                    Decline
                  </button>
                </Row>
              ))}
            </List>
          )}
          {outgoing.length > 0 && (
            <List title="You asked them">
              {outgoing.map((contact) => (
                <Row key={contact.user_id} contact={contact}>
                  <button type="button" class="button small" onClick={() => remove(contact)}>
                    Take back
                  </button>
                </Row>
              ))}
            </List>
          )}
          {contacts && (
            <List title={`Your contacts (${contacts.length})`}>
              {contacts.map((contact) => (
                <Row key={contact.user_id} contact={contact} there>
                  <button type="button" class="button small" onClick={() => write(contact)}>
                    Write
                  </button>
                  <ContactMenu contact={contact} />
                </Row>
              ))}
              {contacts.length === 0 && (
                <li class="hint">Nobody yet. People on your list see whether you are there.</li>
              )}
            </List>
          )}
        </div>
      </div>
    </section>
  );
}

/** Says at the top of the list who asks, where anybody does. */
export function Requests() {
  const link = useSnapshot(client.link);
  const incoming = useContacts("incoming");
  useEffect(() => {
    // Told again at the next connection where it can't be read now.
    if (link === "live" && client.contacts.all.value === null) client.contacts.read().catch(() => undefined);
  }, [link]);
  if (!incoming || incoming.length === 0) return null;
  const [first] = incoming;
  const to = { view: "contacts" } as const;
  return (
    <a class="requests" href={pathOf(to)} onClick={follow(to)}>
      <Icon name="user" />
      <span class="clip">
        {incoming.length === 1
          ? `${nameOf(first!.user)} asks to be on your list`
          : `${incoming.length} people ask to be on your list`}
      </span>
    </a>
  );
}

function Add() {
  return (
    <section class="section" aria-labelledby="add-contact">
      <h2 id="add-contact">Add somebody</h2>
      <Form
        action="Add"
        clears
        submit={async (text) => {
          const whom = text("whom");
          const { status, user } = await client.contacts.add(
            whom.slice(1).includes("@") ? { email: whom } : { username: whom.replace(/^@/, "") },
          );
          say(status === "outgoing" ? `${nameOf(user)} is asked.` : `${nameOf(user)} is on your list.`);
        }}
      >
        <Field
          name="whom"
          label="Username or e-mail address"
          required
          maxLength={254}
          autoCapitalize="none"
          autoComplete="off"
          spellcheck={false}
        />
      </Form>
    </section>
  );
}

function List({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}

interface RowProps {
  contact: Contact;
  /** Whether it says if they are there. */
  there?: boolean;
  children: ComponentChildren;
}

function Row({ contact, there, children }: RowProps) {
  const presence = useSnapshot(client.people.presence).get(contact.user_id);
  const now = useNow(60);
  const { username } = contact.user;
  const seen = presence?.status === "offline" ? lastSeen(presence.last_seen_at, now) : "Here now";
  const known = there && presence;
  return (
    <li class="device">
      <Avatar
        name={calledIn(contact)}
        id={contact.user_id}
        size="small"
        presence={there ? presence : undefined}
      />
      <div class="grow">
        <strong class="clip">{calledIn(contact)}</strong>
        <p class="hint clip">{[username && `@${username}`, known && seen].filter(Boolean).join(" · ")}</p>
      </div>
      {children}
    </li>
  );
}

function ContactMenu({ contact }: { contact: Contact }) {
  const [asking, setAsking] = useState(false);
  const name = calledIn(contact);
  return (
    <>
      <Menu
        label={`${name}: what to do`}
        small
        items={[{ label: "Remove from your list", icon: "trash", danger: true, act: () => setAsking(true) }]}
      />
      {asking && (
        <Confirm
          title={`Remove ${name}?`}
          text="They are on your list no more. What you wrote to each other stays."
          action="Remove"
          close={() => setAsking(false)}
          act={() => remove(contact)}
        />
      )}
    </>
  );
}

/** Whether somebody is on one's list, for where they are shown. */
export function ContactAction({ user_id }: { user_id: string }) {
  const all = useSnapshot(client.contacts.all);
  if (!all || user_id === client.me?.user_id) return null;
  const contact = all.get(user_id);
  const [label, act] = contact ? ways(contact) : (["Add to contacts", () => add(user_id)] as const);
  return (
    <button type="button" onClick={act}>
      <Icon name="user" />
      {label}
    </button>
  );
}

function ways(contact: Contact): readonly [string, () => unknown] {
  switch (contact.status) {
    case "accepted":
      return ["Remove from contacts", () => remove(contact)];
    case "outgoing":
      return ["Take your request back", () => remove(contact)];
    default:
      return ["Accept as a contact", () => accept(contact)];
  }
}

const add = (user_id: string) =>
  attempt("They were not added.", async () => {
    const { status, user } = await client.contacts.add({ user_id });
    say(status === "outgoing" ? `${nameOf(user)} is asked.` : `${nameOf(user)} is on your list.`);
  });
const accept = (contact: Contact) =>
  attempt(`${calledIn(contact)} is not on your list.`, () => client.contacts.accept(contact.user_id));
const decline = (contact: Contact) =>
  attempt(`${calledIn(contact)} still asks.`, () => client.contacts.decline(contact.user_id));
const remove = (contact: Contact) =>
  attempt(`${calledIn(contact)} is still on your list.`, () => client.contacts.remove(contact.user_id));
const write = (contact: Contact) =>
  attempt(`The conversation with ${calledIn(contact)} could not be opened.`, async () => {
    go({ view: "conversation", id: (await client.openDirect(contact.user_id)).id });
  });
