// Runs a Postman collection against a server, and prints each request with its status and what failed.
import { readFileSync } from "node:fs";
import newman from "newman";

const [file, server] = process.argv.slice(2);
const collection = JSON.parse(readFileSync(file, "utf8"));
const requests = [];

newman
  .run({ collection, envVar: [{ key: "server", value: server }], timeoutRequest: 60_000 })
  .on("request", (error, { item, response }) => {
    requests.push({ name: item.name, status: response?.code, passed: 0, failed: error ? [String(error)] : [] });
  })
  .on("assertion", (error, { assertion }) => {
    const request = requests.at(-1);
    if (error) request.failed.push(`${assertion}: ${error.message}`);
    else request.passed += 1;
  })
  .on("done", (error, summary) => {
    if (error) throw error;
    const failures = summary.run.failures.map(({ source, error }) => `${source?.name}: ${error.message}`);
    console.log(JSON.stringify({ requests, failures }));
  });
