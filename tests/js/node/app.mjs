// An app for tests/js/node/processes.test.mjs: reports that it is ready, waits for a line, carries out one operation,
// and prints the result.
//
//   node app.mjs PACKAGE SETTINGS DIRECTORY OPERATION [ARGUMENT]

import { once } from "node:events";

const [scripts, settings, directory, operation, argument] = process.argv.slice(2);
const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);

const storage = fileStorage({ directory });
const license = await createLicenseClient({ ...JSON.parse(settings), storage, autoRefresh: false });
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
const given = argument === undefined ? [] : [Number(argument)];
const came = await license[operation](...given).catch((error) => ({ ...error.decision, error: error.kind }));
const { state, problem, error } = came;
console.log(JSON.stringify({ state, problem: problem?.kind ?? null, error: error ?? null }));
