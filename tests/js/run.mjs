// Runs one scenario with sockets of its own, and tells "ok" or what went wrong.
export async function run(scenario, { io, url, transport, version }) {
  const opened = [];
  const open = (path = "", options = {}) => {
    const socket = io(url + path, {
      transports: transport === "upgrade" ? ["polling", "websocket"] : [transport],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      ...options,
    });
    opened.push(socket);
    return socket;
  };
  try {
    await scenario({ open, transport, version });
    return "ok";
  } catch (error) {
    return String(error.stack ?? error);
  } finally {
    for (const socket of opened) socket.disconnect();
  }
}
