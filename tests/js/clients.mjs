// Runs every scenario with one version of the official client over one choice of transports,
// and prints {scenario: "ok" | what went wrong} as JSON.
//
//     node clients.mjs <package> <polling|websocket|upgrade> <url> <file of scenarios>
import { run } from "./run.mjs";

const [name, transport, url, file] = process.argv.slice(2);
const { scenarios } = await import(file);
const { io } = await import(name);
const { version } = await import(`./node_modules/${name}/package.json`, {
  with: { type: "json" },
}).then((module) => module.default);

const results = await Promise.all(
  Object.entries(scenarios).map(async ([title, scenario]) => [
    title,
    await run(scenario, { io, url, transport, version }),
  ]),
);
process.stdout.write(JSON.stringify(Object.fromEntries(results)), () => process.exit(0));
