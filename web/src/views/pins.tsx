/** What a conversation keeps at hand: its pinned messages. */

import type { ConversationSnapshot, MessageNew } from "parley-client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { client } from "../client";
import { useUser } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Beside } from "../parts/beside";
import { Icon } from "../parts/icon";
import { attempt, because } from "../parts/notices";
import { exactTime, whenShort } from "../text/times";
import { Text } from "./message";

interface Props {
  snapshot: ConversationSnapshot;
  close: () => void;
  jump: (seq: number) => void;
}

export function Pins({ snapshot, close, jump }: Props) {
  const { id, happenings } = snapshot;
  const summary = snapshot.summary!;
  const { pinned, next, trouble, read } = usePins(id);
  const last = happenings.findLast(({ type }) => type === "message.pinned" || type === "message.unpinned");
  // Told while one is here; what is held of a message is newer than what was read of it.
  useEffect(() => void read(), [read, last?.seq]);
  const held = new Map(snapshot.messages.map((message) => [message.seq, message]));
  const shown = pinned?.filter(({ seq }) => !held.get(seq)?.deleted_at);
  return (
    <Beside title="Pinned" label="Pinned messages" close={close}>
      {trouble !== null && (
        <p class="quiet" role="alert">
          {`What is pinned could not be read. ${trouble} `}
          <button type="button" class="text-button" onClick={() => read()}>
            Try again
          </button>
        </p>
      )}
      {!shown && trouble === null && (
        <p class="quiet" role="status">
          Loading…
        </p>
      )}
      {shown?.length === 0 && (
        <p class="quiet">Nothing is pinned. What everybody should find again can be pinned by its menu.</p>
      )}
      <ul>
        {shown?.map((message) => (
          <li key={message.seq}>
            <Pin
              message={message}
              body={held.get(message.seq)?.body ?? message.body}
              jump={jump}
              unpin={
                summary.role === "guest"
                  ? null
                  : () => attempt("It is still pinned.", () => client.api.unpin(id, message.seq))
              }
            />
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" class="text-button" onClick={() => read(next)}>
          Show more
        </button>
      )}
    </Beside>
  );
}

interface PinProps {
  message: MessageNew;
  body: string;
  jump: Props["jump"];
  /** Null where one may not. */
  unpin: (() => unknown) | null;
}

function Pin({ message, body, jump, unpin }: PinProps) {
  const author = nameOf(useUser(message.actor_id));
  return (
    <article class="pin" aria-label={`${author}, ${exactTime(message.at)}`}>
      <div class="row">
        <Avatar name={author} id={message.actor_id} size="tiny" />
        <strong class="grow clip">{author}</strong>
        <time dateTime={message.at} title={exactTime(message.at)}>
          {whenShort(message.at, new Date())}
        </time>
      </div>
      <div class="pin-text">
        <Text body={body} />
      </div>
      <div class="row">
        <button type="button" class="text-button" onClick={() => jump(message.seq)}>
          Go to message
        </button>
        <span class="grow" />
        {unpin && (
          <button type="button" class="icon-button small" aria-label="Unpin" title="Unpin" onClick={unpin}>
            <Icon name="unpin" />
          </button>
        )}
      </div>
    </article>
  );
}

/** What is pinned, as far as it was read; of readings that overlap the one that began last counts. */
function usePins(id: string) {
  const [pinned, setPinned] = useState<readonly MessageNew[] | null>(null);
  const [next, setNext] = useState<number | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | null>(null);
  const readings = useRef(0);
  const read = useCallback(
    async (before?: number) => {
      readings.current += 1;
      const mine = readings.current;
      try {
        const page = await client.api.pins(id, before);
        if (mine !== readings.current) return;
        setPinned((known) => (before === undefined ? page.items : [...(known ?? []), ...page.items]));
        setNext(page.next);
        setTrouble(null);
      } catch (reason) {
        if (mine === readings.current) setTrouble(because(reason));
      }
    },
    [id],
  );
  return { pinned, next, trouble, read };
}
