// The copy that the guide on events keeps, in thousands of small worlds: what is pushed, asked and answered comes in
// between one another as a server may send it, over connections that break and are recovered or not.
//
// node copy.mjs WORLDS < the code of the guide

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const code = readFileSync(0, "utf8");
const made = new Function(
  "ask",
  "socket",
  "me",
  "setTimeout",
  `${code}; return { take, catchUp, copy, open: () => syncing || behind };`,
);
const ME = "me";
const PAGE = 3;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

class World {
  epoch = 1;
  logs = new Map(); // conversation_id -> its entries
  inside = new Set();
  told = []; // every push, the latest last; one's place in it is its offset
  heard = 0; // how many of them were heard
  line = []; // on its way to the client: {push} or {answer}
  timers = [];
  pending = new Set();
  socket = { connected: false, recovered: false };

  constructor(random) {
    this.random = random;
    const ask = (event, payload) => this.ask(event, payload);
    this.client = made(ask, this.socket, ME, (work) => this.timers.push(work));
    this.create();
    this.connect(false);
  }

  create() {
    const id = `c${this.epoch}.${this.logs.size}`;
    this.logs.set(id, []);
    this.inside.add(id);
    this.append(id, { type: "conversation.created" });
  }

  append(id, more) {
    const log = this.logs.get(id);
    const entry = { conversation_id: id, seq: log.length + 1, ...more };
    log.push(entry);
    const mine = entry.user_id === ME;
    if (mine && entry.type === "member.joined") this.inside.add(id);
    if (this.inside.has(id)) {
      this.told.push(entry);
      if (this.socket.connected) this.line.push({ push: this.told.length });
    }
    if (mine && entry.type === "member.left") this.inside.delete(id);
  }

  happen(id) {
    const log = this.logs.get(id);
    if (!this.inside.has(id)) return this.append(id, { type: "member.joined", user_id: ME });
    const said = log.filter(({ type }) => type === "message.new");
    const about = said[this.random(said.length || 1)];
    if (this.random(6) === 0) this.append(id, { type: "member.left", user_id: ME });
    else if (about && this.random(2) === 0)
      this.append(id, { type: "message.edited", message_seq: about.seq, body: `edited ${log.length}` });
    else this.append(id, { type: "message.new", body: `said ${log.length}` });
  }

  shown(id) {
    const messages = new Map();
    for (const { type, seq, body, message_seq } of this.logs.get(id)) {
      if (type === "message.new") messages.set(seq, body);
      if (type === "message.edited") messages.set(message_seq, body);
    }
    return messages;
  }

  ask(event, payload) {
    if (!this.socket.connected) return Promise.reject(new Error("not connected"));
    const answer = structuredClone(event === "sync" ? this.sync(payload) : this.history(payload));
    return new Promise((resolve, reject) => {
      this.pending.add(reject);
      const arrive = () => {
        this.pending.delete(reject);
        resolve(answer);
      };
      // It may overtake pushes, and nothing that is pushed from now on overtakes it.
      this.line.splice(this.line.length - this.random(Math.min(3, this.line.length + 1)), 0, { answer: arrive });
    });
  }

  sync({ cursors, epoch }) {
    const known = epoch === undefined || epoch === this.epoch;
    const answer = { epoch: this.epoch, more: false, conversations: [], lost: [] };
    let room = PAGE;
    for (const id of this.inside) {
      const log = this.logs.get(id);
      const stub = { conversation_id: id, head: log.length, entries: [] };
      const cursor = cursors[id];
      if (cursor === undefined) answer.conversations.push({ ...stub, gained: {} });
      else if (!known || cursor > log.length) answer.conversations.push({ ...stub, reset: true });
      else {
        const entries = log.slice(cursor, cursor + room);
        room -= entries.length;
        if (cursor + entries.length < log.length) answer.more = true;
        if (entries.length > 0) answer.conversations.push({ ...stub, entries });
      }
    }
    for (const id of Object.keys(cursors))
      if (!this.inside.has(id)) answer.lost.push({ conversation_id: id, seq: 0 });
    return answer;
  }

  history({ conversation_id: id }) {
    if (!this.inside.has(id)) throw new Error("not found");
    const items = [...this.shown(id)].map(([seq, body]) => ({ type: "message.new", seq, body }));
    return { items, head: this.logs.get(id).length };
  }

  /** Several packets of one frame are handled before what waits for the first of them goes on. */
  async deliver(most) {
    for (const one of this.line.splice(0, most)) {
      if (one.answer) one.answer();
      else {
        this.heard = one.push;
        void this.client.take(structuredClone(this.told[one.push - 1]));
      }
    }
    await turn();
  }

  async cut() {
    this.socket.connected = false;
    this.line = [];
    for (const reject of this.pending) reject(new Error("disconnected"));
    this.pending.clear();
    await turn();
  }

  connect(recovered) {
    Object.assign(this.socket, { connected: true, recovered });
    if (recovered)
      for (let push = this.heard + 1; push <= this.told.length; push += 1) this.line.push({ push });
    if (!recovered || this.client.open()) void this.client.catchUp();
  }

  putBack() {
    this.epoch += 1;
    this.heard = 0;
    this.told = [];
    for (const log of this.logs.values()) log.length = 1 + this.random(log.length);
    for (const [id, log] of this.logs) {
      const about = log.findLast(({ user_id }) => user_id === ME);
      if (about?.type === "member.left") this.inside.delete(id);
      else this.inside.add(id);
    }
  }

  async step() {
    const ids = [...this.logs.keys()];
    const chance = this.random(20);
    if (chance < 8) this.happen(ids[this.random(ids.length)]);
    else if (chance < 15) await this.deliver(1 + this.random(4));
    else if (chance === 15) this.create();
    else if (chance === 16) this.timers.shift()?.();
    else if (chance < 19) {
      if (!this.socket.connected) this.connect(this.heard > 0 && this.random(2) === 0);
      else await this.cut();
    } else if (this.random(4) === 0) {
      await this.cut();
      this.putBack();
    }
  }

  /** Everything arrives; a connection that stands is not lost any more. */
  async settle() {
    if (!this.socket.connected) this.connect(this.heard > 0 && this.random(2) === 0);
    do {
      while (this.line.length > 0) await this.deliver(1 + this.random(4));
      for (const work of this.timers.splice(0)) work();
      await turn();
    } while (this.line.length > 0 || this.timers.length > 0);
  }
}

for (let seed = 1; seed <= Number(process.argv[2]); seed += 1) {
  const random = numbers(seed);
  const world = new World(random);
  const steps = 10 + random(50);
  for (let count = 0; count < steps; count += 1) await world.step();
  await world.settle();
  const { copy } = world.client;
  assert.deepEqual([...copy.keys()].sort(), [...world.inside].sort(), `seed ${seed}`);
  for (const [id, { cursor, messages }] of copy) {
    assert.equal(cursor, world.logs.get(id).length, `seed ${seed}, ${id}`);
    const bodies = [...messages].map(([seq, { body }]) => [seq, body]);
    assert.deepEqual(new Map(bodies), world.shown(id), `seed ${seed}, ${id}`);
  }
}
