#!/usr/bin/env node
/**
 * The command `polar-license-mock`. It runs a local Polar until the user interrupts it.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { demoEmail } from "./mock_polar.cjs";
import { type MockPolar, startMockPolar } from "./server.mjs";

const USAGE = `A local Polar for testing an app's licensing.

Usage: polar-license-mock [--port PORT] [--seed FILE] [--rate-limit] [--api-version VERSION] [--json]

  --port PORT            the port on 127.0.0.1; 0 takes any that is free (default 8787)
  --seed FILE            keys to sell, as JSON, instead of the demo keys
  --rate-limit           limit requests as Polar does
  --api-version VERSION  the version of Polar's API to answer in, such as 2027-01
  --json                 print one JSON object`;

interface Key {
  key: string;
  benefit: string;
  benefit_id: string;
  shown_status: string;
  limit_activations: number | null;
  limit_usage: number | null;
  expires_at: string | null;
}

try {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      seed: { type: "string" },
      "rate-limit": { type: "boolean", default: false },
      "api-version": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
  } else {
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`\`${values.port}\` is not a port`);
    const seed = values.seed === undefined ? {} : { seed: readFileSync(values.seed, "utf8") };
    const version = values["api-version"];
    const chosen = { ...seed, ...(version !== undefined && { apiVersion: version }) };
    const polar = await startMockPolar({ port, rateLimit: values["rate-limit"], showMails: true, ...chosen });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void polar.close());
    console.log(await (values.json ? json(polar) : table(polar, values.seed === undefined)));
  }
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 2;
}

async function keysOf(polar: MockPolar): Promise<Key[]> {
  return (await polar.control("GET", "keys")) as Key[];
}

async function json(polar: MockPolar): Promise<string> {
  const keys = await keysOf(polar);
  return JSON.stringify({
    url: polar.url,
    organization: polar.organization,
    benefits: Object.fromEntries(keys.map(({ benefit, benefit_id }) => [benefit, benefit_id])),
    keys: keys.map(({ key, benefit, shown_status, limit_activations, limit_usage, expires_at }) => ({
      key,
      benefit,
      status: shown_status,
      limitActivations: limit_activations,
      limitUsage: limit_usage,
      expiresAt: expires_at,
    })),
  });
}

async function table(polar: MockPolar, isDemo: boolean): Promise<string> {
  const keys = await keysOf(polar);
  const benefits = new Map(keys.map(({ benefit, benefit_id }) => [benefit, benefit_id]));
  const widest = Math.max(3, ...keys.map(({ key }) => key.length));
  const row = (key: string, ...cells: unknown[]): string =>
    [key.padEnd(widest), ...cells.map((cell) => String(cell).padEnd(9))].join("  ").trimEnd();
  return [
    `A local Polar is at ${polar.url} until interrupted.`,
    "",
    `organization  ${polar.organization}`,
    ...[...benefits].map(([name, id]) => `benefit       ${id}  ${name}`),
    ...(isDemo ? [`customer      ${demoEmail()}, whose mails are shown here`] : []),
    "",
    row("key", "benefit", "status", "devices", "uses"),
    ...keys.map((key) =>
      row(key.key, key.benefit, key.shown_status, key.limit_activations ?? "any", key.limit_usage ?? "any"),
    ),
    "",
    `In your app: environment: "${polar.url}", organizationId: "${polar.organization}"`,
  ].join("\n");
}
