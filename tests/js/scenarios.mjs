// What every official client must be able to do; run in Node by clients.mjs and in a browser
// by page.mjs, against tests/clients/server.py or the reference (meeting.mjs).

const PATIENCE = 15_000;

class Failure extends Error {}

export function equal(seen, expected) {
  const [left, right] = [JSON.stringify(plain(seen)), JSON.stringify(plain(expected))];
  if (left !== right) throw new Failure(`expected ${right}, got ${left}`);
}

// Binary data as {bytes: [...]}, whatever class a platform gives it.
function plain(value) {
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) {
    return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function inTime(what, start) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Failure(`waited in vain for ${what}`));
    const timer = setTimeout(late, PATIENCE);
    start((...values) => {
      clearTimeout(timer);
      resolve(values);
    });
  });
}

export const next = (emitter, event) => inTime(event, (done) => emitter.once(event, done));
export const asked = (socket, ...event) => inTime(event[0], (done) => socket.emit(...event, done));
export const passed = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

// Events of that name as they come, `count` of them, listened for from now on.
export function collected(socket, event, count) {
  return inTime(`${count} × ${event}`, (done) => {
    const seen = [];
    const collect = (...values) => {
      seen.push(values.length === 1 ? values[0] : values);
      if (seen.length < count) return;
      socket.off(event, collect);
      done(seen);
    };
    socket.on(event, collect);
  }).then(([seen]) => seen);
}

// A socket whose engine has reached the transport that it will stay with.
export async function connected({ open, transport }, path, options) {
  const socket = open(path, options);
  await next(socket, "connect");
  const engine = socket.io.engine;
  const last = transport === "upgrade" ? "websocket" : transport;
  if (engine.transport.name !== last) await next(engine, "upgrade");
  equal(engine.transport.name, last);
  return socket;
}

const bytes = (...values) => new Uint8Array(values).buffer;
let clients = 0;
const newClient = (context) => `${context.version}-${context.transport}-${Math.random()}-${clients++}`;

export const scenarios = {
  async connects(context) {
    const socket = await connected(context);
    const [{ id }] = await asked(socket, "who");
    equal(id, socket.id);
  },

  async text_comes_back(context) {
    const socket = await connected(context);
    const values = [1, "2", { 3: [true, null, 1.5] }, "€ 漢字 😀 é", "", [], {}];
    socket.emit("echo", ...values);
    equal(await next(socket, "echo-back"), values);
  },

  async binary_comes_back(context) {
    const socket = await connected(context);
    const values = [bytes(1, 2, 3), { deep: [bytes(), bytes(255, 0)] }, "text"];
    socket.emit("echo", ...values);
    equal(await next(socket, "echo-back"), values);
  },

  async many_events_keep_their_order(context) {
    const socket = context.open();
    const received = collected(socket, "echo-back", 500);
    // Sent from before the connection through the upgrade and beyond.
    for (let number = 0; number < 300; number++) socket.emit("echo", number);
    await next(socket, "connect");
    for (let number = 300; number < 500; number++) {
      socket.emit("echo", number);
      if (number % 10 === 0) await passed(1);
    }
    equal(await received, [...Array(500).keys()]);
  },

  async a_large_event_comes_back(context) {
    const socket = await connected(context);
    const text = "0123456789é".repeat(40_000);
    socket.emit("echo", text);
    const [back] = await next(socket, "echo-back");
    equal(back === text, true);
  },

  async the_server_answers(context) {
    const socket = await connected(context);
    equal(await asked(socket, "give", { a: [1, "é"] }), [{ a: [1, "é"] }]);
    equal(await asked(socket, "give-two", 1, "two"), [1, "two"]);
    equal(await asked(socket, "give", bytes(1, 2)), [bytes(1, 2)]);
  },

  async the_server_answers_nothing_by_itself(context) {
    const socket = await connected(context);
    let answers = 0;
    socket.emit("keep", () => answers++);
    await asked(socket, "give", "after");
    equal(answers, 0);
  },

  async the_client_answers(context) {
    const socket = await connected(context);
    socket.on("question", (question, answer) => answer([question, "answer"]));
    for (const question of ["why?", { deep: [1] }, bytes(7)]) {
      socket.emit("ask", question);
      equal(await next(socket, "answered"), [[question, "answer"]]);
    }
  },

  async a_client_that_never_answers_is_not_waited_for(context) {
    const socket = await connected(context);
    socket.emit("ask", "anyone?");
    equal(await next(socket, "answered"), ["nothing"]);
  },

  async namespaces_share_a_connection(context) {
    const main = await connected(context);
    const custom = main.io.socket("/custom");
    await next(custom, "connect");
    custom.emit("echo", "custom");
    main.emit("echo", "main");
    equal(await Promise.all([next(custom, "echo-back"), next(main, "echo-back")]), [
      ["custom"],
      ["main"],
    ]);
    equal(custom.id === main.id, false);
    main.disconnect();
    equal(await asked(custom, "give", "still here"), ["still here"]);
  },

  async auth_reaches_the_server(context) {
    const plainAuth = await connected(context, "", { auth: { token: "é" } });
    equal((await asked(plainAuth, "who"))[0].auth, { token: "é" });
    const auth = (give) => give({ token: "fresh" });
    const computed = await connected(context, "/custom", { auth });
    equal((await asked(computed, "who"))[0].auth, { token: "fresh" });
  },

  async the_query_reaches_the_server(context) {
    const socket = await connected(context, "", { query: { color: "blue & é" } });
    equal((await asked(socket, "who"))[0].color, "blue & é");
  },

  async an_unknown_namespace_is_an_error(context) {
    const [error] = await next(context.open("/nowhere"), "connect_error");
    equal(error.message, "Invalid namespace");
  },

  async a_refusal_is_final(context) {
    const socket = context.open("/refused");
    let errors = 0;
    socket.on("connect_error", () => errors++);
    const [error] = await next(socket, "connect_error");
    equal([error.message, error.data], ["not you", { code: "banned" }]);
    await passed(300);
    equal([errors, socket.connected], [1, false]);
  },

  async a_kick_is_final(context) {
    const socket = await connected(context);
    socket.emit("kick");
    equal(await next(socket, "disconnect").then(([reason]) => reason), "io server disconnect");
    await passed(300);
    equal(socket.connected, false);
  },

  async a_kicked_client_may_come_back_by_itself(context) {
    const socket = await connected(context);
    socket.emit("kick");
    await next(socket, "disconnect");
    socket.connect();
    await next(socket, "connect");
    equal(await asked(socket, "give", "back"), ["back"]);
  },

  async a_client_that_was_cut_comes_back(context) {
    const socket = await connected(context);
    const before = socket.id;
    socket.emit("cut");
    equal((await next(socket, "disconnect"))[0].split(" ")[0], "transport");
    await next(socket, "connect");
    equal(socket.id === before, false);
    equal(await asked(socket, "give", "back"), ["back"]);
  },

  async all_namespaces_come_back_after_a_cut(context) {
    const main = await connected(context);
    const custom = main.io.socket("/custom");
    await next(custom, "connect");
    main.emit("cut");
    await Promise.all([next(main, "disconnect"), next(custom, "disconnect")]);
    await Promise.all([next(main, "connect"), next(custom, "connect")]);
    equal(await asked(custom, "give", "back"), ["back"]);
  },

  async a_handshake_refused_with_503_is_tried_again(context) {
    const query = { refuse: 503, times: 2, client: newClient(context) };
    const socket = context.open("", { query });
    await next(socket, "connect");
    equal(await asked(socket, "give", "in"), ["in"]);
  },

  async a_handshake_refused_with_429_is_tried_again(context) {
    const query = { refuse: 429, times: 2, client: newClient(context) };
    const socket = context.open("", { query });
    await next(socket, "connect");
    equal(await asked(socket, "give", "in"), ["in"]);
  },

  async a_namespace_that_says_later_is_tried_again(context) {
    const socket = context.open("/later", { auth: { client: newClient(context) } });
    await next(socket, "connect");
    equal(await asked(socket, "give", "in"), ["in"]);
  },

  async rooms_reach_their_members_only(context) {
    const room = newClient(context);
    const [member, other, leaver] = await Promise.all([1, 2, 3].map(() => connected(context)));
    await Promise.all([member, other, leaver].map((socket) => asked(socket, "join", room)));
    await asked(leaver, "leave", room);
    const wrong = [];
    leaver.on("heard", (value) => wrong.push(value));
    const heard = [collected(member, "heard", 3), collected(other, "heard", 3)];
    for (const value of [1, { two: "é" }, bytes(3)]) leaver.emit("shout", room, value);
    equal(await Promise.all(heard), Array(2).fill([1, { two: "é" }, bytes(3)]));
    await asked(leaver, "give", "after");
    equal(wrong, []);
  },

  async a_room_can_leave_out_the_sender(context) {
    const room = newClient(context);
    const [sender, other] = await Promise.all([1, 2].map(() => connected(context)));
    await Promise.all([sender, other].map((socket) => asked(socket, "join", room)));
    const wrong = [];
    sender.on("heard", (value) => wrong.push(value));
    const heard = collected(other, "heard", 1);
    sender.emit("whisper", room, "psst");
    equal(await heard, ["psst"]);
    await asked(sender, "give", "after");
    equal(wrong, []);
  },

  async the_server_sees_a_client_leave(context) {
    const watcher = await connected(context, "/custom");
    await asked(watcher, "join", "watchers");
    const leaver = await connected(context, "/custom");
    const { id } = leaver;
    const gone = inTime("gone", (done) => {
      watcher.on("gone", (each) => each === id && done(each));
    });
    leaver.disconnect();
    equal(await gone, [id]);
  },

  async the_server_sees_a_lost_connection(context) {
    const watcher = await connected(context, "/custom");
    await asked(watcher, "join", "watchers");
    const leaver = await connected(context, "/custom");
    const { id } = leaver;
    const gone = inTime("gone", (done) => {
      watcher.on("gone", (each) => each === id && done(each));
    });
    const back = next(leaver, "connect");
    leaver.io.engine.close();
    equal(await gone, [id]);
    await back;
  },

  async a_failing_handler_hurts_nobody(context) {
    const [socket, other] = await Promise.all([1, 2].map(() => connected(context)));
    let answers = 0;
    socket.emit("fail", () => answers++);
    socket.emit("fail-later", () => answers++);
    equal(await asked(socket, "give", "still here"), ["still here"]);
    equal(await asked(other, "give", "still here"), ["still here"]);
    equal(answers, 0);
  },

  async heartbeats_keep_an_idle_connection(context) {
    const socket = await connected(context);
    let lost = 0;
    socket.on("disconnect", () => lost++);
    await passed(900);
    equal(await asked(socket, "give", "still here"), ["still here"]);
    equal(lost, 0);
  },
};
