/** Whom one has blocked; read once, and kept by what is done here. */

import { useEffect } from "preact/hooks";
import { client } from "../client";
import { useSnapshot } from "../hooks";
import { attempt } from "../parts/notices";
import { value } from "../state";

const blocks = value<ReadonlySet<string> | null>(null);

client.session.state.subscribe(() => {
  if (client.session.state.getSnapshot().status === "signed-out") blocks.set(null);
});

export function useBlocks() {
  const blocked = useSnapshot(blocks);
  useEffect(() => {
    if (blocked === null) void read();
  }, [blocked === null]);
  const change = async (user_id: string, on: boolean) => {
    const work = () => (on ? client.api.block(user_id) : client.api.unblock(user_id));
    const what = on ? "They were not blocked." : "They are still blocked.";
    if (!(await attempt(what, work))) return;
    const others = [...(blocks.getSnapshot() ?? [])].filter((one) => one !== user_id);
    blocks.set(new Set(on ? [...others, user_id] : others));
  };
  return {
    blocked,
    block: (user_id: string) => change(user_id, true),
    unblock: (user_id: string) => change(user_id, false),
  };
}

async function read(): Promise<void> {
  await attempt("Whom you blocked is not known right now.", async () => {
    const found = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await client.api.blocks(cursor);
      client.people.learn(page.items.flatMap(({ user }) => (user ? [user] : [])));
      for (const { user_id } of page.items) found.add(user_id);
      cursor = page.next;
    } while (cursor !== undefined);
    blocks.set(found);
  });
}
