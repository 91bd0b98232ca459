// Records the changes that this process makes to the disk, oldest first, and makes chosen changes fail.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, extname } from "node:path";

const promises = fs.promises;
const shortened = (path) => extname(path) || basename(path);

/**
 * Watches the disk until the end of the test. `steps` are the writes, syncs, renames, removals and changes of owners,
 * such as `sync .tmp`. Each names the extension of a file or the name of a directory. For each entry of `fails`, the
 * next step that equals the entry fails.
 */
export async function watchDisk(test) {
  const disk = { steps: [], fails: [] };
  const paths = new WeakMap();
  const observe = (step) => {
    disk.steps.push(step);
    const at = disk.fails.indexOf(step);
    if (at < 0) return;
    disk.fails.splice(at, 1);
    throw Object.assign(new Error("on purpose"), { code: "EIO" });
  };
  const handle = await promises.open(process.execPath);
  const FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { open, rename, unlink } = promises;
  const { chown, sync, writeFile } = FileHandle;
  Object.assign(promises, {
    open: async (path, ...rest) => {
      const file = await open(path, ...rest);
      paths.set(file, path);
      return file;
    },
    rename: async (from, to) => {
      observe(`rename ${shortened(from)} ${shortened(to)}`);
      await rename(from, to);
    },
    unlink: async (path) => {
      observe(`unlink ${shortened(path)}`);
      await unlink(path);
    },
  });
  FileHandle.chown = async function (...owner) {
    observe(`chown ${shortened(paths.get(this))}`);
    await chown.call(this, ...owner);
  };
  FileHandle.sync = async function () {
    observe(`sync ${shortened(paths.get(this))}`);
    await sync.call(this);
  };
  FileHandle.writeFile = async function (content) {
    observe(`write ${shortened(paths.get(this))}`);
    await writeFile.call(this, content);
  };
  syncBuiltinESMExports();
  test.after(() => {
    Object.assign(promises, { open, rename, unlink });
    Object.assign(FileHandle, { chown, sync, writeFile });
    syncBuiltinESMExports();
  });
  return disk;
}
