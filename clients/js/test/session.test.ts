/** Signing in, and staying so: tokens are fresh, and what ends a session says why. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryKeeper, Session, type SessionOptions } from "../src/session.js";
import type { Me } from "../src/wire.js";

const ada: Me = { user_id: "ada", display_name: "Ada", created_at: "2026-01-01T00:00:00.000Z" };

interface Asked {
  path: string;
  token: string | null;
  body: unknown;
}
type Answer = { status?: number; value?: unknown; headers?: Record<string, string> };

/** A server that answers as it is told; tokens are numbered as they are given. */
class Server {
  readonly asked: Asked[] = [];
  now = 0;
  given = 0;
  answer: (asked: Asked) => Answer | "unreachable" = () => ({ value: {} });

  readonly fetch: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : null;
    const path = new URL(String(input)).pathname;
    const asked = { path, token: headers.get("authorization"), body };
    this.asked.push(asked);
    const answer = path === "/v1/auth/refresh" && this.refreshes ? this.refreshes(asked) : this.answer(asked);
    if (answer === "unreachable") throw new TypeError("fetch failed");
    const { status = 200, value, headers: said } = answer;
    return new Response(JSON.stringify(value ?? null), { status, headers: said ?? {} });
  };

  refreshes: ((asked: Asked) => Answer | "unreachable") | null = () => ({ value: this.grant() });

  grant() {
    this.given += 1;
    return { access_token: `access ${this.given}`, expires_in: 600, refresh_token: `refresh ${this.given}` };
  }

  session(more: Partial<SessionOptions> = {}): Session {
    const tokens = memoryKeeper("refresh 0");
    return new Session({
      url: "http://server",
      mode: "bearer",
      tokens,
      fetch: this.fetch,
      now: () => this.now,
      ...more,
    });
  }

  count(path: string): number {
    return this.asked.filter((one) => one.path === path).length;
  }
}

const refused = (code: string, status: number, headers = {}): Answer => ({
  status,
  headers,
  value: { error: { code, message: `it is ${code}` } },
});

test("many who ask at once with a token that ran out cause one renewal", async () => {
  const server = new Server();
  const session = server.session();
  await session.request("GET", "/v1/me");
  assert.equal(server.asked.at(-1)?.token, "Bearer access 1");
  server.now += 600_000;
  await Promise.all([1, 2, 3].map(() => session.request("GET", "/v1/rooms")));
  assert.equal(server.count("/v1/auth/refresh"), 2);
  assert.deepEqual(
    server.asked.slice(-3).map(({ token }) => token),
    ["Bearer access 2", "Bearer access 2", "Bearer access 2"],
  );
});

test("the refresh token that was given last is shown, and kept for the next start", async () => {
  const server = new Server();
  const tokens = memoryKeeper("refresh 0");
  const session = server.session({ tokens });
  await session.refresh();
  await session.refresh();
  const shown = server.asked.map(({ body }) => (body as { refresh_token: string }).refresh_token);
  assert.deepEqual(shown, ["refresh 0", "refresh 1"]);
  assert.equal(await tokens.load(), "refresh 2");
});

test("a token that the server no longer takes is renewed on the way, once", async () => {
  const server = new Server();
  const session = server.session();
  server.answer = ({ token }) =>
    token === "Bearer access 1" ? refused("token_expired", 401) : { value: { fine: true } };
  assert.deepEqual(await session.request("GET", "/v1/me"), { fine: true });
  assert.equal(server.count("/v1/auth/refresh"), 2);
  server.answer = () => refused("unauthenticated", 401);
  await assert.rejects(session.request("GET", "/v1/me"), { code: "unauthenticated" });
  assert.equal(server.count("/v1/me"), 4);
});

test("a session that was revoked ends with the server's reason, and its token is forgotten", async () => {
  const server = new Server();
  const tokens = memoryKeeper("refresh 0");
  const session = server.session({ tokens });
  server.answer = () => ({ value: ada });
  await session.start();
  assert.equal(session.user?.user_id, "ada");
  server.refreshes = () => refused("session_revoked", 401);
  await assert.rejects(session.refresh());
  const state = session.state.value;
  assert.equal(state.status === "signed-out" && state.reason?.message, "it is session_revoked");
  assert.equal(await tokens.load(), null);
});

test("a server that can't be reached ends nothing: one is still who one was", async () => {
  const server = new Server();
  server.refreshes = () => "unreachable";
  await assert.rejects(server.session().start(), { code: "unreachable" });
  const session = server.session();
  await session.start(ada);
  assert.equal(session.user?.user_id, "ada");
  await assert.rejects(session.request("GET", "/v1/me"), { code: "unreachable" });
  assert.equal(session.state.value.status, "signed-in");
});

test("a question that is refused for its rate waits and asks again; a command does not", async () => {
  const server = new Server();
  const session = server.session();
  let left = 1;
  server.answer = () => {
    left -= 1;
    return left >= 0 ? refused("rate_limited", 429, { "retry-after": "0" }) : { value: { fine: true } };
  };
  assert.deepEqual(await session.request("GET", "/v1/users"), { fine: true });
  left = 1;
  await assert.rejects(session.request("POST", "/v1/conversations", { body: {} }), { code: "rate_limited" });
});

test("without cookies and without a token nobody is asked who one is", async () => {
  const server = new Server();
  const session = server.session({ tokens: memoryKeeper() });
  await session.start();
  assert.equal(session.state.value.status, "signed-out");
  assert.deepEqual(server.asked, []);
});

test("nothing that signs in is kept once it is over, however it ended", async () => {
  const server = new Server();
  const tokens = memoryKeeper("refresh 0");
  const session = server.session({ tokens });
  await session.refresh();
  session.end();
  assert.equal(await tokens.load(), null);
});

test("a connection finds out what became of one's profile meanwhile", async () => {
  const server = new Server();
  const session = server.session();
  server.answer = () => ({ value: ada });
  await session.start();
  server.answer = () => ({ value: { ...ada, display_name: "Ada Lovelace" } });
  assert.deepEqual(await session.credentials(), { token: "access 1" });
  assert.equal(session.user?.display_name, "Ada Lovelace");
});

test("a page whose browser was signed in as somebody else meanwhile sends nothing in their name", async () => {
  const server = new Server();
  const session = server.session({ mode: "cookies" });
  server.answer = () => ({ value: ada });
  await session.start();
  server.answer = () => ({ value: { ...ada, user_id: "bob" } });
  await assert.rejects(session.credentials(), { code: "session_revoked" });
  assert.equal(session.state.value.status, "signed-out");
});
