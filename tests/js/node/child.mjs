// A process for tests/node_files.rs. The first argument is the name of its task, and the others are the task's
// arguments.

import { compiled } from "./compiled.mjs";

const { FileStore, defaultDirectory, fileName, fileStorage, machineSource, systemName } = compiled;
const [does, directory, ...rest] = process.argv.slice(2);
const APP = "com.acme.app";
const PRODUCT = "01".repeat(8);

const storeOf = (device = "02".repeat(8)) => fileStorage({ directory }).open({ appId: APP, product: PRODUCT, device });
const text = (record) => (record === undefined ? "nothing" : Buffer.from(record).toString());

/** Adds one to the number in the record. Tries again if the lock cannot be acquired. */
async function increment(store) {
  for (;;) {
    let saved = false;
    const work = async () => {
      const count = Number(text((await store.load()) ?? Buffer.from("0")));
      await store.save(Buffer.from(String(count + 1)), false).then(() => (saved = true), () => undefined);
    };
    await store.locked(work).catch(() => undefined);
    if (saved) return;
  }
}

const deeds = {
  facts: async () => {
    console.log(defaultDirectory() ?? "nothing");
    console.log((await machineSource()) ?? "nothing");
    console.log(systemName());
  },
  names: () => rest.forEach((appId) => console.log(fileName({ appId, product: PRODUCT, device: "ab".repeat(8) }))),
  load: async () => console.log(text(await storeOf(rest[0]).load())),
  save: () => storeOf(rest[0]).save(Buffer.from(rest[1]), true),
  remove: () => storeOf(rest[0]).remove(),
  device: async () => console.log(await fileStorage({ directory }).device()),
  hold: () =>
    storeOf().locked(async () => {
      console.log("held");
      await new Promise(() => setInterval(() => undefined, 60_000));
    }),
  count: async () => {
    const store = storeOf();
    for (let times = Number(rest[0]); times > 0; times -= 1) await increment(store);
  },
  "save-for-ever": async () => {
    const store = new FileStore(directory, { appId: APP, product: PRODUCT, device: "02".repeat(8) });
    for (;;) {
      for (const record of [Buffer.alloc(70_000, "o"), Buffer.alloc(50_000, "n")]) {
        await store.save(record, true);
        console.log("saved");
      }
    }
  },
};

try {
  await deeds[does]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
