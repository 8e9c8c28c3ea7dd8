// What the official Engine.IO client must be able to do with the bare echo of /engine.io/.
// Prints {scenario: "ok" | what went wrong} as JSON.
//
//     node engine.mjs <polling|websocket|upgrade> <url>
import { Socket } from "engine.io-client";
import { equal, next, passed } from "./scenarios.mjs";

const [transport, url] = process.argv.slice(2);
const transports = transport === "upgrade" ? ["polling", "websocket"] : [transport];
const last = transports.at(-1);

function open(options = {}) {
  return new Socket(url, { path: "/engine.io/", transports, ...options });
}

// Open, and on the transport that it will stay with.
async function settled(options) {
  const socket = open(options);
  await next(socket, "open");
  if (socket.transport.name !== last) await next(socket, "upgrade");
  equal(socket.transport.name, last);
  return socket;
}

function echoes(socket, count) {
  return new Promise((resolve, reject) => {
    const seen = [];
    socket.on("message", (message) => {
      seen.push(message);
      if (seen.length === count) resolve(seen);
    });
    socket.on("close", (reason) => reject(new Error(`${reason} after ${seen.length} echoes`)));
  });
}

export const scenarios = {
  async opens() {
    const socket = await settled();
    equal(typeof socket.id, "string");
    equal(socket.readyState, "open");
  },

  async every_session_has_its_own_id() {
    const [one, other] = await Promise.all([settled(), settled()]);
    equal(one.id === other.id, false);
  },

  async text_comes_back() {
    const socket = await settled();
    const texts = ["hello", "€ 漢字 😀 é", "4", "b", '{"a":1}', "\u0000"];
    const back = echoes(socket, texts.length);
    for (const text of texts) socket.send(text);
    equal(await back, texts);
  },

  async binary_comes_back() {
    const socket = await settled();
    const back = echoes(socket, 3);
    for (const size of [1, 256, 70_000]) socket.send(Buffer.alloc(size, 0xfe));
    equal((await back).map((data) => [data.length, data[0]]), [
      [1, 0xfe],
      [256, 0xfe],
      [70_000, 0xfe],
    ]);
  },

  async binary_may_come_as_array_buffers() {
    const socket = open();
    socket.binaryType = "arraybuffer";
    const back = echoes(socket, 1);
    socket.send(new Uint8Array([1, 2, 3]).buffer);
    const [data] = await back;
    equal(data instanceof ArrayBuffer, true);
    equal(data, new Uint8Array([1, 2, 3]));
  },

  async text_and_binary_keep_their_order() {
    const socket = await settled();
    const back = echoes(socket, 4);
    for (const data of ["one", Buffer.from([2]), "three", Buffer.from([4])]) socket.send(data);
    equal(
      (await back).map((data) => (typeof data === "string" ? data : data[0])),
      ["one", 2, "three", 4],
    );
  },

  async nothing_is_lost_between_the_opening_and_after_the_upgrade() {
    const socket = open();
    const back = echoes(socket, 400);
    for (let number = 0; number < 100; number++) socket.send(String(number));
    await next(socket, "open");
    for (let number = 100; number < 400; number++) {
      socket.send(String(number));
      if (number % 10 === 0) await passed(1);
    }
    equal(await back, [...Array(400).keys()].map(String));
  },

  async more_than_one_payload_is_sent_in_several() {
    const socket = await settled();
    const texts = [...Array(20).keys()].map((number) => String(number).repeat(90_000));
    const back = echoes(socket, texts.length);
    for (const text of texts) socket.send(text);
    equal((await back).every((text, number) => text === texts[number]), true);
  },

  async a_message_over_the_limit_ends_the_session() {
    const socket = await settled();
    socket.send("x".repeat(1_000_001));
    const [reason] = await next(socket, "close");
    equal(reason.split(" ")[0], "transport");
  },

  async heartbeats_keep_it_open() {
    const socket = await settled();
    let beats = 0;
    socket.on("ping", () => beats++);
    await passed(1000);
    equal(socket.readyState, "open");
    equal(beats >= 2, true);
  },

  async it_closes_and_opens_again() {
    const socket = await settled();
    const { id } = socket;
    const closed = next(socket, "close");
    socket.close();
    await closed;
    const again = await settled();
    equal(again.id === id, false);
  },

  async what_was_sent_before_a_close_still_goes_out() {
    const socket = await settled();
    const flushed = next(socket, "drain");
    const closed = next(socket, "close");
    socket.send("last words");
    socket.close();
    await flushed;
    equal((await closed)[0], "forced close");
  },
};

async function run(scenario) {
  try {
    await scenario();
    return "ok";
  } catch (error) {
    return String(error.stack ?? error);
  }
}

const results = await Promise.all(
  Object.entries(scenarios).map(async ([title, scenario]) => [title, await run(scenario)]),
);
process.stdout.write(JSON.stringify(Object.fromEntries(results)), () => process.exit(0));
