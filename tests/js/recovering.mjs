// A stock client that has its connection recovered: it keeps what it is sent, as it is sent, and no cursors.
//
// node recovering.mjs URL TRANSPORTS
// The first line of standard input is the access token. Then commands, one JSON object a line; says what happens on
// standard output likewise.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, transports] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

let socket;

function connect(token) {
  socket = io(url, {
    transports: transports.split(","),
    auth: { token, recover: true },
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
  });
  socket.on("connect", () => say({ connected: Boolean(socket.recovered) }));
  socket.on("disconnect", (reason) => say({ disconnected: reason }));
  socket.on("connect_error", (error) => say({ refused: error.message }));
  socket.onAny((event, ...args) => say({ event, args }));
}

const commands = {
  connect: () => socket.connect(),
  // As when the network goes: nothing is said to the server.
  lose: () => socket.io.engine.close(),
  leave: () => socket.disconnect(),
  pid: ({ pid }) => (socket._pid = pid),
  offset: ({ offset }) => (socket._lastOffset = offset),
  token: ({ token }) => (socket.auth.token = token),
  stay: () => (socket.io.reconnection(false), undefined),
  state: () => say({ state: { pid: socket._pid, offset: socket._lastOffset } }),
  ask: ({ event, payload }) => socket.emit(event, payload, (answer) => say({ answer })),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (!socket) return connect(line);
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on("close", () => process.exit(0));
