// Tests what the installed command prints for people and for programs. MOCK_POLAR_COMMAND is the path of its script.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";

const EMAIL = "ottilie.quillfeather@example.com";
const SEED = {
  organizations: { main: "a0010000-0000-4000-8000-000000000001" },
  benefits: { pro: "b0010000-0000-4000-8000-000000000001" },
  keys: [{ key: "MINE-0001", benefit: "pro", expires_at: "2025-01-01T00:00:00Z" }],
};

/** Returns what the command prints, up to and including a line that contains `last`. */
async function printed(t, last, ...args) {
  const child = spawn(process.execPath, [process.env.MOCK_POLAR_COMMAND, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    child.kill();
    await once(child, "exit");
  });
  let text = "";
  for await (const line of createInterface(child.stdout)) {
    text += `${line}\n`;
    if (line.includes(last)) return text;
  }
  throw new Error(`it ended after: ${text}`);
}

function seedFile(t) {
  const folder = mkdtempSync(join(tmpdir(), "polar-license-mock-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "seed.json");
  writeFileSync(path, JSON.stringify(SEED));
  return path;
}

test("a person sees the demo keys, and whose they are", async (t) => {
  const text = await printed(t, "In your app:");
  assert.match(text, new RegExp(`^customer +${EMAIL}`, "m"));
  assert.match(text, /^DEMO-EXPIRED +pro +expired /m);
  assert.match(text, /^DEMO-REVOKED +pro +revoked /m);
});

test("of a seed a person sees the keys, and no customer", async (t) => {
  const text = await printed(t, "In your app:", "--seed", seedFile(t));
  assert.match(text, /^MINE-0001 +pro +expired /m);
  assert.doesNotMatch(text, /customer/);
});

test("a program reads which keys can be used", async (t) => {
  const { keys } = JSON.parse(await printed(t, "{", "--json"));
  const statuses = Object.fromEntries(keys.map(({ key, status }) => [key, status]));
  assert.deepEqual([statuses["DEMO-PLAIN"], statuses["DEMO-EXPIRED"]], ["granted", "expired"]);
});
