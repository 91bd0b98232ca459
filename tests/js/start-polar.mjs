// Starts the local Polar, which tests control with `behavior/shared/local-polar.mjs`. Knows nothing about the package.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts `serve` of the command line tool `program`. Returns what the server prints about itself, including its `url`,
 * and a function that stops it.
 */
export async function startLocalPolar(program, ...options) {
  const server = spawn(program, ["serve", "--port", "0", "--json", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(server, "exit");
  const firstLine = once(createInterface(server.stdout), "line");
  const [line] = await Promise.race([firstLine, exited.then(() => [])]);
  if (typeof line !== "string") throw new Error(`\`${program} serve\` did not start`);
  const stop = async () => {
    server.kill();
    await exited;
  };
  return { ...JSON.parse(line), stop };
}
