/**
 * However the answers to `sync`, the list, pages of history, pushes and marks come in between one another, over
 * connections that break and a store that is put back, a client ends where one that begins afresh does.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Connection } from "../src/connection.js";
import type { ParleyError } from "../src/errors.js";
import { covered } from "../src/history.js";
import { keptOf } from "../src/keeping.js";
import { messageOf } from "../src/log/messages.js";
import { Replica } from "../src/log/replica.js";
import type { KeptConversation } from "../src/store.js";
import { Syncing } from "../src/syncing.js";
import type { Entry, Listed, MessageNew, Standing, SyncAnswer } from "../src/wire.js";
import { ID, ME, ModelConversation, PEOPLE, type Step } from "./model.js";

type Happening =
  | { kind: "step"; step: Step }
  | { kind: "line" | "fetched" | "put back"; at: number }
  | { kind: "cut" | "connect" | "list" | "save" | "reload" }
  | { kind: "page"; older: boolean }
  | { kind: "read" | "elsewhere"; at: number; back: boolean };
type Answered = (error: ParleyError | null, answer?: SyncAnswer) => void;

/** A server with one conversation, of which it also knows how I stand. */
class Server {
  epoch = 0;
  model = new ModelConversation();
  read = 1;
  #steps: Step[] = [];

  /** What is pushed of a step. */
  take(step: Step): Entry[] {
    const before = this.model.head;
    const inside = this.model.members.has(ME);
    this.#steps.push(step);
    this.model.take(step);
    const entries = this.model.log.slice(before);
    for (const entry of entries) {
      const mine = entry.type === "message.new" && entry.actor_id === ME;
      const came = entry.type === "member.joined" && entry.user_id === ME;
      if (mine || came) this.read = entry.seq;
    }
    return inside || this.model.members.has(ME) ? entries.map((entry) => ({ ...entry })) : [];
  }

  /** An older state is put back, under another epoch. */
  putBack(steps: number): void {
    this.epoch += 1;
    this.model = new ModelConversation();
    const kept = this.#steps.slice(0, steps);
    this.#steps = [];
    this.read = 1;
    for (const step of kept) this.take(step);
  }

  mark(read: number): void {
    this.read = Math.max(this.read, Math.min(read, this.model.head));
  }

  standing(): Standing {
    const { read } = this;
    const { head } = this.model;
    return { conversation_id: ID, head, delivered: read, read, ...this.model.unread(read) };
  }

  list(): Listed[] {
    if (!this.model.members.has(ME)) return [];
    const said = this.model.log.findLast(({ type }) => type === "message.new");
    const last_message = said && this.model.shown(said.seq);
    const { delivered, read, unread, mentions } = this.standing();
    const listed = { ...this.model.summary(), unread, mentions, marks: { delivered, read } };
    return [last_message ? { ...listed, last_message } : listed];
  }

  sync(cursors: Record<string, number>, epoch: string | undefined, most: number): SyncAnswer {
    const answer = { epoch: String(this.epoch), more: false, conversations: [], lost: [], marks: [] };
    const cursor = cursors[ID];
    const known = epoch === undefined || epoch === answer.epoch;
    const { head } = this.model;
    const stub = { conversation_id: ID, head, entries: [], more: false };
    if (!this.model.members.has(ME))
      return { ...answer, lost: cursor === undefined ? [] : [{ conversation_id: ID, seq: head }] };
    const marks = [this.standing()];
    if (cursor === undefined)
      return { ...answer, conversations: [{ ...stub, gained: this.model.summary() }], marks };
    if (!known || cursor > head) return { ...answer, conversations: [{ ...stub, reset: true }], marks };
    if (cursor === head) return { ...answer, marks };
    const missed = this.model.missed(cursor, most);
    return { ...answer, more: missed.more, conversations: [missed], marks: missed.more ? [] : marks };
  }
}

/** A client and its lines: what comes by the socket comes in order, what is fetched comes whenever it comes. */
class Device {
  readonly server = new Server();
  replica = new Replica(ME);
  /** What a store holds of it, since when it was written last. */
  #kept: { epoch: string | undefined; conversation: KeptConversation } | undefined;
  /** What is on its way by the socket, and by HTTP. */
  line: (() => void)[] = [];
  fetched: (() => void)[] = [];
  #connected = false;
  #asked: Answered | undefined;
  /** The furthest mark that has no answer yet. */
  #marking = 0;
  most = 3;
  #syncing = this.#following();

  constructor() {
    this.list();
    this.fetched.shift()!();
    this.connect();
  }

  get log() {
    return this.replica.logs.get(ID);
  }

  connect(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.replica.dropStale();
    if (this.#marking > 0) this.#tellRead();
    this.#syncing.request();
  }

  cut(): void {
    this.#connected = false;
    this.line = [];
    this.#asked = undefined;
    this.#syncing.interrupted();
  }

  save(): void {
    const { log, replica } = this;
    if (!log) this.#kept = undefined;
    else if (!log.stale) this.#kept = { epoch: replica.epoch, conversation: structuredClone(keptOf(log)) };
  }

  /** The page goes, and another one begins from what was kept. */
  reload(): void {
    this.cut();
    this.#syncing.stop();
    this.fetched = [];
    this.#marking = 0;
    this.replica = new Replica(ME, this.#kept?.epoch);
    if (this.#kept) {
      const { summary, cursor, stand, lastMessage, range, ...rows } = this.#kept.conversation;
      const log = this.replica.add(summary, cursor);
      log.restore({ ...rows, ranges: range ? [range] : [], lastMessage });
      log.setStanding({ ...stand });
    }
    this.#syncing = this.#following();
  }

  step(step: Step): void {
    for (const entry of this.server.take(step)) this.#send(() => this.#heard(entry));
  }

  /** Another of my devices moves where I stand. */
  elsewhere(at: number, back: boolean): void {
    if (!this.server.model.members.has(ME)) return;
    if (back) this.server.read = at % (this.server.model.head + 1);
    else this.server.mark(at);
    this.#receipt();
  }

  putBack(steps: number): void {
    this.cut();
    this.server.putBack(steps);
    this.#marking = 0;
  }

  readHere(seq: number): void {
    const { log } = this;
    if (!log || seq > log.cursor || seq <= log.stand.read) return;
    log.readUpTo(seq);
    this.#marking = Math.max(seq, this.#marking);
    this.#tellRead();
  }

  list(): void {
    const { replica } = this;
    const told = replica.told();
    const [page, epoch] = [this.server.list(), String(this.server.epoch)];
    this.fetched.push(() => {
      replica.epoch ??= epoch;
      const added = replica.epoch === epoch && replica.takeListed(page, told);
      if (added && this.#connected) this.#syncing.request();
      this.#reassert();
    });
  }

  page(older: boolean, limit: number, arrived: () => void = () => undefined): void {
    const { log, server } = this;
    if (!log || !server.model.members.has(ME)) return arrived();
    const { timeline } = log;
    const range = timeline.rangeAt(log.cursor);
    const place = older && range ? { before: range.from } : {};
    const page = server.model.page(place, limit);
    const read = covered(page, place);
    const { items } = server.model.happenings({ after: read.from - 1, before: read.to + 1 }, 1_000);
    const { epoch } = server;
    this.fetched.push(() => {
      if (log.timeline === timeline && server.epoch === epoch)
        assert.ok(log.addPage(page.items, items, read, page.head));
      arrived();
    });
  }

  /** Everything arrives; nobody connects anew. */
  async settle(): Promise<void> {
    this.connect();
    for (let quiet = 0; quiet < 3; quiet += 1) {
      while (this.line.length > 0 || this.fetched.length > 0) {
        (this.fetched.shift() ?? this.line.shift())!();
        await turn();
        quiet = 0;
      }
      await turn();
    }
  }

  #following(): Syncing {
    const ask = (_event: string, asked: object, answered: Answered) => this.#ask(asked, answered);
    return new Syncing({ ask } as unknown as Connection, this.replica, {
      afresh: (ids) => Promise.all(ids.map(() => this.#afresh())).then(() => undefined),
      taken: (_answer, { afresh, lost }) => {
        if (afresh.length + lost.length > 0) this.#kept = undefined;
        this.#reassert();
      },
      caughtUp: () => undefined,
      refused: () => undefined,
    });
  }

  #send(arrive: () => void): void {
    if (this.#connected) this.line.push(arrive);
  }

  #ask(asked: object, answered: Answered): void {
    const { cursors, epoch } = asked as { cursors: Record<string, number>; epoch?: string };
    const answer = this.server.sync(cursors, epoch, this.most);
    this.#asked = answered;
    this.#send(() => {
      if (this.#asked === answered) answered(null, answer);
    });
  }

  #heard(entry: Entry): void {
    if (this.replica.takePush(entry) === "gap") this.#syncing.request();
    if (this.log?.open) this.#mark(Math.max(1, this.log.stand.read));
  }

  #receipt(): void {
    const { delivered, read } = this.server.standing();
    this.#send(() => {
      const open = this.log?.takeMarks([{ user_id: ME, delivered, read }]);
      this.#reassert();
      if (open) this.#mark(Math.max(1, this.log!.stand.read));
    });
  }

  #tellRead(): void {
    this.#mark(this.#marking);
  }

  #mark(seq: number): void {
    if (!this.#connected || !this.server.model.members.has(ME)) return;
    this.server.mark(seq);
    const marks = this.server.standing();
    this.#send(() => {
      if (this.#marking <= seq) this.#marking = 0;
      if (this.#marking <= marks.read) this.log?.setStanding(marks, marks.head);
    });
    this.#receipt();
  }

  #reassert(): void {
    if (this.log && this.#marking <= this.log.cursor) this.log.readUpTo(this.#marking);
  }

  /** As the client begins a conversation anew: its summary, then its latest page. */
  #afresh(): Promise<void> {
    const log = this.log!;
    const { model } = this.server;
    const summary = model.members.has(ME) ? model.summary() : undefined;
    return new Promise((resolve) => {
      this.fetched.push(() => {
        if (summary && model === this.server.model) {
          log.restart(summary);
          if (this.log === log) return this.page(false, 3, resolve);
        } else if (this.log === log) this.replica.logs.delete(ID);
        resolve();
      });
    });
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const who = fc.nat(PEOPLE.length - 1);
const text = fc.constantFrom("a", "👍");
const at = fc.nat(12);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("say" as const), who, text, mentions: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("edit" as const, "delete", "react", "unreact", "pin", "unpin"),
      who,
      at,
      text,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave"), who }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "go" }, { do: "come" }) },
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("step" as const), step }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("line" as const, "fetched"), at: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("cut" as const, "connect", "list") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("save" as const, "reload") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("page" as const), older: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("read" as const, "elsewhere"), at, back: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("put back" as const), at }) },
);

const said = (who: number, mentions = false): Happening => ({
  kind: "step",
  step: { do: "say", who, text: "a", mentions },
});
const line = (at: number): Happening => ({ kind: "line", at });
const elsewhere = (back: boolean): Happening => ({ kind: "elsewhere", at: 0, back });
const list: Happening = { kind: "list" };
const putBack: Happening = { kind: "put back", at: 0 };
const go: Happening = { kind: "step", step: { do: "go" } };
const come: Happening = { kind: "step", step: { do: "come" } };
/** What went wrong once. */
const FOUND: Happening[][] = [
  [said(0), list],
  [said(1), line(0), list],
  [list, go, line(1)],
  [putBack, { kind: "connect" }, line(0), putBack],
  [elsewhere(true), list, line(3)],
  [line(0), elsewhere(false), said(0), list, { kind: "page", older: false }],
  [said(1, true), said(0), elsewhere(true)],
  [elsewhere(true), list, line(1), line(1)],
  [go, come, line(2), said(0), list],
  [{ kind: "reload" }, list, go],
  [
    said(1, true),
    { kind: "reload" },
    { kind: "connect" },
    { kind: "step", step: { do: "edit", who: 0, at: 0, text: "a" } },
  ],
];

async function happens(device: Device, one: Happening): Promise<void> {
  switch (one.kind) {
    case "step":
      return device.step(one.step);
    case "line":
      for (let count = 0; count <= one.at; count += 1) {
        device.line.shift()?.();
        await turn();
      }
      return;
    case "fetched":
      device.fetched.splice(one.at % Math.max(1, device.fetched.length), 1)[0]?.();
      return turn();
    case "cut":
      return device.cut();
    case "connect":
      return device.connect();
    case "list":
      return device.list();
    case "save":
      return device.save();
    case "reload":
      return device.reload();
    case "page":
      return device.page(one.older, 3);
    case "read":
      return device.readHere(one.at);
    case "elsewhere":
      return device.elsewhere(one.at, one.back);
    case "put back":
      return device.putBack(one.at);
  }
}

test("whatever comes in whatever order, nothing differs from what a fresh client shows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 50 }), async (events) => {
      const device = new Device();
      for (const one of events) await happens(device, one);
      await device.settle();
      const { log, server } = device;
      const { model } = server;
      assert.equal(log !== undefined, model.members.has(ME), "whether it is one's own");
      if (!log) return;
      assert.equal(log.cursor, model.head);
      assert.deepEqual({ ...log.summary }, model.summary());
      const { read, unread, mentions } = log.stand;
      assert.deepEqual({ read, ...model.unread(server.read) }, { read: server.read, unread, mentions });
      for (const message of log.timeline.all())
        assert.deepEqual(message, messageOf(model.shown(message.seq)));
      for (const { from, to } of log.timeline.ranges) {
        const said = model.log.filter(
          (entry): entry is MessageNew =>
            entry.type === "message.new" && from <= entry.seq && entry.seq <= to,
        );
        assert.deepEqual(
          log.timeline.messagesAt(from).map(({ seq }) => seq),
          said.map(({ seq }) => seq),
        );
      }
    }),
    { numRuns: 1_000, examples: FOUND.map((happenings) => [happenings]) },
  );
});
