// A chat server of the usual kind: socket.io, JSON Web Tokens, mongoose, three calls of the database a message. PORT is
// the argument, MONGODB_URI the database. It offers the REST calls that fill it and the event message.send.
import { createServer } from "node:http";
import { createRequire } from "node:module";

import jwt from "jsonwebtoken";
import mongoose from "mongoose";

const require = createRequire(new URL("../../tests/js/package.json", import.meta.url));
const { Server } = require("socket.io");

const SECRET = "only for the bench, on the loopback interface";
const TOKEN_HOURS = 24;

const { Schema } = mongoose;
const { ObjectId } = Schema.Types;
const User = mongoose.model(
  "User",
  new Schema({ username: { type: String, required: true, unique: true } }, { timestamps: true }),
);
const Conversation = mongoose.model(
  "Conversation",
  new Schema(
    {
      participants: { type: [{ type: ObjectId, ref: "User" }], index: true },
      lastMessage: { type: ObjectId, ref: "Message" },
    },
    { timestamps: true },
  ),
);
const Message = mongoose.model(
  "Message",
  new Schema(
    {
      conversation: { type: ObjectId, ref: "Conversation", required: true, index: true },
      sender: { type: ObjectId, ref: "User", required: true },
      client_id: String,
      body: { type: String, required: true, maxlength: 10_000 },
    },
    { timestamps: true },
  ),
);

// As durable as what it is compared with.
await mongoose.connect(process.env.MONGODB_URI, { writeConcern: { w: "majority", journal: true } });
await Promise.all([User.init(), Conversation.init(), Message.init()]); // their indexes

async function register({ username }) {
  const { id } = await User.create({ username });
  return { user: { user_id: id, username }, access_token: jwt.sign({ sub: id }, SECRET, { expiresIn: `${TOKEN_HOURS}h` }) };
}

async function converse(participants) {
  const { id } = await Conversation.create({ participants });
  return { conversation_id: id };
}

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
  const result = await answer(request.method, request.url, token && jwt.verify(token, SECRET).sub, body);
  response.writeHead(result ? 201 : 404, { "Content-Type": "application/json" }).end(JSON.stringify(result));
});

const io = new Server(http, {
  pingInterval: Number(process.env.PING_INTERVAL ?? 25_000),
  pingTimeout: Number(process.env.PING_TIMEOUT ?? 20_000),
});

io.use(async (socket, next) => {
  try {
    socket.data.userId = jwt.verify(socket.handshake.auth.token, SECRET).sub;
  } catch {
    next(new Error("unauthenticated"));
    return;
  }
  const conversations = await Conversation.find({ participants: socket.data.userId }).select("_id").lean();
  socket.data.rooms = conversations.map(({ _id }) => `${_id}`);
  next();
});

async function send(userId, { conversation_id, client_id, body }, ack) {
  if (!(await Conversation.exists({ _id: conversation_id, participants: userId }))) {
    ack({ ok: false, error: { code: "not_found" } });
    return;
  }
  const message = await Message.create({ conversation: conversation_id, sender: userId, client_id, body });
  await Conversation.updateOne({ _id: conversation_id }, { lastMessage: message._id });
  const entry = { message_id: message.id, conversation_id, at: message.createdAt, actor_id: userId, client_id, body };
  ack({ ok: true, entry });
  io.to(conversation_id).emit("message.new", entry);
}

io.on("connection", (socket) => {
  socket.join(socket.data.rooms);
  socket.on("message.send", (message, ack) => {
    send(socket.data.userId, message, ack).catch(() => ack({ ok: false, error: { code: "unavailable" } }));
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
