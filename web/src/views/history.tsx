/** The history: a window of rows, moved along as one scrolls; what one looks at stays where it is. */

import {
  type Conversation,
  type ConversationSnapshot,
  type Kind,
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
import { attempt, because } from "../parts/notices";
import { go } from "../router";
import { told } from "../text/happenings";
import { plainText } from "../text/plain";
import { dayName, dayOf } from "../text/times";
import type { About } from "./about";
import { HappeningRow, useNames } from "./happening";
import { type MessageActions, MessageRow, PendingRow } from "./message";
import { looking, useNewLine, useReading } from "./reading";
import { indexOf, isLine, isPending, keyOf, type PlacedRow, placedRows, type Row } from "./rows";

/** So many rows are drawn at most, and so many are added at once. */
const MOST_ROWS = 120;
const STEP = 40;
/** So close to an edge of what is drawn, more is. */
const NEAR_PX = 700;
const BOTTOM_PX = 40;
/** So far below the top the line above what is new stays while nobody looks. */
const NEW_LINE_PX = 60;
/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

interface Props {
  conversation: Conversation;
  snapshot: ConversationSnapshot;
  /** A message that was asked for, by the address or by a list of them. */
  asked: { seq: number } | null;
  setAbout: (about: About) => void;
}

export function History({ conversation, snapshot, asked, setAbout }: Props) {
  const { messages, happenings, pending, atStart, atEnd, loading, trouble } = snapshot;
  const kind = snapshot.summary!.kind;
  const placed = useMemo(() => placedRows(snapshot), [messages, happenings, kind]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  /** The first row drawn, by its seq; null: the last ones, and whatever follows them. */
  const [from, setFrom] = useState<number | null>(null);
  const [target, setTarget] = useState<{ seq: number; pointed: boolean } | null>(null);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const [away, setAway] = useState(false);
  /** Whether one is where one is to begin; until then nothing that is drawn counts as seen. */
  const settled = useRef(false);
  /** Where the log ended when one marked something as unread: until one leaves, writes, or goes to the end, nothing is seen. */
  const left = useRef<number | null>(null);
  const unread = useNewLine(conversation, snapshot, anchor, settled, left);

  const total = placed.length + pending.length;
  const start = from === null ? Math.max(0, total - MOST_ROWS + STEP) : indexOf(placed, from);
  const end = Math.min(total, start + MOST_ROWS);
  const tail = from === null || end === total;

  const jump = useCallback(
    async (to: number, pointed: boolean) => {
      await conversation.jumpTo(to);
      const held = conversation.getSnapshot();
      const there = held.messages[indexOf(held.messages, to)];
      if (!there)
        settled.current = true; // it could not be read, which is said above the messages
      else setTarget({ seq: there.seq, pointed });
      const rows = placedRows(held);
      setFrom(rows[Math.max(0, indexOf(rows, to) - STEP)]?.seq ?? null);
    },
    [conversation],
  );
  const show = useCallback((to: number) => jump(to, true), [jump]);

  const toEnd = useCallback(async () => {
    anchor.current = null;
    left.current = null;
    setFrom(null);
    await conversation.jumpToEnd();
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [conversation]);

  const seen = useCallback(() => settled.current && left.current === null, []);
  const read = useReading(conversation, snapshot, seen, scroller, list);

  // The place to begin at: the message that was asked for, or the first that is unread.
  const begun = useRef<number | null | undefined>(undefined);
  useEffect(() => {
    if (asked) void show(asked.seq);
  }, [asked, show]);
  useEffect(() => {
    if (begun.current === unread.place || messages.length === 0) return;
    const first = begun.current === undefined;
    begun.current = unread.place;
    if (first ? asked : settled.current) return; // one is elsewhere, and stays there
    if (unread.place !== null) void jump(unread.place, false);
    else settled.current = true;
  }, [messages.length, unread.place, asked, jump]);

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
      const most = snapshot.stand.unread > 0 ? mostForNobody(list.current!) : Number.POSITIVE_INFINITY;
      if (tail && atEnd) box.scrollTop = Math.min(box.scrollHeight, most);
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
    if (target.pointed) pointAt(row);
    const box = scroller.current!;
    box.scrollTop = row.offsetTop - (box.clientHeight - row.offsetHeight) / 2;
    setTarget(null);
    settled.current = true;
    remember();
    read();
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
      if (start > 0) setFrom(rowSeq(placed, Math.max(0, start - STEP)));
      else if (!atStart && !loading && !trouble) void conversation.loadOlder();
    }
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX) {
      if (end < total) setFrom(start + MOST_ROWS >= total ? null : rowSeq(placed, start + STEP));
      else if (!atEnd && !loading && !trouble) void conversation.loadNewer();
      else if (from !== null && atEnd && anchor.current === null) setFrom(null);
    }
  };
  // What came, or was drawn, may not fill the screen yet.
  useEffect(onScroll, [placed, pending, start, loading]);

  const leave = useCallback(
    async (from: number) => {
      left.current = conversation.getSnapshot().summary?.head ?? null;
      const marked = await attempt("It is still marked as read.", () => conversation.markUnread(from));
      if (!marked) left.current = null;
    },
    [conversation],
  );
  const actions = useActions(conversation, snapshot, setAbout, show, leave);
  const now = useNow(60);
  const rows = [];
  const at = (index: number): Row | undefined => placed[index] ?? pending[index - placed.length];
  for (let index = start; index < end; index += 1) {
    const row = at(index)!;
    const before = at(index - 1);
    const key = keyOf(row);
    const day = !before || dayOf(before.at) !== dayOf(row.at) ? dayName(row.at, now) : null;
    if (isLine(row)) {
      rows.push(<HappeningRow key={key} line={row} kind={kind} day={day} jump={show} />);
      continue;
    }
    const newLine = !isPending(row) && row.seq === unread.first;
    const shared = { first: day !== null || newLine || !together(before, row), day, actions };
    rows.push(
      isPending(row) ? (
        <PendingRow key={key} message={row} {...shared} />
      ) : (
        <MessageRow
          key={key}
          message={row}
          newLine={newLine}
          receipt={receiptFor(row, snapshot)}
          {...shared}
        />
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
      <Announce last={placed.at(-1)} atEnd={atEnd} kind={kind} />
    </div>
  );
}

function together(before: Row | undefined, row: ShownMessage | PendingMessage): boolean {
  if (!before || isLine(before) || row.reply_to !== null) return false;
  const me = client.me?.user_id;
  const author = (one: ShownMessage | PendingMessage) => (isPending(one) ? me : one.actor_id);
  return author(before) === author(row) && Date.parse(row.at) - Date.parse(before.at) < TOGETHER_MS;
}

function receiptFor(message: ShownMessage, { summary, marks, members }: ConversationSnapshot) {
  const me = client.me?.user_id ?? "";
  if (message.actor_id !== me || !summary) return null;
  const others = summary.kind === "direct" ? (summary.user_ids ?? []) : [...(members?.keys() ?? [])];
  return receiptOf(message.seq, marks, me, others);
}

function useActions(
  conversation: Conversation,
  snapshot: ConversationSnapshot,
  setAbout: Props["setAbout"],
  jump: (seq: number) => unknown,
  markUnread: (seq: number) => unknown,
): MessageActions {
  const { summary } = snapshot;
  const role = summary?.role ?? "guest";
  const kind = summary?.kind ?? "direct";
  return useMemo(
    () => ({ conversation, setAbout, jump, markUnread, role, kind }),
    [conversation, setAbout, jump, markUnread, role, kind],
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
function Announce({ last, atEnd, kind }: { last: PlacedRow | undefined; atEnd: boolean; kind: Kind }) {
  const name = useNames();
  const seen = useRef(placeOf(last));
  const [text, setText] = useState("");
  useEffect(() => {
    if (!last || !atEnd || placeOf(last) <= seen.current) return;
    const fresh = seen.current > 0 && !isMine(last);
    seen.current = placeOf(last);
    if (!fresh) return;
    if (isLine(last)) setText(told(last.happenings, kind, name));
    else setText(`${name(last.actor_id)}: ${plainText(last.body, 300)}`);
  }, [last, atEnd]);
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}

/** Up to which seq a row reaches. */
function placeOf(row: PlacedRow | undefined): number {
  return row === undefined ? 0 : isLine(row) ? row.happenings.at(-1)!.seq : row.seq;
}

function isMine(row: PlacedRow): boolean {
  const { actor_id } = isLine(row) ? row.happenings.at(-1)! : row;
  return actor_id === client.me?.user_id;
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

function rowSeq(rows: readonly PlacedRow[], index: number): number | null {
  return rows[index]?.seq ?? null;
}

/** How far the end is followed while nobody looks: what is new to whoever comes back stays on the screen. */
function mostForNobody(list: HTMLElement): number {
  const line = looking() ? null : list.querySelector<HTMLElement>(".new-line");
  return line ? line.offsetTop - NEW_LINE_PX : Number.POSITIVE_INFINITY;
}

/** Shows which message was asked for; whoever goes by keys goes on from it. */
function pointAt(row: HTMLElement): void {
  const message = row.querySelector<HTMLElement>(".message");
  message?.classList.remove("pointed");
  requestAnimationFrame(() => message?.classList.add("pointed"));
  message?.focus({ preventScroll: true });
}

/** Says that a page of history could not be read, and how to go on. */
function Trouble({ reason, again }: { reason: unknown; again: () => unknown }) {
  return (
    <p class="history-note" role="alert">
      {`Some messages could not be loaded. ${because(reason)} `}
      <button type="button" class="text-button" onClick={again}>
        Try again
      </button>
    </p>
  );
}
