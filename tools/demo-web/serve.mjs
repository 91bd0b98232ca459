// Usage: node serve.mjs FOLDER. Serves the folder until standard input ends, so that the server never outlives its parent
// process.

import { serve } from "./site.mjs";

const site = await serve(process.argv[2], "/");
console.log(`\nOpen ${site.url} in a browser; Ctrl+C ends it.`);
process.stdin.on("end", site.stop).resume();
