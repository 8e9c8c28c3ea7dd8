/** The side: oneself, the search, and one's conversations. */

import { useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Menu } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { attempt } from "../parts/notices";
import { go, type Place } from "../router";
import { composing } from "../text/composing";
import { Requests } from "./contacts";
import { Found } from "./found";
import { Items } from "./items";

export function Side({ place }: { place: Place }) {
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const words = query.trim();
  return (
    <nav class="side" aria-label="Conversations">
      <Head />
      <div class="search" role="search">
        <Icon name="search" />
        <input
          id="search"
          ref={field}
          class="input"
          type="search"
          placeholder="Search people and rooms"
          aria-label="Search conversations, people and rooms"
          value={query}
          autoComplete="off"
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (composing(event)) return;
            if (event.key === "Escape") setQuery("");
            if (event.key === "ArrowDown") step(event, 1);
          }}
        />
      </div>
      <Requests />
      <div class="side-list" onKeyDown={(event) => step(event)}>
        {words === "" ? (
          <Mine place={place} />
        ) : (
          <Found query={words} place={place} done={() => setQuery("")} />
        )}
      </div>
    </nav>
  );
}

/** Arrow keys go through the list. */
function step(event: KeyboardEvent, first?: number): void {
  const by = first ?? { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const items = [...document.querySelectorAll<HTMLElement>(".side-list .item")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  if (at === 0 && by < 0) document.querySelector<HTMLElement>("#search")?.focus();
  else items[at < 0 ? 0 : Math.min(items.length - 1, at + by)]?.focus();
}

function Head() {
  const session = useSnapshot(client.session.state);
  const link = useSnapshot(client.link);
  const status = useSnapshot(client.status);
  const me = session.status === "signed-in" ? session.user : undefined;
  if (!me) return null;
  const appear = (to: "online" | "away" | "busy" | "invisible", label: string) => ({
    label: status === to ? `${label} ✓` : label,
    act: () => attempt("Your status was not changed.", () => client.setStatus(to)),
  });
  const shown = link === "offline" || status === "invisible" ? "offline" : status;
  return (
    <header class="side-head">
      <Menu
        label={`You are ${nameOf(me)}: status and settings`}
        class="left"
        items={[
          appear("online", "Online"),
          appear("away", "Away"),
          appear("busy", "Do not disturb"),
          appear("invisible", "Invisible"),
          null,
          { label: "Contacts", icon: "user", act: () => go({ view: "contacts" }) },
          { label: "Settings", icon: "settings", act: () => go({ view: "settings" }) },
          {
            label: "Sign out",
            icon: "door",
            act: () => attempt("You are still signed in.", () => client.logout()),
          },
        ]}
      >
        <Avatar
          name={nameOf(me)}
          id={me.user_id}
          size="small"
          presence={{ user_id: me.user_id, status: shown }}
        />
      </Menu>
      <span class="name clip">{nameOf(me)}</span>
      <button
        type="button"
        class="icon-button"
        aria-label="New conversation"
        title="New conversation"
        onClick={() => go({ view: "new" })}
      >
        <Icon name="plus" />
      </button>
    </header>
  );
}

function Mine({ place }: { place: Place }) {
  const list = useSnapshot(client.conversations);
  const listed = useSnapshot(client.listed);
  const [archive, setArchive] = useState(false);
  const archived = list.filter(({ summary }) => summary.archived);
  const shown = archive ? archived : list.filter(({ summary }) => !summary.archived);
  if (list.length === 0) {
    return listed ? (
      <p class="quiet">No conversations yet. Search for somebody, or start one with the plus above.</p>
    ) : (
      <p class="quiet" role="status">
        Loading your conversations…
      </p>
    );
  }
  return (
    <>
      <Items items={shown} place={place} />
      {archive && shown.length === 0 && <p class="quiet">Nothing is archived.</p>}
      {(archived.length > 0 || archive) && (
        <p class="quiet">
          <button type="button" class="text-button" onClick={() => setArchive(!archive)}>
            {archive ? "Back to all conversations" : `Archived (${archived.length})`}
          </button>
        </p>
      )}
    </>
  );
}
