// A chat server of the usual kind: socket.io, JSON Web Tokens, SQLite, a commit a message. PORT is the argument; DATA
// names the folder, SYNCHRONOUS is FULL or NORMAL. It offers the REST calls that fill it and the event message.send.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

import Database from "better-sqlite3";
import jwt from "jsonwebtoken";

const require = createRequire(new URL("../../tests/js/package.json", import.meta.url));
const { Server } = require("socket.io");

const SECRET = "only for the bench, on the loopback interface";
const TOKEN_HOURS = 24;

const db = new Database(`${process.env.DATA}/chat.db`);
db.pragma("journal_mode = WAL");
db.pragma(`synchronous = ${process.env.SYNCHRONOUS ?? "FULL"}`);
db.exec(`
  CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, username TEXT UNIQUE NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS members (
    user_id TEXT, conversation_id TEXT, PRIMARY KEY (user_id, conversation_id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, conversation_id TEXT NOT NULL, sender_id TEXT NOT NULL, body TEXT NOT NULL,
    client_id TEXT, at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS history ON messages (conversation_id, seq);
`);
const insertUser = db.prepare("INSERT INTO users VALUES (?, ?)");
const insertMember = db.prepare("INSERT INTO members VALUES (?, ?)");
const conversationsOf = db.prepare("SELECT conversation_id FROM members WHERE user_id = ?").pluck();
const membership = db.prepare("SELECT 1 FROM members WHERE user_id = ? AND conversation_id = ?").pluck();
const insertMessage = db.prepare(
  "INSERT INTO messages (conversation_id, sender_id, body, client_id, at) VALUES (?, ?, ?, ?, ?)",
);

const newId = () => randomBytes(16).toString("hex");

function register({ username }) {
  const id = newId();
  insertUser.run(id, username);
  return { user: { user_id: id, username }, access_token: jwt.sign({ sub: id }, SECRET, { expiresIn: `${TOKEN_HOURS}h` }) };
}

const converse = db.transaction((members) => {
  const id = newId();
  for (const member of members) insertMember.run(member, id);
  return { conversation_id: id };
});

function answer(method, path, userId, body) {
  if (method === "POST" && path === "/v1/auth/register") return register(body);
  if (method === "POST" && path === "/v1/conversations") return converse([userId, ...body.members]);
  if (method === "PUT" && path.startsWith("/v1/direct/")) return converse([userId, path.split("/")[3]]);
  return null;
}

const http = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const token = request.headers.authorization?.slice("Bearer ".length);
  const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
  const result = answer(request.method, request.url, token && jwt.verify(token, SECRET).sub, body);
  response.writeHead(result ? 201 : 404, { "Content-Type": "application/json" }).end(JSON.stringify(result));
});

const io = new Server(http, {
  pingInterval: Number(process.env.PING_INTERVAL ?? 25_000),
  pingTimeout: Number(process.env.PING_TIMEOUT ?? 20_000),
});

io.use((socket, next) => {
  try {
    socket.data.userId = jwt.verify(socket.handshake.auth.token, SECRET).sub;
    next();
  } catch {
    next(new Error("unauthenticated"));
  }
});

io.on("connection", (socket) => {
  const { userId } = socket.data;
  socket.join(conversationsOf.all(userId));
  socket.on("message.send", ({ conversation_id, client_id, body }, ack) => {
    if (!membership.get(userId, conversation_id)) {
      ack({ ok: false, error: { code: "not_found" } });
      return;
    }
    const at = Date.now();
    const { lastInsertRowid: seq } = insertMessage.run(conversation_id, userId, body, client_id, at);
    const entry = { conversation_id, seq, type: "message.new", at: new Date(at), actor_id: userId, client_id, body };
    ack({ ok: true, entry });
    io.to(conversation_id).emit("message.new", entry);
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
