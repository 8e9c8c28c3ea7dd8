/** Whom one has blocked, for views. */

import { client } from "../client";
import { useSnapshot } from "../hooks";
import { attempt } from "../parts/notices";

export function useBlocks() {
  return {
    blocked: useSnapshot(client.blocks.blocked),
    block: (user_id: string) => attempt("They were not blocked.", () => client.blocks.block(user_id)),
    unblock: (user_id: string) => attempt("They are still blocked.", () => client.blocks.unblock(user_id)),
  };
}
