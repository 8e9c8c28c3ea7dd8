/** What was read is told until the server has heard it. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Connection } from "../src/connection.js";
import { ParleyError } from "../src/errors.js";
import { ConversationLog } from "../src/log/conversation_log.js";
import { Marking } from "../src/marking.js";
import { ID, ME, ModelConversation } from "./model.js";

test("what was read stays so when an answer comes that was given before the server was told", () => {
  const model = new ModelConversation();
  const log = new ConversationLog(model.summary(), ME, model.head);
  for (const text of ["one", "two"]) model.take({ do: "say", who: 1, text, mentions: false });
  log.takeMissed(model.missed(log.cursor));
  const marking = new Marking(
    {} as unknown as Connection,
    () => [log],
    () => log,
    () => undefined,
  );
  marking.read(ID, log.cursor);
  log.setStanding({ delivered: 0, read: 0, unread: 2, mentions: 0 });
  marking.reassert();
  marking.stop();
  const { read, unread } = log.stand;
  assert.deepEqual({ read, unread }, { read: log.cursor, unread: 0 });
});

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
