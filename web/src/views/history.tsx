/** The history: a window of rows, moved along as one scrolls; what one looks at stays where it is. */

import {
  type Conversation,
  type ConversationSnapshot,
  type PendingMessage,
  receiptOf,
  type ShownMessage,
} from "parley-client";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot } from "../hooks";
import { titleOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icon";
import { go } from "../router";
import { plainText } from "../text/plain";
import { dayName, dayOf } from "../text/times";
import { type MessageActions, MessageRow, PendingRow } from "./message";
import { type About, Trouble } from "./talk";

/** So many rows are drawn at most, and so many are added at once. */
const MOST_ROWS = 120;
const STEP = 40;
/** So close to an edge of what is drawn, more is. */
const NEAR_PX = 700;
const BOTTOM_PX = 40;
/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

interface Props {
  conversation: Conversation;
  snapshot: ConversationSnapshot;
  /** A message that the address names. */
  seq: number | undefined;
  setAbout: (about: About) => void;
}

export function History({ conversation, snapshot, seq, setAbout }: Props) {
  const { messages, pending, atStart, atEnd, loading, trouble } = snapshot;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  /** The first row drawn, by its seq; null: the last ones, and whatever follows them. */
  const [from, setFrom] = useState<number | null>(null);
  const [target, setTarget] = useState<{ seq: number } | null>(null);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const [away, setAway] = useState(false);
  const unread = useNewLine(snapshot);
  /** Whether one is where one is to begin; until then nothing that is drawn counts as seen. */
  const settled = useRef(false);

  const total = messages.length + pending.length;
  const start = from === null ? Math.max(0, total - MOST_ROWS + STEP) : indexOf(messages, from);
  const end = Math.min(total, start + MOST_ROWS);
  const tail = from === null || end === total;

  const jump = useCallback(
    async (to: number) => {
      await conversation.jumpTo(to);
      const held = conversation.getSnapshot().messages;
      const at = indexOf(held, to);
      const there = held[at];
      if (!there)
        settled.current = true; // it could not be read, which is said above the messages
      else setTarget({ seq: there.seq });
      setFrom(held[Math.max(0, at - STEP)]?.seq ?? null);
    },
    [conversation],
  );

  const toEnd = useCallback(async () => {
    anchor.current = null;
    setFrom(null);
    await conversation.jumpToEnd();
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [conversation]);

  const read = useReading(conversation, snapshot, settled, scroller, list);

  // The place to begin at: the message that the address names, or the first that is unread.
  const begun = useRef(false);
  useEffect(() => {
    if (seq !== undefined) void jump(seq);
  }, [seq, jump]);
  useEffect(() => {
    if (begun.current || messages.length === 0) return;
    begun.current = true;
    if (seq !== undefined) return;
    if (unread.place !== null) void jump(unread.place);
    else settled.current = true;
  }, [messages.length, unread.place, seq, jump]);

  /** What must stay where it is when rows are added or change their height. */
  const remember = () => {
    const box = scroller.current;
    if (!box) return;
    const bottom = box.scrollHeight - box.scrollTop - box.clientHeight < BOTTOM_PX;
    if (bottom && tail && atEnd) anchor.current = null;
    else {
      const row = firstVisible(list.current!, box.scrollTop);
      anchor.current = row && { key: row.dataset.key!, top: row.offsetTop - box.scrollTop };
    }
    setAway(!(bottom && atEnd));
  };

  const keep = () => {
    const box = scroller.current;
    if (!box) return;
    if (!anchor.current) {
      if (tail && atEnd) box.scrollTop = box.scrollHeight;
      return;
    }
    const row = list.current!.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.current.key)}"]`);
    if (!row) return;
    const shift = row.offsetTop - box.scrollTop - anchor.current.top;
    if (Math.abs(shift) >= 1) box.scrollTop += shift;
  };
  useLayoutEffect(keep);

  useLayoutEffect(() => {
    if (!target) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-seq="${target.seq}"]`);
    if (!row) return;
    const box = scroller.current!;
    box.scrollTop = row.offsetTop - (box.clientHeight - row.offsetHeight) / 2;
    setTarget(null);
    settled.current = true;
    remember();
    read();
    if (seq === target.seq) row.classList.add("pointed");
  });

  const latest = useRef({ keep, remember });
  latest.current = { keep, remember };
  useEffect(() => {
    const watch = new ResizeObserver(() => latest.current.keep());
    watch.observe(list.current!);
    watch.observe(scroller.current!);
    return () => watch.disconnect();
  }, []);

  const onScroll = () => {
    const box = scroller.current;
    if (!box) return; // an effect may run after the view is gone
    remember();
    read();
    if (box.scrollTop < NEAR_PX) {
      if (start > 0) setFrom(rowSeq(messages, Math.max(0, start - STEP)));
      else if (!atStart && !loading && !trouble) void conversation.loadOlder();
    }
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX) {
      if (end < total) setFrom(start + MOST_ROWS >= total ? null : rowSeq(messages, start + STEP));
      else if (!atEnd && !loading && !trouble) void conversation.loadNewer();
      else if (from !== null && atEnd && anchor.current === null) setFrom(null);
    }
  };
  // What came, or was drawn, may not fill the screen yet.
  useEffect(onScroll, [messages, pending, start, loading]);

  const actions = useActions(conversation, snapshot, setAbout, jump);
  const now = useNow(60);
  const rows = [];
  for (let index = start; index < end; index += 1) {
    const row = index < messages.length ? messages[index]! : pending[index - messages.length]!;
    const before =
      index === 0
        ? undefined
        : index <= messages.length
          ? messages[index - 1]
          : pending[index - messages.length - 1];
    const day = !before || dayOf(before.at) !== dayOf(row.at) ? dayName(row.at, now) : null;
    const newLine = "seq" in row && row.seq === unread.first;
    const first = day !== null || newLine || !together(before, row);
    rows.push(
      "seq" in row ? (
        <MessageRow
          key={keyOf(row)}
          message={row}
          first={first}
          day={day}
          newLine={newLine}
          receipt={receiptFor(row, snapshot)}
          actions={actions}
        />
      ) : (
        <PendingRow key={`c${row.client_id}`} message={row} first={first} day={day} actions={actions} />
      ),
    );
  }
  return (
    <div class="history">
      <div class="scroller" ref={scroller} onScroll={onScroll} tabIndex={-1}>
        {trouble ? (
          <Trouble
            reason={trouble}
            again={() => (messages.length === 0 ? conversation.open() : conversation.loadOlder())}
          />
        ) : (
          loading && !atStart && <p class="history-note">Loading messages…</p>
        )}
        {atStart && start === 0 && <Beginning snapshot={snapshot} />}
        <div ref={list} role="log" aria-label="Messages" aria-live="off" onKeyDown={moveFocus}>
          {rows}
        </div>
      </div>
      {(away || !atEnd) && total > 0 && <JumpDown snapshot={snapshot} jump={toEnd} />}
      <Announce messages={messages} atEnd={atEnd} />
    </div>
  );
}

function keyOf(message: ShownMessage): string {
  return message.actor_id === client.me?.user_id && message.client_id
    ? `c${message.client_id}`
    : `m${message.seq}`;
}

function together(
  before: ShownMessage | PendingMessage | undefined,
  row: ShownMessage | PendingMessage,
): boolean {
  if (!before || row.reply_to !== null) return false;
  const me = client.me?.user_id;
  const author = (one: ShownMessage | PendingMessage) => ("seq" in one ? one.actor_id : me);
  return author(before) === author(row) && Date.parse(row.at) - Date.parse(before.at) < TOGETHER_MS;
}

function receiptFor(message: ShownMessage, { summary, marks, members }: ConversationSnapshot) {
  const me = client.me?.user_id ?? "";
  if (message.actor_id !== me || !summary) return null;
  const others = summary.kind === "direct" ? (summary.user_ids ?? []) : [...(members?.keys() ?? [])];
  return receiptOf(message.seq, marks, me, others);
}

/** Where what is new begins, as it was when one came: the place to go to, and the message that the line is above. */
function useNewLine({ id, stand, messages, summary, atStart }: ConversationSnapshot) {
  const kept = useRef<{ id: string; read: number; open: boolean } | null>(null);
  if (kept.current?.id !== id)
    kept.current = summary ? { id, read: stand.read, open: stand.unread > 0 } : null;
  const { read = 0, open = false } = kept.current ?? {};
  const first = useMemo(() => {
    const reaches = atStart || (messages[0]?.seq ?? Number.POSITIVE_INFINITY) <= read + 1;
    if (!open || !reaches) return null;
    const me = client.me?.user_id;
    for (let at = indexOf(messages, read + 1); at < messages.length; at += 1) {
      if (messages[at]!.actor_id !== me) return messages[at]!.seq;
    }
    return null;
  }, [open, read, messages, atStart]);
  return { place: open ? read + 1 : null, first };
}

/** Marks as read what was on the screen, while somebody looks. */
function useReading(
  conversation: Conversation,
  snapshot: ConversationSnapshot,
  settled: { current: boolean },
  scroller: { current: HTMLDivElement | null },
  list: { current: HTMLDivElement | null },
): () => void {
  const read = () => {
    const box = scroller.current;
    if (
      !box ||
      !list.current ||
      !settled.current ||
      document.visibilityState !== "visible" ||
      !document.hasFocus()
    )
      return;
    const bottom = box.scrollTop + box.clientHeight + BOTTOM_PX;
    const rows = [...list.current.querySelectorAll<HTMLElement>("[data-seq]")];
    const seen = rows.findLast((row) => row.offsetTop + row.offsetHeight <= bottom);
    if (seen) conversation.markRead(Number(seen.dataset.seq));
  };
  const latest = useRef(read);
  latest.current = read;
  useEffect(read, [snapshot.messages]);
  useEffect(() => {
    const look = () => latest.current();
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return read;
}

function useActions(
  conversation: Conversation,
  snapshot: ConversationSnapshot,
  setAbout: Props["setAbout"],
  jump: (seq: number) => unknown,
): MessageActions {
  const { summary } = snapshot;
  const role = summary?.role ?? "guest";
  const kind = summary?.kind ?? "direct";
  return useMemo(
    () => ({ conversation, setAbout, jump, role, kind }),
    [conversation, setAbout, jump, role, kind],
  );
}

function Beginning({ snapshot }: { snapshot: ConversationSnapshot }) {
  const people = useSnapshot(client.people.changes);
  const summary = snapshot.summary!;
  const title = titleOf(summary, people);
  const text = {
    direct: `This is the beginning of your conversation with ${title}.`,
    group: "This is the beginning of the group. Whoever is added reads everything from here on.",
    room: "This is the beginning of the room. Everybody on this server may find and join it.",
  }[summary.kind];
  const notes = title === "Notes to yourself";
  return (
    <div class="beginning">
      <Avatar
        name={title}
        id={summary.user_ids?.[0] ?? snapshot.id}
        size="large"
        square={summary.kind !== "direct"}
      />
      <h2>{title}</h2>
      <p>{notes ? "A place for what you want to remember." : text}</p>
    </div>
  );
}

function JumpDown({ snapshot, jump }: { snapshot: ConversationSnapshot; jump: () => unknown }) {
  const { unread } = snapshot.stand;
  const leave = () => {
    go({ view: "conversation", id: snapshot.id }, { replace: true });
    void jump();
  };
  return (
    <button type="button" class="jump" onClick={leave}>
      <Icon name="down" />
      {unread > 0 ? `${unread} new` : "Latest"}
    </button>
  );
}

/** Reads out what comes while one is here. */
function Announce({ messages, atEnd }: { messages: readonly ShownMessage[]; atEnd: boolean }) {
  const last = messages.at(-1);
  const seen = useRef(last?.seq ?? 0);
  const [text, setText] = useState("");
  useEffect(() => {
    if (!last || !atEnd || last.seq <= seen.current) return;
    const fresh = seen.current > 0 && last.actor_id !== client.me?.user_id;
    seen.current = last.seq;
    const author = client.people.get(last.actor_id);
    if (fresh) setText(`${author?.display_name ?? "Somebody"}: ${plainText(last.body, 300)}`);
  }, [last, atEnd]);
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}

/** Arrow keys go from message to message. */
function moveFocus(event: KeyboardEvent): void {
  const focused = event.target as HTMLElement;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !focused.classList.contains("message")) return;
  event.preventDefault();
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".message")];
  const next = rows[rows.indexOf(focused) + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function firstVisible(list: HTMLElement, top: number): HTMLElement | null {
  for (const row of list.children) {
    if (row instanceof HTMLElement && row.offsetTop + row.offsetHeight > top) return row;
  }
  return null;
}

/** Where the first message at or after a seq is. */
function indexOf(messages: readonly ShownMessage[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowSeq(messages: readonly ShownMessage[], index: number): number | null {
  return messages[index]?.seq ?? null;
}
