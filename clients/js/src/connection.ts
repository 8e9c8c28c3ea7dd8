/** Connection: the socket, kept up as long as its session lives, with a fresh token each time. */

import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { asError, type ParleyError, refused, unreachable } from "./errors.js";
import { Cell } from "./observable.js";
import type { Session } from "./session.js";
import type { Ack } from "./wire.js";

export type IoOptions = Partial<ManagerOptions & SocketOptions>;
export type ConnectionState = "stopped" | "connecting" | "connected";

export interface Listeners {
  connected(): void;
  disconnected(): void;
  push(event: string, payload: unknown): void;
}

const ACK_MS = 15_000;
const AGAIN_MS = 2_000;

export class Connection {
  readonly state = new Cell<ConnectionState>("stopped");
  readonly #url: string;
  readonly #session: Session;
  readonly #options: IoOptions;
  readonly #listeners: Listeners;
  #socket: Socket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #online: (() => void) | undefined;

  constructor(url: string, session: Session, options: IoOptions, listeners: Listeners) {
    this.#url = url;
    this.#session = session;
    this.#options = options;
    this.#listeners = listeners;
  }

  start(): void {
    if (this.#socket) return;
    this.state.set("connecting");
    const socket = this.#make();
    this.#socket = socket;
    socket.on("connect", () => {
      this.state.set("connected");
      this.#listeners.connected();
    });
    socket.on("disconnect", (reason) => this.#lost(socket, reason));
    socket.on("connect_error", (reason) => this.#failed(socket, reason));
    socket.on("auth.expiring", () => void this.#renew());
    socket.onAny((event: string, payload: unknown) => this.#listeners.push(event, payload));
    socket.connect();
    this.#heedNetwork(socket);
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#online?.();
    const socket = this.#socket;
    this.#socket = undefined;
    this.state.set("stopped");
    socket?.removeAllListeners();
    socket?.disconnect();
  }

  /** Ask; rejects with the server's refusal, or `unreachable` where no answer came. Nothing waits for a connection. */
  command<T>(event: string, payload: object): Promise<T> {
    return new Promise((resolve, reject) => {
      this.ask<T>(event, payload, (error, answer) => (error ? reject(error) : resolve(answer!)));
    });
  }

  /** The same, but calls back before anything that the server sent after its answer is heard. */
  ask<T>(event: string, payload: object, answered: (error: ParleyError | null, answer?: T) => void): void {
    const socket = this.#socket;
    if (!socket?.connected) return answered(unreachable());
    socket.timeout(ACK_MS).emit(event, payload, (failure: Error | null, ack?: Ack<T>) => {
      if (failure || !ack) answered(unreachable(failure));
      else if (ack.ok) answered(null, ack);
      else answered(refused(ack.error));
    });
  }

  #make(): Socket {
    const options: IoOptions = {
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      ...this.#options,
      autoConnect: false,
      forceNew: true,
      auth: (use: (auth: object) => void) => {
        // A transport that was opened without a token at hand is of no use; another one tries again.
        this.#session.credentials().then(use, (reason: unknown) => this.#unready(asError(reason)));
      },
    };
    return this.#url ? io(this.#url, options) : io(options);
  }

  #unready(error: ParleyError): void {
    if (!error.unauthenticated) this.#socket?.io.engine?.close();
  }

  #lost(socket: Socket, reason: string): void {
    if (socket !== this.#socket) return;
    this.state.set("connecting");
    this.#listeners.disconnected();
    // Told to go: the session is over, or it is not, and then asking tells.
    if (reason === "io server disconnect") void this.#askAgain(socket);
  }

  #failed(socket: Socket, reason: Error & { data?: unknown }): void {
    if (socket !== this.#socket || socket.active) return; // it tries again by itself
    const error = refused(reason.data ?? { code: "unauthenticated", message: reason.message });
    if (error.code === "session_revoked") this.#session.end(error);
    else void this.#askAgain(socket);
  }

  /** Connect anew with a new token, unless the session has ended. */
  async #askAgain(socket: Socket): Promise<void> {
    socket.disconnect(); // the transport carries the old cookies
    try {
      await this.#session.refresh();
    } catch (reason) {
      if (asError(reason).unauthenticated) return;
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => socket === this.#socket && socket.connect(), AGAIN_MS * Math.random());
  }

  async #renew(): Promise<void> {
    try {
      await this.#session.refresh();
      await this.command("auth.refresh", await this.#session.credentials());
    } catch {
      // Then the server cuts this transport, and the next one shows a token of its own.
    }
  }

  /** A browser that is online again need not wait for the next try. */
  #heedNetwork(socket: Socket): void {
    if (typeof window === "undefined") return;
    const online = () => {
      if (socket.connected) return;
      socket.disconnect();
      socket.connect();
    };
    window.addEventListener("online", online);
    this.#online = () => window.removeEventListener("online", online);
  }
}
