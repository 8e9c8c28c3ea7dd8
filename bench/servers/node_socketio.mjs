// The bench's room server on Node's socket.io, with its defaults. PORT is the argument.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/js/package.json", import.meta.url));
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, {
  pingInterval: Number(process.env.PING_INTERVAL ?? 25_000),
  pingTimeout: Number(process.env.PING_TIMEOUT ?? 20_000),
});

io.on("connection", (socket) => {
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack("ok");
  });
  socket.on("message", (message, ack) => {
    io.to(message.room).emit("message", message);
    ack({ ok: true });
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
