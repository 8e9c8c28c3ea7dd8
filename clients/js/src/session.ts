/** Session: signing in and staying so, and requests in its name. */

import { asError, type ParleyError, refused, unreachable } from "./errors.js";
import { Cell } from "./observable.js";
import type { Grant, Me, SignedIn } from "./wire.js";

export type SessionState =
  | { status: "starting" }
  /** `reason` is why it ended, where nobody asked for that. */
  | { status: "signed-out"; reason?: ParleyError }
  | { status: "signed-in"; user: Me };

/** Keeps the refresh token of a session by bearer tokens; browsers keep cookies by themselves. */
export interface TokenKeeper {
  load(): string | null | Promise<string | null>;
  save(refresh_token: string | null): void | Promise<void>;
}

export interface SessionOptions {
  /** The server, such as `https://chat.example.org`; empty is the page's own. */
  url: string;
  /** `cookies` in a browser on the server's own site, `bearer` everywhere else. */
  mode: "bearer" | "cookies";
  tokens?: TokenKeeper;
  fetch?: typeof fetch;
  now?: () => number;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Record<string, string | number | boolean | undefined | null>;

export interface Registration {
  username?: string;
  email?: string;
  password: string;
  display_name?: string;
  device?: string;
}

export interface Credentials {
  /** A username or an e-mail address. */
  login: string;
  password: string;
  device?: string;
}

const TIMEOUT_MS = 20_000;
const LONGEST_WAIT_S = 10;
/** A token is renewed so long before it expires. */
const SPARE_MS = 30_000;

export class Session {
  readonly state = new Cell<SessionState>({ status: "starting" });
  readonly #url: string;
  readonly #cookies: boolean;
  readonly #tokens: TokenKeeper;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  #access: { token: string; until: number } | undefined;
  #refreshing: Promise<void> | undefined;

  constructor({ url, mode, tokens, fetch: given, now }: SessionOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#cookies = mode === "cookies";
    this.#tokens = tokens ?? memoryKeeper();
    this.#fetch = given ?? ((...args) => fetch(...args));
    this.#now = now ?? Date.now;
  }

  /** The person signed in. */
  get user(): Me | undefined {
    const state = this.state.value;
    return state.status === "signed-in" ? state.user : undefined;
  }

  /**
   * Go on with the session that this device has, if any. `kept` is who it was of: where the server can't be reached,
   * one is still that person.
   *
   * Throws `unreachable` where it can't be told.
   */
  async start(kept?: Me): Promise<void> {
    try {
      if (!this.#cookies && !(await this.#tokens.load())) return this.end();
      this.became(await this.request<Me>("GET", "/v1/me"));
    } catch (reason) {
      const error = asError(reason);
      if (error.unauthenticated) return this.end();
      if (!kept) throw error;
      this.became(kept);
    }
  }

  async register(registration: Registration): Promise<Me> {
    return this.#signIn("/v1/auth/register", registration);
  }

  async login(credentials: Credentials): Promise<Me> {
    return this.#signIn("/v1/auth/login", credentials);
  }

  /** End this session here, and at the server where it can be reached. */
  async logout(): Promise<void> {
    const refresh_token = this.#cookies ? null : await this.#tokens.load();
    const body = refresh_token === null ? {} : { refresh_token };
    await this.request("POST", "/v1/auth/logout", { body }).catch((reason: unknown) => {
      if (!asError(reason).unauthenticated) throw reason;
    });
    await this.#forget();
    this.end();
  }

  /** It is over; what the server says of `reason` is final. */
  end(reason?: ParleyError): void {
    void this.#forget().catch(() => undefined); // a token that is over signs nobody in
    this.state.set(reason ? { status: "signed-out", reason } : { status: "signed-out" });
  }

  became(user: Me): void {
    this.state.set({ status: "signed-in", user });
  }

  /** Ask the server in one's own name; a token that ran out is renewed on the way. */
  async request<T>(method: Method, path: string, asked: { query?: Query; body?: unknown } = {}): Promise<T> {
    await this.#ready();
    try {
      return await this.#patiently<T>(method, path, asked);
    } catch (reason) {
      const error = asError(reason);
      if (!["token_expired", "unauthenticated"].includes(error.code)) throw this.#heeded(error);
    }
    await this.refresh();
    return this.#ask<T>(method, path, asked).catch((reason: unknown) => {
      throw this.#heeded(asError(reason));
    });
  }

  /** Ask the server as nobody in particular, such as for a new password. */
  async anonymously<T>(method: Method, path: string, body: object): Promise<T> {
    return this.#ask<T>(method, path, { body }, false);
  }

  /** Who asks too often is told when to ask again; a question can wait for that. */
  async #patiently<T>(method: Method, path: string, asked: { query?: Query; body?: unknown }): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#ask<T>(method, path, asked);
      } catch (reason) {
        const { code, retryAfter } = asError(reason);
        const wait = code === "rate_limited" && method === "GET" && tries < 4 && retryAfter <= LONGEST_WAIT_S;
        if (!wait) throw reason;
        await new Promise((done) => setTimeout(done, Math.max(0.5, retryAfter) * 1000));
      }
    }
  }

  /**
   * What a socket shows when it connects: a fresh token, or nothing where cookies speak.
   *
   * While nobody was connected one's profile may have changed, and another tab may have signed somebody else in: then
   * the session of this page is over, as nothing may be sent in that person's name.
   */
  async credentials(): Promise<{ token?: string }> {
    const user = await this.request<Me>("GET", "/v1/me");
    if (this.user && user.user_id !== this.user.user_id) {
      const message = "Somebody else has signed in here meanwhile.";
      throw this.#heeded(refused({ code: "session_revoked", message }));
    }
    if (this.user) this.became(user);
    return this.#access && !this.#cookies ? { token: this.#access.token } : {};
  }

  /** Get new tokens; many who ask at once get the same ones. Ends the session where the server knows none. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const refresh_token = this.#cookies ? undefined : await this.#tokens.load();
    try {
      if (refresh_token === null) throw refused({ code: "unauthenticated", message: "Sign in first." });
      const body = refresh_token === undefined ? {} : { refresh_token };
      await this.#granted(await this.#ask<Grant>("POST", "/v1/auth/refresh", { body }, false));
    } catch (reason) {
      throw this.#heeded(asError(reason));
    }
  }

  #heeded(error: ParleyError): ParleyError {
    if (error.unauthenticated && this.state.value.status === "signed-in") this.end(error);
    return error;
  }

  async #signIn(path: string, body: Registration | Credentials): Promise<Me> {
    const signedIn = await this.#ask<SignedIn>("POST", path, { body }, false);
    await this.#granted(signedIn);
    this.became(signedIn.user);
    return signedIn.user;
  }

  async #granted({ access_token, expires_in, refresh_token }: Grant): Promise<void> {
    this.#access = { token: access_token, until: this.#now() + expires_in * 1000 - SPARE_MS };
    if (!this.#cookies) await this.#tokens.save(refresh_token);
  }

  async #forget(): Promise<void> {
    this.#access = undefined;
    if (!this.#cookies) await this.#tokens.save(null);
  }

  /** Without a token that lasts a request would only be refused first. */
  async #ready(): Promise<void> {
    const ranOut = this.#access && this.#now() >= this.#access.until;
    if (ranOut || (!this.#access && !this.#cookies)) await this.refresh();
  }

  async #ask<T>(
    method: Method,
    path: string,
    { query, body }: { query?: Query; body?: unknown },
    named = true,
  ): Promise<T> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (named && !this.#cookies && this.#access) headers.authorization = `Bearer ${this.#access.token}`;
    const init: RequestInit = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (body !== undefined) init.body = JSON.stringify(body);
    init.credentials = this.#cookies ? "same-origin" : "omit";
    let answer: Response;
    let text: string;
    try {
      answer = await this.#fetch(this.#url + path + queried(query), init);
      text = await answer.text();
    } catch (reason) {
      throw unreachable(reason);
    }
    return understood<T>(answer, text);
  }
}

function understood<T>(answer: Response, text: string): T {
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch (reason) {
    throw unreachable(reason); // something else answers in the server's place, such as a proxy
  }
  if (answer.ok) return value as T;
  const problem = (value as { error?: { code: string; message: string; details?: object } })?.error;
  const wait = Number(answer.headers.get("retry-after") ?? 0);
  throw refused(problem && { ...problem, details: { retry_after: wait, ...problem.details } });
}

function queried(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

export function memoryKeeper(refresh_token: string | null = null): TokenKeeper {
  let kept = refresh_token;
  return {
    load: () => kept,
    save: (token) => {
      kept = token;
    },
  };
}
