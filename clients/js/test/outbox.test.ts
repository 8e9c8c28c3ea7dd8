/** What is sent arrives once and in order, however often the way is cut. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import { ParleyError, unreachable } from "../src/errors.js";
import { Outbox, type OutboxItem } from "../src/outbox.js";
import type { Entry, EntryAck } from "../src/wire.js";

const ID = "talk";

/** A server that remembers client_ids, behind a way that loses requests and answers. */
class FakeServer {
  readonly log: Entry[] = [];
  readonly #faults: ("request lost" | "answer lost" | "busy" | "fine")[];

  constructor(faults: readonly ("request lost" | "answer lost" | "busy" | "fine")[]) {
    this.#faults = [...faults];
  }

  async send(event: string, payload: object): Promise<EntryAck> {
    const fault = this.#faults.shift() ?? "fine";
    if (fault === "request lost") throw unreachable();
    if (fault === "busy") throw new ParleyError({ code: "unavailable", message: "Not now." });
    const { client_id, body } = payload as { client_id: string; body: string };
    let entry = this.log.find((one) => one.client_id === client_id);
    if (!entry) {
      const seq = this.log.length + 1;
      const stamp = { conversation_id: ID, seq, at: "", actor_id: "me", client_id, messages: seq };
      entry = { ...stamp, type: "message.new", body } as Entry;
      assert.equal(event, "message.send");
      this.log.push(entry);
    }
    if (fault === "answer lost") throw unreachable();
    return { entry };
  }
}

function outboxTo(server: { send(event: string, payload: object): Promise<EntryAck> }, ready = () => true) {
  const kept = new Map<string, OutboxItem>();
  let count = 0;
  const outbox = new Outbox({
    send: (event, payload) => server.send(event, payload),
    ready,
    changed: () => undefined,
    save: (item) => void kept.set(item.client_id, item),
    remove: (client_id) => void kept.delete(client_id),
    newId: () => `c${(count += 1)}`,
    now: () => new Date(0),
  });
  return { outbox, kept };
}

const fault = fc.constantFrom(
  "request lost" as const,
  "answer lost" as const,
  "busy" as const,
  "fine" as const,
);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("every message arrives once and in order, whatever was lost", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (faults, most) => {
          const server = new FakeServer(faults);
          const { outbox, kept } = outboxTo(server);
          const bodies = Array.from({ length: most }, (_, index) => `m${index}`);
          for (const body of bodies) outbox.add(ID, "message.send", { body });
          for (let tries = 0; tries < 40 && kept.size > 0; tries += 1) {
            await settled();
            mock.timers.tick(30_000);
          }
          await settled();
          assert.deepEqual(
            server.log.map((entry) => (entry as { body?: string }).body),
            bodies,
          );
          assert.equal(kept.size, 0);
          outbox.settle(ID, server.log.length);
          assert.equal(outbox.size, 0);
        },
      ),
      { numRuns: 100 },
    );
  } finally {
    mock.timers.reset();
  }
});

test("a refused message says why, holds up nothing, and goes again under the same client_id", async () => {
  const seen: string[] = [];
  let allowed = false;
  const { outbox, kept } = outboxTo({
    async send(_event, payload) {
      const { client_id, body } = payload as { client_id: string; body: string };
      seen.push(client_id);
      if (body === "no" && !allowed) throw new ParleyError({ code: "forbidden", message: "You may not." });
      return {};
    },
  });
  outbox.add(ID, "message.send", { body: "no" });
  outbox.add(ID, "message.send", { body: "yes" });
  await settled();
  await settled();
  const [refused] = outbox.of(ID);
  assert.deepEqual([refused?.state, refused?.error?.message], ["failed", "You may not."]);
  assert.deepEqual([...kept.keys()], ["c1"]);
  allowed = true;
  outbox.retry("c1");
  await settled();
  assert.deepEqual(seen, ["c1", "c2", "c1"]);
  assert.equal(outbox.size, 0);
});

test("one whose entry came before its answer is done", async () => {
  let answer: (ack: EntryAck) => void = () => undefined;
  const { outbox } = outboxTo({ send: () => new Promise((resolve) => (answer = resolve)) });
  outbox.add(ID, "message.send", { body: "hello" });
  const entry = {
    conversation_id: ID,
    seq: 5,
    client_id: "c1",
    actor_id: "me",
    type: "message.new",
  } as Entry;
  outbox.arrived(entry);
  assert.equal(outbox.size, 0);
  answer({ entry });
  await settled();
  assert.equal(outbox.size, 0);
});

test("what was kept is sent when there is a connection again, before what is newer", async () => {
  const server = new FakeServer([]);
  let connected = false;
  const { outbox } = outboxTo(server, () => connected);
  outbox.restore([
    {
      client_id: "old",
      conversation_id: ID,
      event: "message.send",
      payload: { body: "old" },
      at: "",
      state: "waiting",
    },
  ]);
  outbox.add(ID, "message.send", { body: "new" });
  await settled();
  assert.equal(server.log.length, 0);
  connected = true;
  outbox.wake();
  await settled();
  await settled();
  assert.deepEqual(
    server.log.map(({ client_id }) => client_id),
    ["old", "c1"],
  );
});
