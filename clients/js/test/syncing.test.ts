/** Catching up with a server that does not take what it is asked. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Connection } from "../src/connection.js";
import { ParleyError, unreachable } from "../src/errors.js";
import { Replica } from "../src/log/replica.js";
import { Syncing } from "../src/syncing.js";
import type { SyncAnswer } from "../src/wire.js";
import { ID, ME, ModelConversation } from "./model.js";

const MINUTE_MS = 60_000;
const ACK_MS = 15_000;
const MS_AN_ENTRY = 50;
const ANSWER: SyncAnswer = { epoch: "e", more: false, conversations: [], lost: [], marks: [] };

/** Syncing beside a server that refuses with this code for as long as `refuses`. */
function syncing(code: string) {
  const seen = { asked: 0, refused: [] as string[], caughtUp: 0, refuses: true };
  const connection = {
    ask(
      _event: string,
      _payload: object,
      answered: (error: ParleyError | null, answer?: SyncAnswer) => void,
    ) {
      seen.asked += 1;
      if (seen.refuses) answered(new ParleyError({ code, message: `it is ${code}` }));
      else answered(null, ANSWER);
    },
  } as unknown as Connection;
  const made = new Syncing(connection, new Replica(ME), {
    afresh: async () => undefined,
    taken: () => undefined,
    caughtUp: () => (seen.caughtUp += 1),
    refused: ({ code }) => seen.refused.push(code),
  });
  return { made, seen };
}

test("what the server refuses is asked ever less often, and the application is told", (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { made, seen } = syncing("invalid");
  context.after(() => {
    made.stop();
    mock.timers.reset();
  });
  made.request();
  for (let second = 0; second < 600; second += 1) {
    mock.timers.tick(1_000);
    made.request(); // as each push does that shows a gap
  }
  assert.ok(seen.asked > 5 && seen.asked < 20, `asked ${seen.asked} times within ten minutes`);
  assert.deepEqual(new Set(seen.refused), new Set(["invalid"]));
  seen.refuses = false;
  mock.timers.tick(MINUTE_MS);
  assert.equal(seen.caughtUp, 1);
});

test("what the server can't answer right now is asked again a second later, and is no refusal", (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { made, seen } = syncing("unavailable");
  context.after(() => {
    made.stop();
    mock.timers.reset();
  });
  made.request();
  for (let second = 0; second < 10; second += 1) mock.timers.tick(1_000);
  assert.equal(seen.asked, 11);
  assert.deepEqual(seen.refused, []);
});

for (const [how, patienceMs] of [
  ["an answer that takes too long", 15_000],
  ["a connection that is cut meanwhile", 8_000],
] as const)
  test(`over a slow line less is asked for at a time, until it comes: ${how}`, (context) => {
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    let left = 2_000;
    let caughtUp = 0;
    const connection = {
      ask(
        _event: string,
        { limit = 500 }: { limit?: number },
        answered: (error: ParleyError | null, answer?: SyncAnswer) => void,
      ) {
        const entries = Math.min(left, limit);
        setTimeout(
          () => {
            if (entries * MS_AN_ENTRY > patienceMs) {
              if (patienceMs === ACK_MS) return answered(unreachable());
              made.interrupted();
              return made.request();
            }
            left -= entries;
            answered(null, { ...ANSWER, more: left > 0 });
          },
          Math.min(patienceMs, entries * MS_AN_ENTRY),
        );
      },
    } as unknown as Connection;
    const made = new Syncing(connection, new Replica(ME), {
      afresh: async () => undefined,
      taken: () => undefined,
      caughtUp: () => (caughtUp += 1),
      refused: () => undefined,
    });
    context.after(() => {
      made.stop();
      mock.timers.reset();
    });
    made.request();
    for (let second = 0; second < 600; second += 1) mock.timers.tick(1_000);
    assert.equal(caughtUp, 1);
  });

test("a new connection asks at once what the one before was refused", (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { made, seen } = syncing("invalid");
  context.after(() => {
    made.stop();
    mock.timers.reset();
  });
  made.request();
  made.interrupted();
  made.request();
  assert.equal(seen.asked, 2);
});

test("what is still fetched afresh when a connection is lost is no second catching up on the next one", async () => {
  const replica = new Replica(ME);
  replica.add(new ModelConversation().summary());
  const asked: ((answer: SyncAnswer) => void)[] = [];
  const connection = {
    ask(
      _event: string,
      _payload: object,
      answered: (error: ParleyError | null, answer?: SyncAnswer) => void,
    ) {
      asked.push((answer) => answered(null, answer));
    },
  } as unknown as Connection;
  let fetched: () => void = () => undefined;
  const made = new Syncing(connection, replica, {
    afresh: () => new Promise((resolve) => (fetched = () => resolve())),
    taken: () => undefined,
    caughtUp: () => undefined,
    refused: () => undefined,
  });
  made.request();
  const reset = { conversation_id: ID, head: 1, entries: [], more: false, reset: true };
  asked[0]!({ ...ANSWER, conversations: [reset] });
  made.interrupted();
  made.request();
  fetched();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked.length, 2);
  made.stop();
});
