/** A quiet line between messages: what happened to the conversation itself. */

import type { Kind } from "parley-client";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { nameOf } from "../names";
import { type Name, told } from "../text/happenings";
import { clockTime, exactTime } from "../text/times";
import { Separators } from "./message";
import { keyOf, type Line } from "./rows";

interface Props {
  line: Line;
  kind: Kind;
  day: string | null;
  jump: (seq: number) => unknown;
}

export function HappeningRow({ line, kind, day, jump }: Props) {
  const { at, happenings } = line;
  const name = useNames();
  const [first] = happenings;
  return (
    <div data-key={keyOf(line)}>
      <Separators day={day} newLine={false} />
      <p class="happening">
        <span dir="auto">{told(happenings, kind, name)}</span>
        {first.type === "message.pinned" && (
          <button type="button" class="text-button" onClick={() => jump(first.message_seq)}>
            Show
          </button>
        )}
        <time dateTime={at} title={exactTime(at)}>
          {clockTime(at)}
        </time>
      </p>
    </div>
  );
}

/** What people are called in sentences. */
export function useNames(): Name {
  const people = useSnapshot(client.people.changes);
  return (id) => (id === client.me?.user_id ? "You" : nameOf(people.get(id) ?? client.people.get(id)));
}
