/** Where one writes: a text that grows, drafts, answers, edits, and names to complete. */

import type { Conversation, ConversationSnapshot, User } from "parley-client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useSnapshot, useUser } from "../hooks";
import { nameOf, otherOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { composing } from "../text/composing";
import { plainText } from "../text/plain";
import type { About } from "./about";
import { useBlocks } from "./blocks";

const MOST_CHARS = 16_000;
const MOST_NAMES = 6;
const DRAFT_MS = 300;

interface Props {
  conversation: Conversation;
  snapshot: ConversationSnapshot;
  about: About;
  setAbout: (about: About) => void;
}

export function Composer({ conversation, snapshot, about, setAbout }: Props) {
  const [text, setText] = useState(snapshot.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const names = useCompletion(field, text, setText, snapshot);
  const { blocked, unblock } = useBlocks();
  const editing = about?.kind === "edit";
  const wasEditing = useRef(false);
  const body = text.trim();

  useDraft(conversation, editing ? null : text);
  useLayoutEffect(() => grow(field.current), [text]);
  useEffect(() => {
    if (!coarse()) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (about?.kind === "edit") {
      if (!wasEditing.current) conversation.setDraft(text);
      setText(about.message.body);
    }
    wasEditing.current = editing;
    if (about) field.current?.focus();
  }, [about]);

  const leave = () => {
    if (editing) setText(conversation.getSnapshot().draft);
    setAbout(null);
    field.current?.focus();
  };
  const submit = () => {
    if (body === "" || body.length > MOST_CHARS) return;
    if (about?.kind === "edit") {
      if (body !== about.message.body) conversation.edit(about.message.seq, body);
      return leave();
    }
    conversation.send(body, about ? { reply_to: about.message.seq } : {});
    conversation.setDraft("");
    setText("");
    setAbout(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (composing(event) || names.onKeyDown(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !coarse()) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && about) leave();
    else if (event.key === "ArrowUp" && text === "" && !about) editLast(snapshot, setAbout, event);
  };

  const other = snapshot.summary?.kind === "direct" ? otherOf(snapshot.summary) : undefined;
  if (other !== undefined && blocked?.has(other)) return <Blocked user_id={other} unblock={unblock} />;
  if (snapshot.summary?.role === "guest")
    return <p class="readonly">You are a guest here: you can read, not write.</p>;
  return (
    <div class="composer">
      {names.list}
      <form
        class="composer-box"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {about && <AboutLine about={about} leave={leave} />}
        <div class="composer-row">
          <textarea
            ref={field}
            rows={1}
            value={text}
            placeholder="Write a message"
            aria-label="Write a message"
            dir="auto"
            enterkeyhint="send"
            {...names.attributes}
            onInput={(event) => {
              setText(event.currentTarget.value);
              names.look();
              if (!editing && event.currentTarget.value.trim() !== "") conversation.typing();
            }}
            onKeyDown={onKeyDown}
          />
          {text.length > MOST_CHARS - 500 && <span class="hint">{MOST_CHARS - text.length}</span>}
          <button
            type="submit"
            class={`icon-button send ${body === "" ? "" : "ready"}`}
            aria-label={editing ? "Save" : "Send"}
            title={editing ? "Save" : "Send"}
            disabled={body === "" || body.length > MOST_CHARS}
          >
            <Icon name={editing ? "check" : "send"} />
          </button>
        </div>
      </form>
    </div>
  );
}

function Blocked({ user_id, unblock }: { user_id: string; unblock: (user_id: string) => unknown }) {
  const name = nameOf(useUser(user_id));
  return (
    <p class="readonly">
      {`You have blocked ${name}: neither of you can write to the other. `}
      <button type="button" class="text-button" onClick={() => unblock(user_id)}>
        Unblock
      </button>
    </p>
  );
}

function AboutLine({ about, leave }: { about: NonNullable<About>; leave: () => void }) {
  const author = useUser(about.message.actor_id);
  return (
    <div class="composer-about">
      <Icon name={about.kind === "edit" ? "edit" : "reply"} />
      <span class="grow clip">
        {about.kind === "edit"
          ? "Editing your message"
          : `Replying to ${nameOf(author)}: ${plainText(about.message.body, 120)}`}
      </span>
      <button type="button" class="icon-button small" aria-label="Cancel" onClick={leave}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Keeps what was begun, a moment after the last key. */
function useDraft(conversation: Conversation, text: string | null): void {
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    if (text === null) return;
    const timer = setTimeout(() => conversation.setDraft(text), DRAFT_MS);
    return () => clearTimeout(timer);
  }, [text, conversation]);
  useEffect(() => {
    const keep = () => {
      if (latest.current !== null) conversation.setDraft(latest.current);
    };
    document.addEventListener("visibilitychange", keep);
    return () => {
      document.removeEventListener("visibilitychange", keep);
      keep();
    };
  }, [conversation]);
}

/** Completes `@` and the beginning of a member's name. */
function useCompletion(
  field: { current: HTMLTextAreaElement | null },
  text: string,
  setText: (text: string) => void,
  snapshot: ConversationSnapshot,
) {
  const people = useSnapshot(client.people.changes);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState<string | null>(null);
  // Of the text as it is drawn: the field's own is that of the text before, while this one is being drawn.
  const [caret, setCaret] = useState(text.length);
  const begun = /(?<![\w.@-])@([\w.-]*)$/u.exec(text.slice(0, caret));
  const word = begun?.[1];
  const found = useMemo(() => {
    if (word === undefined) return [];
    const ids = snapshot.members ? [...snapshot.members.keys()] : (snapshot.summary?.user_ids ?? []);
    const users = ids.flatMap((id) => people.get(id) ?? client.people.get(id) ?? []);
    return users.filter((user) => matches(user, word)).slice(0, MOST_NAMES);
  }, [word, people, snapshot.members]);
  const shown = found.length > 0 && word !== closed ? found : [];
  useEffect(() => setChosen(0), [word]);

  const complete = (user: User) => {
    const head = `${text.slice(0, caret - word!.length)}${user.username} `;
    setText(head + text.slice(caret));
    setCaret(head.length);
    requestAnimationFrame(() => field.current?.setSelectionRange(head.length, head.length));
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (shown.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((chosen + step + shown.length) % shown.length);
    else if (event.key === "Enter" || event.key === "Tab") complete(shown[chosen]!);
    else if (event.key === "Escape") setClosed(word!);
    else return false;
    event.preventDefault();
    return true;
  };
  const list = shown.length > 0 && (
    <ul class="completion" role="listbox" id="names" aria-label="People to mention">
      {shown.map((user, index) => (
        <li
          key={user.user_id}
          id={`name-${user.user_id}`}
          role="option"
          aria-selected={index === chosen}
          onPointerDown={(event) => {
            event.preventDefault();
            complete(user);
          }}
        >
          <Avatar name={nameOf(user)} id={user.user_id} size="tiny" />
          <span class="clip">{nameOf(user)}</span>
          <span class="role clip">@{user.username}</span>
        </li>
      ))}
    </ul>
  );
  const active = shown[chosen];
  const look = () => setCaret(field.current!.selectionStart);
  const attributes = {
    onKeyUp: look,
    onClick: look,
    ...(active && {
      "aria-controls": "names",
      "aria-activedescendant": `name-${active.user_id}`,
      "aria-autocomplete": "list" as const,
    }),
  };
  return { list, onKeyDown, attributes, look };
}

function matches(user: User, word: string): boolean {
  if (!user.username || user.user_id === client.me?.user_id) return false;
  const begins = (name: string) => name.toLocaleLowerCase().startsWith(word.toLocaleLowerCase());
  return begins(user.username) || user.display_name.split(/\s+/u).some(begins);
}

function editLast(snapshot: ConversationSnapshot, setAbout: Props["setAbout"], event: KeyboardEvent): void {
  const me = client.me?.user_id;
  const last = snapshot.messages.findLast(
    (message) => message.actor_id === me && message.deleted_at === null,
  );
  if (!last) return;
  event.preventDefault();
  setAbout({ kind: "edit", message: last });
}

function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

/** Where a finger types, Enter makes a line and the button sends. */
function coarse(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
