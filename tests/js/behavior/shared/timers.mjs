// Fires the library's timers at once, so that no test waits for a deadline. Timers that no test ends early fire as
// usual. Import this file before anything that sets a timer.

const { setTimeout: set, clearTimeout: clear } = globalThis;
const pending = new Map();

globalThis.setTimeout = (work, ms, ...rest) => {
  if (isSetByNode()) return set(work, ms, ...rest);
  const handle = set(() => {
    pending.delete(handle);
    work(...rest);
  }, ms);
  pending.set(handle, { work: () => work(...rest), ms: Number(ms) });
  return handle;
};
globalThis.clearTimeout = (handle) => {
  pending.delete(handle);
  clear(handle);
};

/** Whether Node's own `fetch` sets a timer, as it does for each open connection. Tests neither count nor hurry those. */
function isSetByNode() {
  const [, , , caller = ""] = new Error().stack.split("\n");
  return caller.includes("node:internal/");
}

/** Fires, in the order in which they were set, all timers that were set for `ms` or longer. Returns their number. */
export function expire(ms) {
  const due = [...pending].filter(([, timer]) => timer.ms >= ms);
  for (const [handle, { work }] of due) {
    globalThis.clearTimeout(handle);
    work();
  }
  return due.length;
}

/** Whether a timer is waiting that was set for `ms` or longer. */
export function waits(ms) {
  return [...pending.values()].some((timer) => timer.ms >= ms);
}

/** Waits until everything that needs neither a timer nor the network has run. */
export async function rest() {
  for (let turn = 0; turn < 30; turn += 1) await macrotask();
}

/** Returns the result of `promise`. Meanwhile fires every timer of the library without waiting. */
export async function hurry(promise) {
  let settled = false;
  const done = () => (settled = true);
  promise.then(done, done);
  for (let round = 0; !settled && round < 100; round += 1) {
    await rest();
    if (!settled) expire(0);
  }
  if (!settled) throw new Error("it never settles");
  return promise;
}

/** Rejects if `promise` takes longer than any test may, so that no test hangs. */
export function withTimeLimit(promise) {
  let handle;
  const late = new Promise((_, reject) => {
    handle = set(() => reject(new Error("it hangs")), 60_000);
  });
  return Promise.race([promise, late]).finally(() => clear(handle));
}

function macrotask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
