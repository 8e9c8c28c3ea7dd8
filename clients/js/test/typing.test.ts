/** That one writes is told as seldom as does, and ends by itself. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Typing } from "../src/typing.js";

const tick = () => new Promise((done) => setImmediate(done));

test("one says so every few seconds, and anew after a message", async () => {
  const said: string[] = [];
  const typing = new Typing(
    async (id) => {
      said.push(id);
      return { for_ms: 6_000 };
    },
    () => undefined,
  );
  for (const now of [0, 1_000, 3_000]) typing.say("talk", now);
  typing.say("other", 3_000);
  await tick();
  assert.deepEqual(said, ["talk", "other"]);
  typing.say("talk", 3_600);
  typing.said("talk");
  typing.say("talk", 3_700);
  assert.deepEqual(said, ["talk", "other", "talk", "talk"]);
});

test("what the server told nobody is said again sooner", async () => {
  let said = 0;
  const typing = new Typing(
    async () => {
      said += 1;
      return { for_ms: 0 };
    },
    () => undefined,
  );
  typing.say("talk", 0);
  await tick();
  typing.say("talk", 1_000);
  assert.equal(said, 1);
  typing.say("talk", 1_500);
  assert.equal(said, 2);
});

test("somebody who falls silent types no longer, nor does who has said it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let changes = 0;
  const typing = new Typing(
    async () => ({ for_ms: 0 }),
    () => {
      changes += 1;
    },
  );
  typing.heard({ conversation_id: "talk", user_id: "ada", for_ms: 6_000 });
  typing.heard({ conversation_id: "talk", user_id: "bob", for_ms: 6_000 });
  assert.deepEqual(typing.in("talk"), ["ada", "bob"]);
  typing.arrived({
    type: "message.new",
    conversation_id: "talk",
    seq: 2,
    at: "",
    actor_id: "ada",
    client_id: "a",
    messages: 1,
    body: "hello",
  });
  assert.deepEqual(typing.in("talk"), ["bob"]);
  mock.timers.tick(6_000);
  assert.deepEqual(typing.in("talk"), []);
  assert.equal(changes, 3);
  mock.timers.reset();
});
