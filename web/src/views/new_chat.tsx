/** Starting a conversation: with somebody, with several, or as a room for all. */

import type { User } from "parley-client";
import { useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { nameOf } from "../names";
import { Dialog } from "../parts/dialog";
import { Field, Form, Problem } from "../parts/form";
import { Icon } from "../parts/icon";
import { because } from "../parts/notices";
import { go, type Place } from "../router";
import { composing } from "../text/composing";
import { PersonItem, RoomItem, useServerSearch } from "./found";

type Kind = "direct" | "group" | "room";
const KINDS: Record<Kind, string> = { direct: "Person", group: "Group", room: "Room" };

/** `behind` is where one was, and is again without a new conversation. */
export function NewChat({ behind }: { behind: Place }) {
  const [kind, setKind] = useState<Kind>("direct");
  const close = () => {
    if (location.pathname === "/chat/new") go(behind, { replace: true });
  };
  return (
    <Dialog title="New conversation" close={close}>
      <div class="tabs" role="group" aria-label="What kind of conversation">
        {(Object.keys(KINDS) as Kind[]).map((one) => (
          <button key={one} type="button" aria-pressed={kind === one} onClick={() => setKind(one)}>
            {KINDS[one]}
          </button>
        ))}
      </div>
      {kind === "direct" && <NewDirect />}
      {kind === "group" && <NewGroup />}
      {kind === "room" && <Rooms />}
    </Dialog>
  );
}

/** Do it and go there; says why it can't be done. */
function useMaking(): {
  busy: boolean;
  problem: string | null;
  make: (work: () => Promise<{ id: string }>) => void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async (work: () => Promise<{ id: string }>) => {
    setBusy(true);
    try {
      go({ view: "conversation", id: (await work()).id }, { replace: true });
    } catch (reason) {
      setProblem(because(reason));
      setBusy(false);
    }
  };
  return { busy, problem, make: (work) => void make(work) };
}

function NewDirect() {
  const { problem, make } = useMaking();
  return (
    <>
      <PeoplePicker chosen={[]} choose={(user) => make(() => client.openDirect(user.user_id))} />
      {problem && <Problem text={problem} />}
    </>
  );
}

function NewGroup() {
  const { busy, problem, make } = useMaking();
  const [name, setName] = useState("");
  const [members, setMembers] = useState<readonly User[]>([]);
  const submit = (event: Event) => {
    event.preventDefault();
    make(() =>
      client.createGroup(
        name.trim(),
        members.map(({ user_id }) => user_id),
      ),
    );
  };
  const toggle = (user: User) => {
    const without = members.filter(({ user_id }) => user_id !== user.user_id);
    setMembers(without.length < members.length ? without : [...members, user]);
  };
  return (
    <form class="form" onSubmit={submit}>
      <label class="field">
        <span>Name of the group</span>
        <input
          class="input"
          required
          maxLength={100}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      {members.length > 0 && (
        <ul class="chips" aria-label="Chosen members">
          {members.map((user) => (
            <li key={user.user_id} class="chip">
              {nameOf(user)}
              <button type="button" aria-label={`Take ${nameOf(user)} out`} onClick={() => toggle(user)}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <PeoplePicker chosen={members} choose={toggle} />
      {problem && <Problem text={problem} />}
      <div class="row end">
        <button class="button main" type="submit" disabled={busy || name.trim() === ""}>
          {busy ? "One moment…" : "Create group"}
        </button>
      </div>
    </form>
  );
}

function Rooms() {
  const [making, setMaking] = useState(false);
  return making ? <NewRoom back={() => setMaking(false)} /> : <FindRoom make={() => setMaking(true)} />;
}

/** The rooms of this server; one's own open, others are joined. */
function FindRoom({ make }: { make: () => void }) {
  const [query, setQuery] = useState("");
  const { results, trouble } = useServerSearch(query.trim());
  const mine = new Set(useSnapshot(client.conversations).map(({ id }) => id));
  return (
    <>
      <label class="field">
        <span>Find rooms</span>
        <input
          class="input"
          type="search"
          autoComplete="off"
          placeholder="Beginning of a name"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>
      <div class="picklist">
        {trouble && <p class="quiet">The search did not reach the server. {trouble}</p>}
        {!results && !trouble && <p class="quiet">Searching…</p>}
        {results?.rooms.length === 0 && (
          <p class="quiet">{query.trim() === "" ? "There are no rooms yet." : "No room is called that."}</p>
        )}
        {results?.rooms.map((room) => (
          <RoomItem key={room.conversation_id} room={room} joined={mine.has(room.conversation_id)} />
        ))}
      </div>
      <div class="row end">
        <button type="button" class="button main" onClick={make}>
          <Icon name="plus" />
          Create a room
        </button>
      </div>
    </>
  );
}

function NewRoom({ back }: { back: () => void }) {
  return (
    <>
      <p class="hint">Everybody on this server can find a room and join it.</p>
      <Form
        action="Create room"
        submit={async (text) => {
          const { id } = await client.createRoom(text("name"), text("topic") || undefined);
          go({ view: "conversation", id }, { replace: true });
        }}
      >
        <Field name="name" label="Name of the room" required maxLength={100} autoFocus />
        <Field name="topic" label="What it is about" maxLength={250} />
      </Form>
      <p>
        <button type="button" class="text-button" onClick={back}>
          Back to all rooms
        </button>
      </p>
    </>
  );
}

/** Finds people by the beginning of their names. */
export function PeoplePicker({
  chosen,
  choose,
}: {
  chosen: readonly User[];
  choose: (user: User) => unknown;
}) {
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { results, trouble } = useServerSearch(query.trim());
  const picked = new Set(chosen.map(({ user_id }) => user_id));
  const pick = (user: User) => {
    choose(user);
    setQuery(""); // the next one is somebody else
    field.current?.focus();
  };
  return (
    <div class="field">
      <label class="field">
        <span>Find people</span>
        <input
          ref={field}
          class="input"
          type="search"
          autoComplete="off"
          placeholder="Beginning of a name"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || composing(event)) return;
            event.preventDefault(); // it chooses, and creates no group yet
            const first = results?.people[0];
            if (first && results.query === query.trim() && query.trim() !== "") pick(first);
          }}
        />
      </label>
      <div class="picklist">
        {trouble && <p class="quiet">The search did not reach the server. {trouble}</p>}
        {results?.people.length === 0 && <p class="quiet">Nobody is called that.</p>}
        {results?.people.map((user) => (
          <PersonItem
            key={user.user_id}
            user={user}
            act={() => pick(user)}
            extra={picked.has(user.user_id) ? "Chosen" : ""}
          />
        ))}
      </div>
    </div>
  );
}
