// A chat server as tutorials write it: it works on the day of the demo. `parley verify --adapter plain` shows what it
// does when a process ends or a connection breaks. PORT and the folder for its data are the arguments.
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/js/package.json", import.meta.url));
let Server;
try {
  ({ Server } = require("socket.io"));
} catch {
  console.error("socket.io is missing: run `npm ci --prefix tests/js` first");
  process.exit(1);
}

const [port, folder] = process.argv.slice(2);
const file = `${folder}/chat.jsonl`;
const users = new Map();
const conversations = new Map();
const messages = [];
const online = new Map(); // user id -> socket id

const keep = {
  user: (user) => users.set(user.id, user),
  conversation: (conversation) => conversations.set(conversation.id, conversation),
  message: (message) => messages.push(message),
};
const line = (kind, value) => `${JSON.stringify({ kind, value })}\n`;

mkdirSync(folder, { recursive: true });
if (existsSync(file)) {
  for (const row of readFileSync(file, "utf8").split("\n")) {
    if (!row) continue;
    const { kind, value } = JSON.parse(row);
    keep[kind](value);
  }
}

function make(kind, fields) {
  const value = { id: randomUUID(), ...fields };
  appendFileSync(file, line(kind, value));
  keep[kind](value);
  return value;
}

function answer(method, path, body) {
  const [, noun, id] = path.split("/");
  if (method === "POST" && noun === "users") return make("user", body);
  if (method === "POST" && noun === "conversations") return make("conversation", body);
  const { members } = conversations.get(id);
  const mine = messages.filter((message) => message.conversationId === id);
  return { members, messages: mine.sort((one, other) => one.createdAt - other.createdAt) };
}

const http = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(answer(request.method, request.url, body)));
});

const io = new Server(http);

io.on("connection", (socket) => {
  const { userId } = socket.handshake.auth;
  online.set(userId, socket.id);
  socket.on("message", async ({ conversationId, clientId, text }, ack) => {
    const message = { id: randomUUID(), conversationId, senderId: userId, clientId, text, createdAt: Date.now() };
    for (const member of conversations.get(conversationId).members) {
      if (online.has(member)) io.to(online.get(member)).emit("message", message);
    }
    await appendFile(file, line("message", message));
    messages.push(message);
    ack(message);
  });
  socket.on("disconnect", () => online.delete(userId));
});

http.listen(Number(port), "127.0.0.1");
