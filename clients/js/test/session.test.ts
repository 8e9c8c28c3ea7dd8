/** A session: whose it is, and what is left of it when it ends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryKeeper, Session } from "../src/session.js";

const user = { user_id: "ada", display_name: "Ada", created_at: "2026-01-01T00:00:00.000Z" };
const grant = { access_token: "a", expires_in: 900, refresh_token: "r" };

/** A session with a server that answers each path so. */
function sessionOf(answers: Record<string, unknown>, mode: "bearer" | "cookies" = "bearer") {
  const asked: string[] = [];
  const tokens = memoryKeeper();
  const session = new Session({
    url: "http://server",
    mode,
    tokens,
    fetch: async (address) => {
      const { pathname } = new URL(String(address));
      asked.push(pathname);
      return Response.json(answers[pathname]);
    },
  });
  return { session, tokens, asked };
}

test("nothing that signs in is kept once it is over, however it ended", async () => {
  const { session, tokens } = sessionOf({ "/v1/auth/login": { ...grant, user, epoch: "e" } });
  await session.login({ login: "ada", password: "a long enough one" });
  assert.equal(tokens.load(), "r");
  session.end();
  assert.equal(tokens.load(), null);
});

test("a connection finds out what became of one's profile meanwhile", async () => {
  const answers: Record<string, unknown> = { "/v1/auth/login": { ...grant, user, epoch: "e" } };
  const { session } = sessionOf(answers);
  await session.login({ login: "ada", password: "a long enough one" });
  answers["/v1/me"] = { ...user, display_name: "Ada Lovelace" };
  assert.deepEqual(await session.credentials(), { token: "a" });
  assert.equal(session.user?.display_name, "Ada Lovelace");
});

test("a page whose browser was signed in as somebody else meanwhile sends nothing in their name", async () => {
  const answers: Record<string, unknown> = { "/v1/me": user };
  const { session } = sessionOf(answers, "cookies");
  await session.start();
  answers["/v1/me"] = { ...user, user_id: "bob" };
  await assert.rejects(session.credentials(), { code: "session_revoked" });
  assert.equal(session.state.value.status, "signed-out");
});
