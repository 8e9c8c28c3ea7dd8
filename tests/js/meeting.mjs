// The reference for tests/clients: Node's socket.io offering what tests/clients/server.py offers.
import { createServer } from "node:http";
import { Server as SocketServer } from "socket.io";

const http = createServer((request, response) => response.writeHead(404).end());
const io = new SocketServer(http, {
  pingInterval: Number(process.env.PING_INTERVAL ?? 200),
  pingTimeout: Number(process.env.PING_TIMEOUT ?? 5000),
  cors: { origin: "*" },
  connectionStateRecovery: process.env.RECOVERY ? {} : undefined,
});

const refused = new Map(); // what was asked to be refused: how often it was

function refusesOnceMore(key, times) {
  const count = refused.get(key) ?? 0;
  refused.set(key, count + 1);
  return count < times;
}

io.engine.use((request, response, next) => {
  const { sid, refuse, times, client } = request._query;
  if (sid || !refuse || !refusesOnceMore(client, Number(times))) return next();
  response.writeHead(Number(refuse), { "Retry-After": "0" });
  response.end();
});

io.of("/refused").use((socket, next) => {
  next(Object.assign(new Error("not you"), { data: { code: "banned" } }));
});

io.of("/later").use((socket, next) => {
  if (refusesOnceMore(socket.handshake.auth.client, 2)) socket.conn.close();
  else next();
});

for (const name of ["/", "/custom", "/later"]) {
  io.of(name).on("connection", (socket) => serve(io.of(name), socket));
}

function serve(namespace, socket) {
  socket.on("error", () => {});
  socket.on("echo", (...values) => socket.emit("echo-back", ...values));
  socket.on("give", (value, ack) => ack(value));
  socket.on("give-two", (one, two, ack) => ack(one, two));
  socket.on("keep", () => {});
  socket.on("who", (ack) => {
    const { auth, query } = socket.handshake;
    ack({ id: socket.id, auth, color: query.color ?? null });
  });
  socket.on("ask", (question) => {
    socket.timeout(1000).emit("question", question, (error, answer) => {
      socket.emit("answered", error ? "nothing" : answer);
    });
  });
  socket.on("fail", () => {
    try {
      throw new Error("wrong");
    } catch {
      // Node would end here; ours is to catch what a handler raises.
    }
  });
  socket.on("fail-later", () => {});
  socket.on("cut", () => socket.conn.close());
  socket.on("kick", () => socket.disconnect());
  socket.on("join", (room, ack) => ack(void socket.join(room) ?? "joined"));
  socket.on("leave", (room, ack) => ack(void socket.leave(room) ?? "left"));
  socket.on("shout", (room, value) => namespace.to(room).emit("heard", value));
  socket.on("whisper", (room, value) => socket.to(room).emit("heard", value));
  socket.on("disconnect", () => namespace.to("watchers").emit("gone", socket.id));
}

http.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
