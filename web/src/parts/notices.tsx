/** Notices: what went wrong, or was done, in words, for a moment or until closed. */

import { ParleyError } from "parley-client";
import { useEffect } from "preact/hooks";
import { useSnapshot } from "../hooks";
import { value } from "../state";
import { Icon } from "./icon";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_MS = 6_000;
let count = 0;
const notices = value<readonly Notice[]>([]);

export function say(text: string, bad = false): void {
  count += 1;
  const notice = { id: count, text, bad };
  notices.set([...notices.getSnapshot().slice(-3), notice]);
}

/** Say why something did not work; `what` did not. */
export function complain(what: string, reason: unknown): void {
  say(`${what} ${because(reason)}`, true);
}

export function because(reason: unknown): string {
  if (reason instanceof ParleyError) return reason.message;
  return reason instanceof Error ? reason.message : "Something unexpected happened.";
}

/** Do something that may fail; says what failed, and resolves with whether it did not. */
export async function attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (reason) {
    complain(what, reason);
    return false;
  }
}

export function Notices() {
  const shown = useSnapshot(notices);
  return (
    <div class="notices" role="status" aria-live="polite">
      {shown.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeCard({ notice }: { notice: Notice }) {
  const close = () => notices.set(notices.getSnapshot().filter(({ id }) => id !== notice.id));
  useEffect(() => {
    const timer = setTimeout(close, notice.bad ? SHOWN_MS * 2 : SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={`notice ${notice.bad ? "bad" : ""}`}>
      <p>{notice.text}</p>
      <button type="button" class="icon-button small" aria-label="Close" onClick={close}>
        <Icon name="close" />
      </button>
    </div>
  );
}
