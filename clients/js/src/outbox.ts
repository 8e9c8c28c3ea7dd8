/** Outbox: commands on their way into logs, each conversation's in order, tried until the server has answered. */

import { asError, type ParleyError } from "./errors.js";
import type { Entry, EntryAck } from "./wire.js";

export type CommandEvent =
  | "message.send"
  | "message.edit"
  | "message.delete"
  | "message.pin"
  | "message.unpin"
  | "reaction.add"
  | "reaction.remove";

export interface Payload {
  message_seq?: number;
  body?: string;
  reply_to?: number;
  emoji?: string;
  data?: Record<string, unknown>;
}

/** `waiting` for its turn or an answer, `acked` but not yet seen in the log, or `failed`: refused. */
export type OutboxState = "waiting" | "acked" | "failed";

export interface OutboxItem {
  readonly client_id: string;
  readonly conversation_id: string;
  readonly event: CommandEvent;
  readonly payload: Payload;
  /** By this device's clock. */
  readonly at: string;
  readonly state: OutboxState;
  readonly error?: { code: string; message: string };
  /** The seq of its entry, once acked. */
  readonly seq?: number;
}

export interface OutboxWorld {
  send(event: string, payload: object): Promise<EntryAck>;
  /** Whether anything can be sent right now. */
  ready(): boolean;
  changed(conversation_id: string): void;
  save(item: OutboxItem): void;
  remove(client_id: string): void;
  newId(): string;
  now(): Date;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

interface Lane {
  items: OutboxItem[];
  busy: boolean;
  pauseMs: number;
  timer?: ReturnType<typeof setTimeout>;
}

export class Outbox {
  readonly #world: OutboxWorld;
  readonly #lanes = new Map<string, Lane>();

  constructor(world: OutboxWorld) {
    this.#world = world;
  }

  /** What is on its way to a conversation, in order; the same array until that changes. */
  of(conversation_id: string): readonly OutboxItem[] {
    return this.#lanes.get(conversation_id)?.items ?? NONE;
  }

  get size(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.items.length, 0);
  }

  /** Put a command in; it is kept, and sent as soon as what stands before it has been answered. */
  add(conversation_id: string, event: CommandEvent, payload: Payload): OutboxItem {
    const item: OutboxItem = {
      client_id: this.#world.newId(),
      conversation_id,
      event,
      payload,
      at: this.#world.now().toISOString(),
      state: "waiting",
    };
    this.#put(item);
    this.#world.save(item);
    this.#world.changed(conversation_id);
    this.#pump(conversation_id);
    return item;
  }

  /** Put back what a store kept. */
  restore(items: readonly OutboxItem[]): void {
    for (const item of items) this.#put(item);
  }

  /** Try again what was refused: under the same `client_id`, since an attempt that got no answer may have landed. */
  retry(client_id: string): void {
    const item = this.#find(client_id);
    if (item?.state !== "failed") return;
    const { error: _, ...plain } = item;
    const again: OutboxItem = { ...plain, state: "waiting" };
    this.#replace(again);
    this.#world.save(again);
    this.#pump(item.conversation_id);
  }

  /** Give up a command that was refused, or still waits for a connection. */
  discard(client_id: string): void {
    const item = this.#find(client_id);
    if (item) this.#remove(item);
  }

  /** Something can be sent again. */
  wake(): void {
    for (const [conversation_id, lane] of this.#lanes) {
      clearTimeout(lane.timer);
      lane.pauseMs = FIRST_PAUSE_MS;
      this.#pump(conversation_id);
    }
  }

  /** An entry of one's own came: its command is done, whatever became of its answer. */
  arrived(entry: Entry): void {
    const item = this.#find(entry.client_id, entry.conversation_id);
    if (item) this.#remove(item);
  }

  /** The log was read up to here, so what was acked below is in it. */
  settle(conversation_id: string, cursor: number): void {
    for (const item of this.of(conversation_id)) {
      if (item.state === "acked" && item.seq !== undefined && item.seq <= cursor) this.#remove(item);
    }
  }

  clear(): void {
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer);
    this.#lanes.clear();
  }

  #pump(conversation_id: string): void {
    const lane = this.#lanes.get(conversation_id);
    if (!lane || lane.busy || !this.#world.ready()) return;
    const item = lane.items.find((one) => one.state === "waiting");
    if (!item) return;
    lane.busy = true;
    void this.#send(item).then((pauseMs) => {
      lane.busy = false;
      if (pauseMs === 0) return this.#pump(conversation_id);
      lane.timer = setTimeout(() => this.#pump(conversation_id), pauseMs);
    });
  }

  /** Returns for how long to wait before the next one. */
  async #send(item: OutboxItem): Promise<number> {
    const { client_id, conversation_id, event, payload } = item;
    const lane = this.#lanes.get(conversation_id)!;
    try {
      const ack = await this.#world.send(event, { ...payload, conversation_id, client_id });
      lane.pauseMs = FIRST_PAUSE_MS;
      this.#acked(item, ack);
      return 0;
    } catch (reason) {
      const error = asError(reason);
      if (!error.open && !error.unauthenticated) {
        this.#failed(item, error);
        return 0;
      }
      const pauseMs = Math.max(error.retryAfter * 1000, lane.pauseMs);
      lane.pauseMs = Math.min(LONGEST_PAUSE_MS, lane.pauseMs * 2);
      return pauseMs;
    }
  }

  #acked(item: OutboxItem, { entry }: EntryAck): void {
    if (!this.#find(item.client_id)) return; // its entry was here before its answer
    this.#world.remove(item.client_id);
    if (!entry) return this.#remove(item);
    this.#replace({ ...item, state: "acked", seq: entry.seq });
  }

  #failed(item: OutboxItem, { code, message }: ParleyError): void {
    if (!this.#find(item.client_id)) return;
    const failed: OutboxItem = { ...item, state: "failed", error: { code, message } };
    this.#replace(failed);
    this.#world.save(failed);
  }

  #put(item: OutboxItem): void {
    const lane = this.#lanes.get(item.conversation_id) ?? { items: [], busy: false, pauseMs: FIRST_PAUSE_MS };
    if (lane.items.some((one) => one.client_id === item.client_id)) return;
    lane.items = [...lane.items, item];
    this.#lanes.set(item.conversation_id, lane);
  }

  #replace(item: OutboxItem): void {
    const lane = this.#lanes.get(item.conversation_id)!;
    lane.items = lane.items.map((one) => (one.client_id === item.client_id ? item : one));
    this.#world.changed(item.conversation_id);
  }

  #remove({ client_id, conversation_id }: OutboxItem): void {
    const lane = this.#lanes.get(conversation_id)!;
    lane.items = lane.items.filter((one) => one.client_id !== client_id);
    this.#world.remove(client_id);
    this.#world.changed(conversation_id);
  }

  #find(client_id: string, conversation_id?: string): OutboxItem | undefined {
    const lanes = conversation_id ? [this.#lanes.get(conversation_id)] : [...this.#lanes.values()];
    for (const lane of lanes) {
      const found = lane?.items.find((one) => one.client_id === client_id);
      if (found) return found;
    }
    return undefined;
  }
}

const NONE: readonly OutboxItem[] = [];
