/** A conversation: its head, its history, where one writes, and beside it who is in. */

import type { ConversationSnapshot } from "parley-client";
import { useEffect, useMemo, useState } from "preact/hooks";
import { client } from "../client";
import { useMedia, useNow, useSnapshot } from "../hooks";
import { nameOf, otherOf, titleOf, typingText } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { go } from "../router";
import { lastSeen } from "../text/times";
import type { About } from "./about";
import { Composer } from "./composer";
import { Details } from "./details";
import { History } from "./history";
import { Pins } from "./pins";

/** What is shown beside the messages. */
type Beside = "details" | "pins" | null;

export function Talk({ id, seq }: { id: string; seq: number | undefined }) {
  const conversation = useMemo(() => client.conversation(id), [id]);
  const snapshot = useSnapshot(conversation);
  const listed = useSnapshot(client.listed);
  const wide = useMedia("(min-width: 1081px)");
  const [beside, setBeside] = useState<Beside>(null);
  const [about, setAbout] = useState<About>(null);
  const [asked, setAsked] = useState(seq === undefined ? null : { seq });
  const known = snapshot.summary !== null;
  useEffect(() => {
    if (known) void conversation.open();
    return () => conversation.close();
  }, [conversation, known]);

  useEffect(() => {
    setAsked((was) => (seq === undefined ? null : was?.seq === seq ? was : { seq }));
  }, [seq]);

  if (!snapshot.summary) return <Unknown listed={listed} />;
  return (
    <>
      <section class="talk" aria-label={titleOf(snapshot.summary, client.people.changes.getSnapshot())}>
        <Head snapshot={snapshot} beside={beside} setBeside={setBeside} />
        <History conversation={conversation} snapshot={snapshot} asked={asked} setAbout={setAbout} />
        <TypingLine snapshot={snapshot} />
        <Composer
          key={id}
          conversation={conversation}
          snapshot={snapshot}
          about={about}
          setAbout={setAbout}
        />
      </section>
      {beside === "details" && <Details snapshot={snapshot} close={() => setBeside(null)} />}
      {beside === "pins" && (
        <Pins
          snapshot={snapshot}
          close={() => setBeside(null)}
          jump={(to) => {
            if (!wide) setBeside(null); // it covers what one goes to
            setAsked({ seq: to });
          }}
        />
      )}
    </>
  );
}

function Unknown({ listed }: { listed: boolean }) {
  return (
    <div class="empty grow">
      {listed ? (
        <>
          <h1>This conversation is not yours</h1>
          <p>It may have ended, or you are no longer in it.</p>
          <button type="button" class="button" onClick={() => go({ view: "home" })}>
            Back to your conversations
          </button>
        </>
      ) : (
        <p role="status">Loading this conversation…</p>
      )}
    </div>
  );
}

interface HeadProps {
  snapshot: ConversationSnapshot;
  beside: Beside;
  setBeside: (beside: Beside) => void;
}

function Head({ snapshot, beside, setBeside }: HeadProps) {
  const summary = snapshot.summary!;
  const people = useSnapshot(client.people.changes);
  const presence = useSnapshot(client.people.presence);
  const title = titleOf(summary, people);
  const other = summary.kind === "direct" ? otherOf(summary) : undefined;
  return (
    <header class="talk-head">
      <button
        type="button"
        class="icon-button only-phone"
        aria-label="Back to the list"
        onClick={() => go({ view: "home" })}
      >
        <Icon name="back" />
      </button>
      <Avatar
        name={title}
        id={other ?? summary.conversation_id}
        size="small"
        square={other === undefined}
        presence={other ? presence.get(other) : undefined}
      />
      <div class="about">
        <h1 class="clip">{title}</h1>
        <p class="clip">
          <Subtitle snapshot={snapshot} />
        </p>
      </div>
      {BESIDE.map(([what, label, icon]) => (
        <button
          key={what}
          type="button"
          class="icon-button"
          aria-label={label}
          title={label}
          aria-expanded={beside === what}
          onClick={() => setBeside(beside === what ? null : what)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </header>
  );
}

const BESIDE = [
  ["pins", "Pinned messages", "pin"],
  ["details", "About this conversation", "info"],
] as const;

const STATUS = { online: "Online", away: "Away", busy: "Do not disturb", invisible: "Invisible" } as const;

function Subtitle({ snapshot }: { snapshot: ConversationSnapshot }) {
  const summary = snapshot.summary!;
  const presence = useSnapshot(client.people.presence);
  const now = useNow(60);
  if (summary.kind !== "direct") {
    const count = summary.member_count === 1 ? "1 member" : `${summary.member_count} members`;
    return <>{summary.topic ? `${count} · ${summary.topic}` : count}</>;
  }
  const other = otherOf(summary);
  if (other === undefined || other === client.me?.user_id) return <>Only you can read this</>;
  const appears = presence.get(other);
  if (!appears) return <>Direct conversation</>;
  return <>{appears.status === "offline" ? lastSeen(appears.last_seen_at, now) : STATUS[appears.status]}</>;
}

function TypingLine({ snapshot }: { snapshot: ConversationSnapshot }) {
  const people = useSnapshot(client.people.changes);
  const others = snapshot.typing.filter((id) => id !== client.me?.user_id);
  const names = others.map((id) => nameOf(people.get(id) ?? client.people.get(id)));
  return (
    <p class="typing-line" aria-live="polite">
      {typingText(names)}
    </p>
  );
}
