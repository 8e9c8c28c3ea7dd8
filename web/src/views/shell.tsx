/** The frame: the list at the side, and what was chosen of it. */

import type { LinkState, ParleyError } from "parley-client";
import { useEffect, useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { titleOf } from "../names";
import { Icon } from "../parts/icon";
import { go, type Place, usePlace } from "../router";
import { Contacts } from "./contacts";
import { NewChat } from "./new_chat";
import { Settings } from "./settings";
import { Side } from "./side";
import { Talk } from "./talk";

const PATIENCE_MS = 1_500;

export function Shell() {
  const place = usePlace();
  // Where one was stays behind the dialog of a new conversation.
  const behind = useRef<Place>({ view: "home" });
  if (place.view !== "new") behind.current = place;
  const shown = behind.current;
  useTabTitle();
  useEffect(() => {
    const toSearch = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#search")?.focus();
    };
    addEventListener("keydown", toSearch);
    return () => removeEventListener("keydown", toSearch);
  }, []);
  return (
    <div class="frame">
      <LinkLine />
      <div class={`shell ${shown.view === "home" ? "" : "inside"}`}>
        <Side place={shown} />
        <main class="pane">
          {shown.view === "conversation" && <Talk key={shown.id} id={shown.id} seq={shown.seq} />}
          {shown.view === "settings" && <Settings />}
          {shown.view === "contacts" && <Contacts />}
          {shown.view === "home" && <Welcome />}
        </main>
      </div>
      {place.view === "new" && <NewChat behind={shown} />}
    </div>
  );
}

function Welcome() {
  const none = useSnapshot(client.conversations).length === 0;
  const listed = useSnapshot(client.listed);
  return (
    <div class="empty grow">
      <img class="mark" src="/icon.svg" alt="" />
      <h1>{none && listed ? "Begin a conversation" : "Pick up a conversation"}</h1>
      <p>
        {none && listed
          ? "Write to somebody, gather a group, or come into a room."
          : "Choose one from the list, or look for people and rooms with the search above it."}
      </p>
      <button type="button" class="button main" onClick={() => go({ view: "new" })}>
        <Icon name="plus" />
        New conversation
      </button>
    </div>
  );
}

/** What the connection is about, once it takes longer than a blink. */
export function LinkLine() {
  const link = useSnapshot(client.link);
  const trouble = useSnapshot(client.trouble);
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (link === "live") return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [link]);
  const shown = late && link !== "live";
  const bad = link === "offline" || trouble !== null;
  return (
    <div role="status" aria-live="polite">
      {shown && <p class={`link-state ${bad ? "" : "calm"}`}>{linkText(link, trouble)}</p>}
    </div>
  );
}

function linkText(link: LinkState, trouble: ParleyError | null): string {
  if (link === "offline") return "Not connected. What you write is kept, and sent once the server is back.";
  if (trouble) return `What you missed can't be had right now. ${trouble.message}`;
  return "Catching up with what you missed…";
}

/** The tab says how much is unread. */
function useTabTitle(): void {
  const place = usePlace();
  const list = useSnapshot(client.conversations);
  const people = useSnapshot(client.people.changes);
  const loud = list.filter(({ summary }) => !summary.muted && !summary.archived);
  const unread = loud.reduce((sum, { stand }) => sum + stand.unread, 0);
  const chosen = place.view === "conversation" ? list.find(({ id }) => id === place.id) : undefined;
  const name = chosen ? `${titleOf(chosen.summary, people)} · Parley` : "Parley";
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
  }, [unread, name]);
}
