/** Reading: what counts as seen, and where what is new begins for somebody who comes back. */

import type { Conversation, ConversationSnapshot } from "parley-client";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { client } from "../client";
import { indexOf } from "./rows";

const BOTTOM_PX = 40;

interface Box {
  current: HTMLDivElement | null;
}

/** Whether somebody looks at this page, and at everything that there is. */
export function looking(): boolean {
  return document.visibilityState === "visible" && document.hasFocus() && client.link.value === "live";
}

interface NewLine {
  read: number;
  open: boolean;
  /** Whether everything was read since, so that what comes next begins anew. */
  caughtUp: boolean;
}

/**
 * Where what is new begins: as it was when one came, and anew with what comes while nobody looks, a reload and a lost
 * connection included, or with what one marks as unread. `place` is where to go to, `first` the message that the line is above.
 */
export function useNewLine(
  conversation: Conversation,
  { stand, messages, summary, atStart }: ConversationSnapshot,
  elsewhere: { current: unknown },
  settled: { current: boolean },
  left: { current: number | null },
) {
  const kept = useRef<NewLine | null>(null);
  if (summary) kept.current ??= { read: stand.read, open: stand.unread > 0, caughtUp: stand.unread === 0 };
  // At once, as what was missed came before the connection counts as live.
  useLayoutEffect(() => {
    return conversation.subscribe(() => {
      const line = kept.current;
      const { stand, lastMessage } = conversation.getSnapshot();
      const { read, unread } = stand;
      if (!line) return;
      const wrote = lastMessage?.actor_id === client.me?.user_id;
      if (left.current !== null && wrote && lastMessage!.seq > left.current) left.current = null;
      if (unread === 0) line.caughtUp = true;
      else if (line.caughtUp && (left.current !== null || elsewhere.current || !looking())) {
        kept.current = { read, open: true, caughtUp: false };
        if (!elsewhere.current && left.current === null) settled.current = false; // until one is where it begins
      }
    });
  }, [conversation]);
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

/** Marks as read what was on the screen, while somebody looks and it `counts`. */
export function useReading(
  conversation: Conversation,
  snapshot: ConversationSnapshot,
  counts: () => boolean,
  scroller: Box,
  list: Box,
): () => void {
  const read = () => {
    const box = scroller.current;
    if (!box || !list.current || !counts() || !looking()) return;
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
    const stop = client.link.subscribe(look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      stop();
    };
  }, []);
  return read;
}
