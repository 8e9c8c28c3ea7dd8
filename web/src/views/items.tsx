/** Conversations in a list, as one sees them from outside. */

import type { ListItem } from "parley-client";
import { useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot, useWatch } from "../hooks";
import { nameOf, otherOf, previewOf, titleOf, typingText } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { follow, type Place, pathOf } from "../router";
import { whenShort } from "../text/times";

const FIRST = 60;

export function Items({ items, place }: { items: readonly ListItem[]; place: Place }) {
  const [most, setMost] = useState(FIRST);
  const now = useNow(60);
  const shown = items.slice(0, most);
  const others = shown.flatMap(({ summary }) => (summary.kind === "direct" ? [otherOf(summary) ?? ""] : []));
  useWatch(others);
  return (
    <ul>
      {shown.map((item) => (
        <li key={item.id}>
          <Item item={item} chosen={place.view === "conversation" && place.id === item.id} now={now} />
        </li>
      ))}
      {items.length > most && (
        <li class="quiet">
          <button type="button" class="text-button" onClick={() => setMost(most + FIRST)}>
            Show more
          </button>
        </li>
      )}
    </ul>
  );
}

function Item({ item, chosen, now }: { item: ListItem; chosen: boolean; now: Date }) {
  const people = useSnapshot(client.people.changes);
  const presence = useSnapshot(client.people.presence);
  const { id, summary, stand } = item;
  const title = titleOf(summary, people);
  const to = { view: "conversation", id } as const;
  const other = summary.kind === "direct" ? otherOf(summary) : undefined;
  return (
    <a
      class={`item ${stand.unread > 0 ? "unread" : ""}`}
      href={pathOf(to)}
      onClick={follow(to)}
      aria-current={chosen ? "page" : undefined}
    >
      <Avatar
        name={title}
        id={other ?? id}
        square={other === undefined}
        presence={other ? presence.get(other) : undefined}
      />
      <span class="body">
        <span class="top">
          <span class="title clip">{title}</span>
          {item.lastMessage && <time class="when">{whenShort(item.activeAt, now)}</time>}
        </span>
        <span class="bottom">
          <Preview item={item} />
          <Badges item={item} />
        </span>
      </span>
    </a>
  );
}

function Preview({ item }: { item: ListItem }) {
  const people = useSnapshot(client.people.changes);
  const typists = item.typing.filter((id) => id !== client.me?.user_id);
  if (item.failed > 0) return <span class="preview clip failed">A message was not sent</span>;
  if (typists.length > 0) {
    return (
      <span class="preview clip typing">
        {typingText(typists.map((id) => nameOf(people.get(id) ?? client.people.get(id))))}
      </span>
    );
  }
  return <span class="preview clip">{previewOf(item, people)}</span>;
}

function Badges({ item: { summary, stand, waiting } }: { item: ListItem }) {
  return (
    <span class="badges">
      {waiting > 0 && <Icon name="clock" />}
      {summary.muted && (
        <>
          <Icon name="bell-off" />
          <span class="hidden">Muted</span>
        </>
      )}
      {stand.mentions > 0 && (
        <span class="badge">
          @<span class="hidden"> {stand.mentions} mentions</span>
        </span>
      )}
      {stand.unread > 0 && (
        <span class={`badge ${summary.muted ? "muted" : ""}`}>
          {stand.unread > 999 ? "999+" : stand.unread}
          <span class="hidden"> unread</span>
        </span>
      )}
    </span>
  );
}
