// Connection state recovery, as the official client (4.6 and later) does it.
import { asked, collected, connected, equal, next, passed } from "./scenarios.mjs";

const recoverable = { auth: { recover: true } };
let rooms = 0;

async function member(context, room, options = {}) {
  const socket = await connected(context, "", { ...recoverable, ...options });
  await asked(socket, "join", room);
  return socket;
}

async function speaker(context, room) {
  const socket = await connected(context);
  return async (...values) => {
    for (const value of values) socket.emit("shout", room, value);
    await asked(socket, "give", "after");
  };
}

// A member that has heard something, and one who speaks in its room.
async function meeting(context, options) {
  const room = `${context.version}-${context.transport}-${Math.random()}-${rooms++}`;
  const socket = await member(context, room, options);
  const say = await speaker(context, room);
  const heard = next(socket, "heard");
  await say("first");
  equal((await heard)[0], "first");
  return { socket, say };
}

// Closes the connection; what is still being written, a heartbeat perhaps, goes out before.
async function lose(socket) {
  const lost = next(socket, "disconnect");
  socket.io.engine.close();
  await lost;
}

async function comesBack(socket) {
  await next(socket, "connect");
  return socket.recovered;
}

export const scenarios = {
  async a_new_connection_is_not_recovered(context) {
    const { socket } = await meeting(context);
    equal(socket.recovered, false);
  },

  async what_was_missed_is_sent_again(context) {
    const { socket, say } = await meeting(context, { reconnection: false });
    const { id } = socket;
    await lose(socket);
    await say(1, { two: "é" }, 3);
    const missed = collected(socket, "heard", 3);
    socket.connect();
    equal(await comesBack(socket), true);
    equal(socket.id, id);
    equal((await missed).map((each) => [each].flat()[0]), [1, { two: "é" }, 3]);
  },

  async what_follows_a_recovery_comes_once_and_in_order(context) {
    const { socket, say } = await meeting(context, { reconnection: false });
    await lose(socket);
    await say(1, 2);
    const heard = collected(socket, "heard", 4);
    socket.connect();
    equal(await comesBack(socket), true);
    await say(3, 4);
    equal((await heard).map((each) => [each].flat()[0]), [1, 2, 3, 4]);
  },

  async a_client_that_the_server_cut_is_recovered(context) {
    const { socket } = await meeting(context);
    socket.emit("cut");
    await next(socket, "disconnect");
    equal(await comesBack(socket), true);
  },

  async a_client_is_recovered_again_and_again(context) {
    const { socket, say } = await meeting(context, { reconnection: false });
    for (const round of [1, 2, 3]) {
      await lose(socket);
      await say(round);
      const missed = next(socket, "heard");
      socket.connect();
      equal(await comesBack(socket), true);
      equal((await missed)[0], round);
    }
  },

  async a_trailing_string_of_another_event_does_no_harm(context) {
    const { socket, say } = await meeting(context, { reconnection: false });
    const back = next(socket, "echo-back");
    socket.emit("echo", "a trailing string");
    equal((await back)[0], "a trailing string");
    await lose(socket);
    await say("missed");
    const missed = next(socket, "heard");
    socket.connect();
    equal(await comesBack(socket), true);
    equal((await missed)[0], "missed");
  },

  async a_client_that_heard_nothing_is_not_recovered(context) {
    const socket = await connected(context, "", { reconnection: false, ...recoverable });
    await lose(socket);
    socket.connect();
    equal(await comesBack(socket), false);
    equal(await asked(socket, "give", "fine"), ["fine"]);
  },

  async an_unknown_private_id_is_not_recovered(context) {
    const { socket } = await meeting(context, { reconnection: false });
    const { id } = socket;
    await lose(socket);
    socket._pid = "nobody-knows-this-one";
    socket.connect();
    equal(await comesBack(socket), false);
    equal(socket.id === id, false);
    equal(await asked(socket, "give", "fine"), ["fine"]);
  },

  async a_client_that_left_is_not_recovered(context) {
    const { socket } = await meeting(context);
    socket.disconnect();
    await passed(50);
    socket.connect();
    equal(await comesBack(socket), false);
  },
};
