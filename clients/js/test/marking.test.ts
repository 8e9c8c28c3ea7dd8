/** What was read is told until the server has heard it. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Connection } from "../src/connection.js";
import { ParleyError } from "../src/errors.js";
import { ConversationLog } from "../src/log/conversation_log.js";
import { Marking } from "../src/marking.js";
import { ID, ME, ModelConversation } from "./model.js";

test("a mark that could not be taken right now is told again on the same connection", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const log = new ConversationLog(new ModelConversation().summary(), ME, 5);
  const told: unknown[] = [];
  const connection = {
    state: { value: "connected" },
    async command(_event: string, payload: object) {
      told.push(payload);
      if (told.length === 1) throw new ParleyError({ code: "rate_limited", message: "Wait a little." });
      return {};
    },
  } as unknown as Connection;
  const marking = new Marking(
    connection,
    () => [log],
    () => log,
    () => undefined,
  );
  try {
    marking.read(ID, 5);
    for (let tries = 0; tries < 10 && told.length < 2; tries += 1) {
      mock.timers.tick(5_000);
      await settled();
    }
    const mark = { conversation_id: ID, read: 5 };
    assert.deepEqual(told, [mark, mark]);
    mock.timers.tick(60_000);
    await settled();
    assert.equal(told.length, 2);
  } finally {
    marking.stop();
    mock.timers.reset();
  }
});
