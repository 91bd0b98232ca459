// A process for tests/power_cut.rs. Either saves records in a directory, or opens directories in the states in which a
// power cut left them.

import { compiled } from "./compiled.mjs";

const { fileStorage } = compiled;
const [does, ...rest] = process.argv.slice(2);
const storeIn = (directory) =>
  fileStorage({ directory }).open({ appId: "com.acme.app", product: "01".repeat(8), device: "02".repeat(8) });
const record = (letter) => Buffer.alloc(3000, letter);
const first = (bytes) => (bytes === undefined ? "nothing" : `${bytes.length} ${String.fromCharCode(bytes[0])}`);

const deeds = {
  /**
   * Carries out a story. The first argument is the directory, and the others are the steps: `save a`, `save a relaxed`,
   * `remove`.
   */
  story: async ([directory, ...steps]) => {
    const store = storeIn(directory);
    for (const step of steps) {
      const [verb, letter, durability] = step.split(" ");
      await (verb === "remove" ? store.remove() : store.save(record(letter), durability !== "relaxed"));
      console.log("done");
    }
  },
  /** Reports the content of each directory before and after a save. */
  open: async (directories) => {
    for (const directory of directories) {
      const store = storeIn(directory);
      const found = first(await store.load());
      await store.save(record("z"), true);
      console.log(`${found}, then ${first(await store.load())}`);
    }
  },
};

await deeds[does](rest);
