/** What a search finds: one's own conversations at once, people and rooms from the server. */

import type { Room, User } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { nameOf, otherOf, titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { attempt, because } from "../parts/notices";
import { go, type Place } from "../router";
import { Items } from "./items";

const PAUSE_MS = 200;

interface Results {
  query: string;
  people: readonly User[];
  rooms: readonly Room[];
}

export function useServerSearch(query: string): { results: Results | null; trouble: string | null } {
  const [results, setResults] = useState<Results | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      try {
        const [people, rooms] = await Promise.all([client.api.users(query), client.api.rooms(query)]);
        if (!current) return;
        client.people.learn(people.items);
        setResults({ query, people: people.items, rooms: rooms.items });
        setTrouble(null);
      } catch (reason) {
        if (current) setTrouble(because(reason));
      }
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);
  return { results, trouble };
}

export function Found({ query, place, done }: { query: string; place: Place; done: () => void }) {
  const list = useSnapshot(client.conversations);
  const people = useSnapshot(client.people.changes);
  const { results, trouble } = useServerSearch(query);
  const folded = query.toLocaleLowerCase();
  const mine = list.filter(({ summary }) => titleOf(summary, people).toLocaleLowerCase().includes(folded));
  const known = new Set(list.map(({ id }) => id));
  const written = new Set(mine.map(({ summary }) => summary.kind === "direct" && otherOf(summary)));
  const others = results?.people.filter(({ user_id }) => !written.has(user_id)) ?? [];
  const rooms = results?.rooms.filter(({ conversation_id }) => !known.has(conversation_id)) ?? [];
  const nothing = results && mine.length + others.length + rooms.length === 0;
  return (
    <>
      {mine.length > 0 && <h2 class="side-title">Your conversations</h2>}
      <Items items={mine.slice(0, 20)} place={place} />
      {trouble && <p class="quiet">The search did not reach the server. {trouble}</p>}
      {!results && !trouble && <p class="quiet">Searching…</p>}
      {nothing && <p class="quiet">Nobody and nothing is called that.</p>}
      {others.length > 0 && <h2 class="side-title">People</h2>}
      <ul>
        {others.map((user) => (
          <li key={user.user_id}>
            <PersonItem user={user} act={() => openWith(user, done)} />
          </li>
        ))}
      </ul>
      {rooms.length > 0 && <h2 class="side-title">Rooms to join</h2>}
      <ul>
        {rooms.map((room) => (
          <li key={room.conversation_id}>
            <RoomItem room={room} done={done} />
          </li>
        ))}
      </ul>
    </>
  );
}

async function openWith(user: User, done: () => void): Promise<void> {
  await attempt(`The conversation with ${nameOf(user)} could not be opened.`, async () => {
    const { id } = await client.openDirect(user.user_id);
    done();
    go({ view: "conversation", id });
  });
}

export function PersonItem({ user, act, extra }: { user: User; act: () => unknown; extra?: string }) {
  return (
    <button type="button" class="item" onClick={act}>
      <Avatar name={nameOf(user)} id={user.user_id} size="small" />
      <span class="body">
        <span class="title clip" style={{ display: "block" }}>
          {nameOf(user)}
        </span>
        {user.username && (
          <span class="preview clip" style={{ display: "block" }}>
            @{user.username}
          </span>
        )}
      </span>
      {extra && <span class="role">{extra}</span>}
    </button>
  );
}

interface RoomProps {
  room: Room;
  joined?: boolean;
  done?: () => void;
}

export function RoomItem({ room, joined = false, done }: RoomProps) {
  const join = () =>
    attempt(`You could not join ${room.name}.`, async () => {
      if (!joined) await client.join(room.conversation_id);
      done?.();
      go({ view: "conversation", id: room.conversation_id });
    });
  const people = room.member_count === 1 ? "1 member" : `${room.member_count} members`;
  return (
    <button type="button" class="item" onClick={join}>
      <Avatar name={room.name} id={room.conversation_id} size="small" square />
      <span class="body">
        <span class="title clip" style={{ display: "block" }}>
          {room.name}
        </span>
        <span class="preview clip" style={{ display: "block" }}>
          {room.topic ? `${people} · ${room.topic}` : people}
        </span>
      </span>
      <span class="role">{joined ? "Open" : "Join"}</span>
    </button>
  );
}
