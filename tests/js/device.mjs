// A person's device as a front end would write it: signs in afresh for every connection, keeps each
// conversation's log by its cursor, asks for what it missed, and retries what it sends until it is acked.
//
// node device.mjs URL LOGIN PASSWORD TRANSPORTS
// Reads commands from standard input, one JSON object a line; says what happens on standard output likewise.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, login, password, transports] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const OPEN = new Set(["unavailable", "rate_limited", "draining"]); // these leave it open: the same again
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function fresh() {
  for (;;) {
    try {
      const answer = await fetch(`${url}/v1/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ login, password }),
      });
      if (answer.ok) return (await answer.json()).access_token;
    } catch {
      // The server is away; it comes back.
    }
    await pause(100);
  }
}

const socket = io(url, {
  transports: transports.split(","),
  auth: (connect) => void fresh().then((token) => connect({ token })),
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});

const views = new Map(); // conversation_id -> entries, in order from 1
let syncing = false;
let stalled; // the WebSocket that is not read

const viewOf = (conversation_id) => {
  if (!views.has(conversation_id)) views.set(conversation_id, []);
  return views.get(conversation_id);
};

function take(entry) {
  const view = viewOf(entry.conversation_id);
  if (entry.seq === view.length + 1) view.push(entry);
  else if (entry.seq > view.length + 1) void sync();
}

async function sync() {
  if (syncing) return;
  syncing = true;
  try {
    for (let more = true; more; ) {
      const cursors = Object.fromEntries([...views].map(([id, view]) => [id, view.length]));
      const answer = await socket.timeout(5000).emitWithAck("sync", { cursors });
      if (!answer.ok) throw new Error(answer.error.code);
      more = answer.more;
      for (const missed of answer.conversations) {
        if (missed.gained) viewOf(missed.conversation_id);
        more ||= Boolean(missed.gained);
        for (const entry of missed.entries) if (entry.seq === viewOf(entry.conversation_id).length + 1) take(entry);
      }
    }
  } catch {
    // Cut meanwhile: the next connection asks again.
  } finally {
    syncing = false;
  }
}

socket.on("connect", () => {
  say({ connected: socket.io.engine.transport.name });
  syncing = false;
  void sync();
});
socket.on("disconnect", (reason) => say({ disconnected: reason }));
socket.onAny((_event, entry) => {
  if (entry.seq !== undefined && !(syncing && entry.seq > viewOf(entry.conversation_id).length)) take(entry);
});

async function send(command) {
  for (;;) {
    try {
      const answer = await socket.timeout(2000).emitWithAck("message.send", command);
      if (answer.ok || !OPEN.has(answer.error.code)) return say({ acked: command.client_id, answer });
    } catch {
      // No answer: it is open whether it arrived, so the same again.
    }
    await pause(50);
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.send) void send(command.send);
  else if (command.ask)
    socket.emit(command.ask, command.payload, (answer) => say({ answered: command.id, answer }));
  else if (command.report) {
    void sync().then(() => say({ report: Object.fromEntries(views) }));
  } else if (command.stall) {
    stalled = socket.io.engine.transport.ws;
    stalled.pause();
    say({ stalled: true });
  } else if (command.read_on) stalled.resume();
  else if (command.quit) process.exit(0);
});
