// The reference: Node's socket.io behind the same door as examples/conformance/server.py,
// so that one suite runs against both and the reference shows that the suite is right.
import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import { Server as SocketServer } from "socket.io";
import { WebSocketServer } from "ws";

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const handshakeDelay = number("HANDSHAKE_DELAY", 0);
const extraHeaders = Object.fromEntries(
  (process.env.HEADERS ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(/:\s*/)),
);

const engineOptions = {
  pingInterval: number("PING_INTERVAL", 300),
  pingTimeout: number("PING_TIMEOUT", 200),
  maxHttpBufferSize: number("MAX_PAYLOAD", 1_000_000),
  cors: { origin: "*" },
  destroyUpgrade: false,
  allowRequest: (request, answer) =>
    setTimeout(() => answer(null, !process.env.DENY), handshakeDelay),
};

const http = createServer((request, response) => response.writeHead(404).end());

const engine = new Engine(engineOptions);
engine.attach(http, { ...engineOptions, path: "/engine.io/" });
engine.on("connection", (socket) => socket.on("data", (data) => socket.send(data)));

const io = new SocketServer(http, {
  ...engineOptions,
  connectTimeout: number("CONNECT_TIMEOUT", 1000),
  ...(process.env.RECOVERY ? { connectionStateRecovery: {} } : {}),
});
for (const name of ["/", "/custom"]) {
  io.of(name).on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...values) => {
      // An ack asked for is not given; passed on, it would ask for one in turn.
      const data = values.filter((value) => typeof value !== "function");
      socket.emit("message-back", ...data);
    });
    socket.on("message-with-ack", (...values) => values.pop()(...values));
  });
}
for (const each of [engine, io.engine]) {
  each.on("headers", (headers) => Object.assign(headers, extraHeaders));
}

const echo = new WebSocketServer({
  noServer: true,
  maxPayload: number("MAX_PAYLOAD", 1_000_000),
});
http.on("upgrade", (request, socket, head) => {
  if (request.url !== "/__ws_echo") return;
  echo.handleUpgrade(request, socket, head, (websocket) => {
    websocket.on("error", () => socket.end()); // after the close frame; ws would wait for ours
    websocket.on("message", (data, binary) => websocket.send(data, { binary }));
  });
});

http.listen(number("PORT", 3000), process.env.HOST ?? "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
