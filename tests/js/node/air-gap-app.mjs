// An app for tests/js/node/air-gap.test.mjs. It opens its client, runs one operation, and prints the result, the text and
// the names of the network interfaces that it sees.
//
//   node air-gap-app.mjs PACKAGE SETTINGS DIRECTORY OPERATION [ARGUMENT...]

import { networkInterfaces } from "node:os";

const [scripts, settings, directory, operation, ...given] = process.argv.slice(2);
const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);

const storage = fileStorage({ directory });
const license = await createLicenseClient({ ...JSON.parse(settings), storage, autoRefresh: false });
const result = await license[operation](...given);
const text = typeof result === "string" ? result : (result.text ?? null);
const { state, airGapped } = result.decision ?? license.current();
console.log(JSON.stringify({ state, airGapped, text, interfaces: Object.keys(networkInterfaces()) }));
license.dispose();
