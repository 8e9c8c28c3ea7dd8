/** However pushes are shuffled, repeated and cut, a client ends where one that fetches afresh begins. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { covered } from "../src/history.js";
import { isHappening } from "../src/log/happenings.js";
import { messageOf } from "../src/log/messages.js";
import { Replica } from "../src/log/replica.js";
import type { Entry, MessageNew, SyncAnswer } from "../src/wire.js";
import { ID, ME, ModelConversation, PEOPLE, type Step } from "./model.js";

const who = fc.nat(PEOPLE.length - 1);
const text = fc.constantFrom("a", "b", "👍", "❤️");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("say" as const), who, text, mentions: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("edit" as const, "delete", "react", "unreact", "pin", "unpin"),
      who,
      at: fc.nat(20),
      text,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave", "promote"), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("erase" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rename" as const), text }) },
);
/** What happens to a client between the steps of the others. */
const event = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("step" as const), step }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      order: fc.array(fc.nat(30), { maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("sync" as const), most: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("page" as const),
      limit: fc.integer({ min: 1, max: 5 }),
      place: fc.constantFrom("older" as const, "latest", "newer"),
      late: fc.boolean(),
    }),
  },
);

function answer(model: ModelConversation, cursor: number, most: number): SyncAnswer {
  const missed = model.missed(cursor, most);
  return { epoch: "e", more: missed.more, conversations: [missed], lost: [], marks: [] };
}

/** A client, the pushes that are on their way to it, and pages that were read but have not arrived. */
class Device {
  readonly replica = new Replica(ME, "e");
  pushes: Entry[] = [];
  #arriving: (() => void)[] = [];
  #seen = 0;
  readonly #model: ModelConversation;

  constructor(model: ModelConversation) {
    this.#model = model;
    this.replica.add(model.summary());
    this.#seen = model.head;
  }

  get log() {
    return this.replica.logs.get(ID)!;
  }

  told(): void {
    this.pushes.push(...this.#model.log.slice(this.#seen).map((entry) => ({ ...entry })));
    this.#seen = this.#model.head;
  }

  deliver(order: readonly number[]): void {
    for (const at of order) {
      const entry = this.pushes[at % Math.max(1, this.pushes.length)];
      if (entry) this.replica.takePush(entry);
    }
  }

  sync(most: number): void {
    let more = true;
    while (more) {
      const given = answer(this.#model, this.log.cursor, most);
      const rest = this.replica.takeSync(given);
      assert.deepEqual(rest, { afresh: [], gained: [], lost: [], again: false });
      more = given.more;
    }
    this.pushes = [];
  }

  page(place: "older" | "latest" | "newer", limit: number, late: boolean): void {
    const range = this.log.timeline.rangeAt(this.log.cursor) ?? this.log.timeline.ranges[0];
    const at =
      place === "latest" || !range ? {} : place === "older" ? { before: range.from } : { after: range.to };
    const page = this.#model.page(at, limit);
    const read = covered(page, at);
    const { items } = this.#model.happenings({ after: read.from - 1, before: read.to + 1 }, 1_000);
    const arrive = () => {
      assert.ok(this.log.addPage(page.items, items, read, page.head));
    };
    if (late) this.#arriving.push(arrive);
    else arrive();
  }

  settle(): void {
    for (const arrive of this.#arriving) arrive();
    this.sync(3);
  }
}

test("whatever is pushed, lost and read in between, nothing differs from a fresh fetch in the end", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const model = new ModelConversation();
      const device = new Device(model);
      for (const one of events) {
        if (one.kind === "step") model.take(one.step);
        device.told();
        if (one.kind === "deliver") device.deliver(one.order);
        if (one.kind === "lose") device.pushes = [];
        if (one.kind === "sync") device.sync(one.most);
        if (one.kind === "page") device.page(one.place, one.limit, one.late);
      }
      device.settle();
      const { log } = device;
      assert.equal(log.cursor, model.head);
      assert.deepEqual({ ...log.summary }, model.summary());
      for (const message of log.timeline.all())
        assert.deepEqual(message, messageOf(model.shown(message.seq)));
      for (const { from, to } of log.timeline.ranges) {
        const said = model.log.filter(({ type, seq }) => type === "message.new" && from <= seq && seq <= to);
        assert.deepEqual(
          log.timeline.happeningsAt(from),
          model.log.filter((entry) => isHappening(entry) && from <= entry.seq && entry.seq <= to),
        );
        assert.deepEqual(
          log.timeline.messagesAt(from).map(({ seq }) => seq),
          said.map(({ seq }) => seq),
        );
      }
    }),
    { numRuns: 400 },
  );
});

test("members read while others come and go are those who are in", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), fc.nat(30), (steps, begin, finish) => {
      const model = new ModelConversation();
      const device = new Device(model);
      let read: ReturnType<typeof model.members.values> extends Iterable<infer M> ? M[] : never = [];
      steps.forEach((one, index) => {
        if (index === begin) device.log.awaitMembers();
        model.take(one);
        if (index === begin) read = [...model.members.values()];
        device.told();
        device.deliver(device.pushes.map((_, at) => at));
        device.pushes = [];
        if (index === begin + finish) device.log.setMembers(read);
      });
      if (steps.length <= begin + finish) return;
      assert.deepEqual(new Map(device.log.members), model.members);
    }),
    { numRuns: 300 },
  );
});

test("what is unread is counted as the server counts it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, at) => {
      const model = new ModelConversation();
      const device = new Device(model);
      device.log.readUpTo(1);
      const others = steps.filter((one) => !("who" in one) || one.do !== "say" || PEOPLE[one.who] !== ME);
      for (const one of others) model.take(one);
      device.told();
      device.deliver(device.pushes.map((_, index) => index));
      const mark = Math.min(model.head, Math.max(1, at));
      device.log.readUpTo(mark);
      assert.deepEqual(
        { unread: device.log.stand.unread, mentions: device.log.stand.mentions },
        model.unread(device.log.stand.read),
      );
    }),
    {
      numRuns: 300,
      examples: [
        [
          [
            { do: "say", who: 1, text: "a", mentions: true },
            { do: "erase", who: 0 },
          ],
          0,
        ],
      ],
    },
  );
});

test("a conversation of another store, or far behind, is to be fetched afresh", () => {
  const model = new ModelConversation();
  const device = new Device(model);
  const missed = { ...model.missed(1), reset: true };
  const reset: SyncAnswer = { epoch: "f", more: false, conversations: [missed], lost: [], marks: [] };
  assert.deepEqual(device.replica.takeSync(reset).afresh, [ID]);
  assert.equal(device.replica.epoch, "f");
  const far = { ...model.missed(1), head: 5_000, more: true };
  assert.deepEqual(device.replica.takeSync({ ...reset, conversations: [far] }).afresh, [ID]);
});

test("under another epoch no cursor counts, those of later pages included", () => {
  const model = new ModelConversation();
  const device = new Device(model);
  const { replica, log } = device;
  replica.add({ ...model.summary(), conversation_id: "on a later page" }, 900);
  const missed = { ...model.missed(1), reset: true };
  const rest = replica.takeSync({ epoch: "f", more: true, conversations: [missed], lost: [], marks: [] });
  assert.deepEqual([rest.afresh, rest.lost], [[ID], ["on a later page"]]);
  assert.deepEqual(Object.keys(replica.cursors()), [ID]);
  assert.equal(log.stale, true);
  log.restart(model.summary());
  assert.equal(log.stale, false);
});

test("a message that the list counted already is not counted again when it is pushed", () => {
  const model = new ModelConversation();
  const device = new Device(model);
  device.log.readUpTo(1);
  const other = PEOPLE.findIndex((one) => one !== ME);
  model.take({ do: "say", who: other, text: "a", mentions: true });
  const said = model.log.at(-1) as MessageNew;
  const { unread, mentions } = model.unread(1);
  const marks = { delivered: 1, read: 1 };
  device.replica.add({ ...model.summary(), last_message: said, unread, mentions, marks });
  assert.equal(device.replica.takePush(said), "taken");
  assert.deepEqual([device.log.stand.unread, device.log.stand.mentions], [unread, mentions]);
});

test("what is gained begins at its head, and what is lost is gone", () => {
  const model = new ModelConversation();
  const replica = new Replica(ME);
  const gained = { conversation_id: ID, head: 1, entries: [], more: false, gained: model.summary() };
  const base = { epoch: "e", more: false, lost: [], marks: [] };
  assert.deepEqual(replica.takeSync({ ...base, conversations: [gained] }).gained, [ID]);
  assert.deepEqual(replica.cursors(), { [ID]: 1 });
  const lost = [{ conversation_id: ID, seq: 9 }];
  assert.deepEqual(replica.takeSync({ ...base, conversations: [], lost }).lost, [ID]);
  assert.deepEqual(replica.cursors(), {});
});

test("one's own leaving ends a conversation, and nothing of it is asked for again", () => {
  const model = new ModelConversation();
  const replica = new Replica(ME);
  replica.add(model.summary());
  const stamp = {
    conversation_id: ID,
    at: "2026-01-01T00:00:00.000Z",
    actor_id: ME,
    client_id: "",
    messages: 0,
  };
  const left = { ...stamp, seq: 2, type: "member.left", user_id: ME, reason: "left" } as const;
  assert.equal(replica.takePush(left), "taken");
  assert.equal(replica.logs.size, 0);
  assert.equal(replica.takePush(left), "old");
});

test("a page that ends between one's leaving and coming back loses nothing", () => {
  const replica = new Replica(ME);
  replica.add(new ModelConversation().summary());
  const stamp = {
    conversation_id: ID,
    at: "2026-01-01T00:00:00.000Z",
    actor_id: ME,
    client_id: "",
    messages: 0,
  };
  const left = { ...stamp, seq: 2, type: "member.left", user_id: ME, reason: "left" } as const;
  const joined = { ...stamp, seq: 3, type: "member.joined", user_id: ME, role: "member" } as const;
  const base = { epoch: "e", lost: [], marks: [] };
  const first = { conversation_id: ID, head: 3, entries: [left], more: true };
  assert.deepEqual(replica.takeSync({ ...base, more: true, conversations: [first] }).lost, []);
  const second = { conversation_id: ID, head: 3, entries: [joined], more: false };
  assert.deepEqual(replica.takeSync({ ...base, more: false, conversations: [second] }).lost, []);
  assert.deepEqual(replica.cursors(), { [ID]: 3 });
});

test("a push of a conversation that is not known asks for sync", () => {
  const model = new ModelConversation();
  const replica = new Replica(ME);
  assert.equal(replica.takePush(model.log[0]!), "gap");
});
