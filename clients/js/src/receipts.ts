/** Receipts: how far one's own message has come. */

import type { MemberMarks } from "./wire.js";

/** `read` and `delivered` where that is true of everybody else whose marks are known; `sent` where none are. */
export function receiptOf(
  seq: number,
  marks: ReadonlyMap<string, Required<MemberMarks>>,
  me: string,
  others: readonly string[],
): "sent" | "delivered" | "read" {
  const theirs = others.filter((user_id) => user_id !== me);
  if (theirs.length === 0) return "sent";
  const all = (reached: (mark: Required<MemberMarks>) => number) =>
    theirs.every((user_id) => {
      const mark = marks.get(user_id);
      return mark !== undefined && reached(mark) >= seq;
    });
  if (all((mark) => mark.read)) return "read";
  return all((mark) => mark.delivered) ? "delivered" : "sent";
}
