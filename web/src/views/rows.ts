/** Rows: what a history shows one below the other: messages, lines of what happened between them, what is on its way. */

import type { ConversationSnapshot, Happening, PendingMessage, ShownMessage } from "parley-client";
import { client } from "../client";
import { isTold, together } from "../text/happenings";
import { dayOf } from "../text/times";

/** Happenings that one sentence tells of; its place is that of the first. */
export interface Line {
  readonly seq: number;
  readonly at: string;
  readonly happenings: readonly [Happening, ...Happening[]];
}

/** What is in the log; what is on its way comes behind it. */
export type PlacedRow = ShownMessage | Line;
export type Row = PlacedRow | PendingMessage;

export function isLine(row: Row): row is Line {
  return "happenings" in row;
}

export function isPending(row: Row): row is PendingMessage {
  return !("seq" in row);
}

/** The rows of what is in the log, ascending. */
export function placedRows({ messages, happenings, summary }: ConversationSnapshot): readonly PlacedRow[] {
  const kind = summary?.kind ?? "direct";
  const told = happenings.filter((one) => isTold(one, kind));
  if (told.length === 0) return messages;
  const rows: PlacedRow[] = [];
  let at = 0;
  for (const happening of told) {
    while (at < messages.length && messages[at]!.seq < happening.seq) rows.push(messages[at++]!);
    const last = rows.at(-1);
    if (last && isLine(last) && goesWith(last, happening))
      rows[rows.length - 1] = { ...last, happenings: [...last.happenings, happening] };
    else rows.push({ seq: happening.seq, at: happening.at, happenings: [happening] });
  }
  while (at < messages.length) rows.push(messages[at++]!);
  return rows;
}

function goesWith({ happenings, at }: Line, happening: Happening): boolean {
  return together(happenings[0], happening) && dayOf(at) === dayOf(happening.at);
}

/** Where the first row at or after a seq is. */
export function indexOf(rows: readonly PlacedRow[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same for a message on its way and once it is there. */
export function keyOf(row: Row): string {
  if (isPending(row)) return `c${row.client_id}`;
  if (isLine(row)) return `h${row.seq}`;
  return row.actor_id === client.me?.user_id && row.client_id ? `c${row.client_id}` : `m${row.seq}`;
}
