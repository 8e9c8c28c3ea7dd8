/** One message, and what can be done with it. */

import type { Conversation, Kind, PendingMessage, Role, ShownMessage } from "parley-client";
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useCallback, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot, useUser } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Confirm, Menu, type MenuItem, move } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { attempt, say } from "../parts/notices";
import { type DrawMention, Markdown } from "../text/markdown";
import { plainText } from "../text/plain";
import { clockTime, exactTime } from "../text/times";
import type { About } from "./about";

export interface MessageActions {
  conversation: Conversation;
  setAbout: (about: About) => void;
  jump: (seq: number) => unknown;
  markUnread: (seq: number) => unknown;
  role: Role;
  kind: Kind;
}

const QUICK = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

interface RowProps {
  message: ShownMessage;
  /** Whether it begins anew with who says it. */
  first: boolean;
  day: string | null;
  newLine: boolean;
  receipt: "sent" | "delivered" | "read" | null;
  actions: MessageActions;
}

export const MessageRow = memo(function MessageRow({
  message,
  first,
  day,
  newLine,
  receipt,
  actions,
}: RowProps) {
  const author = useUser(message.actor_id);
  const [active, setActive] = useState(false);
  const me = client.me?.user_id ?? "";
  const gone = message.deleted_at !== null;
  const touched = (event: PointerEvent) => {
    const plain = !(event.target as HTMLElement).closest("button, a, .tools");
    if (event.pointerType === "touch" && plain) setActive(!active);
  };
  return (
    <div
      data-key={message.actor_id === me && message.client_id ? `c${message.client_id}` : `m${message.seq}`}
      data-seq={message.seq}
    >
      <Separators day={day} newLine={newLine} />
      <article
        class={`message ${first ? "first" : ""} ${active ? "active" : ""} ${message.mentions.includes(me) ? "mentioned" : ""}`}
        aria-label={`${nameOf(author)}, ${exactTime(message.at)}`}
        tabIndex={0}
        onPointerUp={touched}
        onKeyDown={(event) => byKey(event, message, actions)}
      >
        <div class="gutter">
          {first ? (
            <Avatar name={nameOf(author)} id={message.actor_id} size="small" />
          ) : (
            <time dateTime={message.at} title={exactTime(message.at)}>
              {clockTime(message.at)}
            </time>
          )}
        </div>
        <div class="grow">
          {first && (
            <div class="who">
              <strong class="clip">{nameOf(author)}</strong>
              <time dateTime={message.at} title={exactTime(message.at)}>
                {clockTime(message.at)}
              </time>
            </div>
          )}
          {message.reply_to !== null && <Quote seq={message.reply_to} actions={actions} />}
          {gone ? <p class="text gone">This message was deleted.</p> : <Folded message={message} />}
          <Reactions message={message} actions={actions} />
          <Change message={message} actions={actions} />
        </div>
        <SmallPrint message={message} receipt={receipt} />
        {!gone && actions.role !== "guest" && <Tools message={message} actions={actions} />}
      </article>
    </div>
  );
});

/** What somebody whom one has blocked says in a group is there, but only on demand. */
function Folded({ message }: { message: ShownMessage }) {
  const blocked = useSnapshot(client.blocks.blocked);
  const [open, setOpen] = useState(false);
  if (!blocked?.has(message.actor_id) || open) return <Text body={message.body} />;
  return (
    <p class="text gone">
      {"From somebody you blocked. "}
      <button type="button" class="text-button" onClick={() => setOpen(true)}>
        Show
      </button>
    </p>
  );
}

interface PendingProps {
  message: PendingMessage;
  first: boolean;
  day: string | null;
  actions: MessageActions;
}

export const PendingRow = memo(function PendingRow({ message, first, day, actions }: PendingProps) {
  const me = client.me;
  const { conversation } = actions;
  const failed = message.state === "failed";
  return (
    <div data-key={`c${message.client_id}`}>
      <Separators day={day} newLine={false} />
      <article class={`message ${first ? "first" : ""}`} aria-label={failed ? "Not sent" : "On its way"}>
        <div class="gutter">{first && me && <Avatar name={nameOf(me)} id={me.user_id} size="small" />}</div>
        <div class="grow">
          {first && (
            <div class="who">
              <strong>{nameOf(me)}</strong>
              <time>{clockTime(message.at)}</time>
            </div>
          )}
          {message.reply_to !== null && <Quote seq={message.reply_to} actions={actions} />}
          <Text body={message.body} pending={message.state === "waiting" || failed} />
          {failed && (
            <p class="failed" role="alert">
              <span>Not sent. {message.error?.message}</span>
              <button type="button" class="text-button" onClick={() => conversation.retry(message.client_id)}>
                Try again
              </button>
              <button
                type="button"
                class="text-button"
                onClick={() => conversation.discard(message.client_id)}
              >
                Discard
              </button>
            </p>
          )}
        </div>
        {!failed && (
          <span class="aside">
            <span class="state" title={message.state === "acked" ? "Sent" : "Sending…"}>
              <Icon name={message.state === "acked" ? "check" : "clock"} />
              <span class="hidden">{message.state === "acked" ? "Sent" : "Sending…"}</span>
            </span>
          </span>
        )}
      </article>
    </div>
  );
});

export function Separators({ day, newLine }: { day: string | null; newLine: boolean }) {
  return (
    <>
      {day !== null && <h2 class="day">{day}</h2>}
      {newLine && <p class="new-line">New</p>}
    </>
  );
}

export function Text({ body, pending }: { body: string; pending?: boolean }) {
  const people = useSnapshot(client.people.changes);
  const mention = useCallback<DrawMention>(
    (name) => {
      const folded = name.toLocaleLowerCase();
      const mine = client.me?.username?.toLocaleLowerCase() === folded;
      const known =
        mine || [...people.values()].some(({ username }) => username?.toLocaleLowerCase() === folded);
      return known ? <span class={`mention ${mine ? "me" : ""}`}>@{name}</span> : null;
    },
    [people],
  );
  return (
    <div class={`text ${pending ? "pending" : ""}`} dir="auto">
      <Markdown body={body} mention={body.includes("@") ? mention : NOBODY} />
    </div>
  );
}

const NOBODY: DrawMention = () => null;

function SmallPrint({ message, receipt }: { message: ShownMessage; receipt: RowProps["receipt"] }) {
  const edited = message.edited_at !== null && message.deleted_at === null;
  if (!edited && !message.pinned && receipt === null) return null;
  return (
    <span class="aside">
      {message.pinned && (
        <span class="state" title="Pinned">
          <Icon name="pin" />
          <span class="hidden">Pinned</span>
        </span>
      )}
      {edited && <span title={exactTime(message.edited_at!)}>edited</span>}
      {receipt && message.deleted_at === null && <Receipt receipt={receipt} />}
    </span>
  );
}

const RECEIPTS = { sent: "Sent", delivered: "Delivered", read: "Read" } as const;

function Receipt({ receipt }: { receipt: keyof typeof RECEIPTS }) {
  return (
    <span class={`state ${receipt}`} title={RECEIPTS[receipt]}>
      <Icon name={receipt === "sent" ? "check" : "checks"} />
      <span class="hidden">{RECEIPTS[receipt]}</span>
    </span>
  );
}

/** What of it is on its way, or was refused. */
function Change({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  const { changing } = message;
  if (!changing) return null;
  if (changing.state !== "failed") {
    return <span class="small-print">{changing.event === "message.delete" ? "Deleting…" : "Saving…"}</span>;
  }
  return (
    <p class="failed" role="alert">
      <span>This change was not made. {changing.error?.message}</span>
      <button
        type="button"
        class="text-button"
        onClick={() => actions.conversation.retry(changing.client_id)}
      >
        Try again
      </button>
      <button
        type="button"
        class="text-button"
        onClick={() => actions.conversation.discard(changing.client_id)}
      >
        Leave it
      </button>
    </p>
  );
}

function Quote({ seq, actions }: { seq: number; actions: MessageActions }) {
  const { messages } = useSnapshot(actions.conversation);
  const quoted = messages.find((message) => message.seq === seq);
  const author = useUser(quoted?.actor_id);
  return (
    <button type="button" class="quote" onClick={() => actions.jump(seq)}>
      {quoted ? (
        <>
          <strong>{nameOf(author)}</strong>
          <span class="clip">{quoted.deleted_at ? "Message deleted" : plainText(quoted.body)}</span>
        </>
      ) : (
        <span>An earlier message</span>
      )}
    </button>
  );
}

function Reactions({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  const people = useSnapshot(client.people.changes);
  const me = client.me?.user_id ?? "";
  const given = Object.entries(message.reactions);
  if (given.length === 0) return null;
  const names = (ids: readonly string[]) =>
    ids.slice(0, 12).map((id) => nameOf(people.get(id) ?? client.people.get(id)));
  return (
    <div class="reactions">
      {given.map(([emoji, ids]) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={ids.includes(me)}
          disabled={actions.role === "guest"}
          title={names(ids).join(", ")}
          aria-label={`${emoji}, ${ids.length}: ${names(ids).join(", ")}`}
          onClick={() => actions.conversation.react(message.seq, emoji)}
        >
          <span>{emoji}</span>
          <span>{ids.length}</span>
        </button>
      ))}
    </div>
  );
}

function Tools({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  const [deleting, setDeleting] = useState(false);
  const { conversation } = actions;
  const mine = message.actor_id === client.me?.user_id;
  const inCharge = actions.role === "owner" || actions.role === "admin";
  const items: (MenuItem | null | false)[] = [
    mine && { label: "Edit", icon: "edit", act: () => actions.setAbout({ kind: "edit", message }) },
    { label: "Copy text", icon: "copy", act: () => copy(message.body) },
    {
      label: message.pinned ? "Unpin" : "Pin",
      icon: "pin",
      act: () => conversation.pin(message.seq, !message.pinned),
    },
    {
      label: "Mark unread from here",
      icon: "unread",
      act: () => actions.markUnread(message.seq),
    },
    (mine || inCharge) && null,
    (mine || inCharge) && { label: "Delete", icon: "trash", danger: true, act: () => setDeleting(true) },
  ];
  return (
    <div class="tools" role="toolbar" aria-label="Message">
      <EmojiMenu choose={(emoji) => conversation.react(message.seq, emoji)} />
      <button
        type="button"
        class="icon-button small"
        aria-label="Reply"
        title="Reply"
        onClick={() => actions.setAbout({ kind: "reply", message })}
      >
        <Icon name="reply" />
      </button>
      <Menu label="More" items={items} small />
      {deleting && (
        <Confirm
          title="Delete this message?"
          text="It is deleted for everyone, with every text that it had. That can't be taken back."
          action="Delete"
          close={() => setDeleting(false)}
          act={() => conversation.delete(message.seq)}
        />
      )}
    </div>
  );
}

function EmojiMenu({ choose }: { choose: (emoji: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover label="React" open={open} setOpen={setOpen} icon={<Icon name="smile" />}>
      <div
        class="menu emoji-menu"
        role="menu"
        aria-label="Reactions"
        tabIndex={-1}
        onKeyDown={(event) => move(event, () => setOpen(false))}
      >
        {QUICK.map((emoji) => (
          <button
            key={emoji}
            type="button"
            role="menuitem"
            aria-label={`React with ${emoji}`}
            onClick={() => {
              setOpen(false);
              choose(emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
    </Popover>
  );
}

interface PopoverProps {
  label: string;
  icon: ComponentChildren;
  open: boolean;
  setOpen: (open: boolean) => void;
  children: ComponentChildren;
}

function Popover({ label, icon, open, setOpen, children }: PopoverProps) {
  const leave = (event: FocusEvent) => {
    const holder = event.currentTarget as HTMLElement;
    if (!holder.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  return (
    <span class="menu-holder" onFocusOut={leave}>
      <button
        type="button"
        class="icon-button small"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {icon}
      </button>
      {open && children}
    </span>
  );
}

function byKey(event: KeyboardEvent, message: ShownMessage, actions: MessageActions): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  if (message.deleted_at !== null || actions.role === "guest") return;
  if (event.key === "r") actions.setAbout({ kind: "reply", message });
  else if (event.key === "e" && message.actor_id === client.me?.user_id)
    actions.setAbout({ kind: "edit", message });
  else return;
  event.preventDefault();
}

async function copy(text: string): Promise<void> {
  if (await attempt("The text was not copied.", () => navigator.clipboard.writeText(text))) say("Copied.");
}
