/**
 * Runs other programs, either to their end or as servers. No program runs longer than its time limit, or longer than
 * this process.
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PATIENCE_MS } from "../patience.mjs";

const windows = process.platform === "win32";

/** The programs that were started and are not known to have ended yet. */
const running = new Set();
process.on("exit", () => running.forEach(end));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/**
 * Runs a program. Resolves to the lines that it printed. If it fails or takes too long, rejects with its whole output.
 */
export async function run(program, args, options) {
  const child = start(program, args, options);
  const written = [];
  const lines = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line) && written.push(line));
  createInterface(child.stderr).on("line", (line) => written.push(line));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, PATIENCE_MS);
  const how = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  }).finally(() => clearTimeout(timer));
  const what = [program, ...args].join(" ");
  if (late) throw new Error(`\`${what}\` took longer than ${PATIENCE_MS / 1000} s\n${written.join("\n")}`);
  if (how !== 0) throw new Error(`\`${what}\` ended with ${how}\n${written.join("\n")}`);
  return lines;
}

/**
 * Starts a server. Calls `ready` with each line of output until `ready` returns a value. `stream` is the number of the
 * output stream. Resolves to that value, to the output so far, and to a function that stops the server.
 */
export async function serve(program, args, { ready, stream = 1, ...options }) {
  const child = start(program, args, options, stream);
  const written = [];
  child.stderr.setEncoding("utf8").on("data", (text) => written.push(text));
  const failed = (why) => new Error(`\`${[program, ...args].join(" ")}\` ${why}\n${written.join("")}`);
  let timer;
  try {
    const found = await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(failed("does not get ready")), PATIENCE_MS);
      child.on("error", reject);
      child.on("exit", () => reject(failed("ended at once")));
      createInterface(child.stdio[stream]).on("line", (line) => {
        written.push(`${line}\n`);
        const found = ready(line);
        if (found) resolve(found);
      });
    });
    return { found, written: () => written.join(""), stop: () => end(child) };
  } catch (error) {
    end(child);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function start(program, args, { cwd, env }, streams = 2) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    // starts a process group, so that the child processes of a launcher end together with it
    detached: !windows,
    shell: windows,
    stdio: ["ignore", ...Array(Math.max(streams, 2)).fill("pipe")],
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

function end(child) {
  if (child.pid === undefined || !running.delete(child)) return;
  try {
    if (windows) child.kill();
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // nothing to do: the process has already ended
  }
}
