// Stays connected as long as its standard input is open, and tells what happens to it.
//
//     node comeback.mjs <polling|websocket|upgrade> <url>
import { io } from "socket.io-client";

const [transport, url] = process.argv.slice(2);
const tell = (...words) => process.stdout.write(`${words.join(" ")}\n`);

const socket = io(url, {
  transports: transport === "upgrade" ? ["polling", "websocket"] : [transport],
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
});
socket.on("connect", () => socket.emit("give", "hello", () => tell("connected")));
socket.on("disconnect", (reason) => tell("disconnected:", reason));
process.stdin.resume().on("end", () => process.exit(0));
