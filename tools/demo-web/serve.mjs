// Usage: node serve.mjs PACKAGE POLAR. Serves the page until standard input ends, so that the server never outlives its
// parent process.

import { serve } from "./site.mjs";

const [root, polar] = process.argv.slice(2);
const site = await serve(root, polar);
console.log(`\nOpen ${site.url} in a browser; Ctrl+C ends it.`);
process.stdin.on("end", site.stop).resume();
