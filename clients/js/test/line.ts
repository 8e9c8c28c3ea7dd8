/** A server at the other end of a line in memory, for a client as a whole: REST and Socket.IO, answered by a test. */

import { Transport } from "engine.io-client";
import { ParleyClient } from "../src/index.js";
import type { Entry, Listed, SyncAnswer } from "../src/wire.js";
import { ME } from "./model.js";

const HANDSHAKE = { sid: "s", upgrades: [], pingInterval: 1e8, pingTimeout: 1e8, maxPayload: 1e6 };
const GRANT = { access_token: "a", expires_in: 900, refresh_token: "r", epoch: "e" };
const USER = { user_id: ME, display_name: "Me", created_at: "2026-01-01T00:00:00.000Z" };

export class Server {
  /** What is answered; a command that has no answer here gets none. */
  commands: Record<string, (payload: never) => object | undefined> = {};
  requests: Record<string, () => object | Promise<object>> = {};
  listed: Listed[] = [];
  sync: Partial<SyncAnswer> = {};
  #line: { onPacket(packet: object): void; cut(): void } | undefined;

  client(): ParleyClient {
    const server = this;
    class Line extends Transport {
      override get name() {
        return "line";
      }
      override doOpen() {
        queueMicrotask(() => {
          this.onOpen();
          this.onPacket({ type: "open", data: JSON.stringify(HANDSHAKE) });
        });
      }
      override doClose() {}
      override write(packets: { type: string; data?: string }[]) {
        server.#line = this as unknown as { onPacket(packet: object): void; cut(): void };
        queueMicrotask(() => this.emitReserved("drain"));
        for (const { type, data } of packets) if (type === "message") server.#heard(String(data));
      }
      cut() {
        this.onClose();
      }
    }
    return new ParleyClient({
      url: "http://line.test",
      mode: "bearer",
      io: { transports: [Line as never], reconnectionDelay: 1, reconnectionDelayMax: 1 },
      fetch: async (address, init) => {
        const { pathname } = new URL(String(address));
        return Response.json(await this.#requested(`${init?.method} ${pathname}`));
      },
    });
  }

  push(entry: Entry): void {
    this.tell(entry.type, entry);
  }

  tell(event: string, payload: object): void {
    this.#send(`2${JSON.stringify([event, payload])}`);
  }

  cut(): void {
    this.#line!.cut();
  }

  #requested(what: string): object | Promise<object> {
    if (this.requests[what]) return this.requests[what]();
    if (what === "POST /v1/auth/login") return { ...GRANT, user: USER };
    if (what === "GET /v1/me") return USER;
    if (what === "GET /v1/conversations") return { items: this.listed, epoch: "e" };
    return { items: [] };
  }

  #heard(data: string): void {
    if (data.startsWith("0")) return this.#send('0{"sid":"s"}');
    const [, id, rest] = /^2(\d+)(.*)$/.exec(data) ?? [];
    if (!id) return;
    const [event, payload] = JSON.parse(rest!) as [string, never];
    const base = { epoch: "e", more: false, conversations: [], lost: [], marks: [] };
    const answer = event === "sync" ? { ...base, ...this.sync } : this.commands[event]?.(payload);
    if (answer) this.#send(`3${id}${JSON.stringify([{ ok: true, ...answer }])}`);
  }

  #send(data: string): void {
    queueMicrotask(() => this.#line!.onPacket({ type: "message", data }));
  }
}
