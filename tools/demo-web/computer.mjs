// The computer that the app runs on: a disk that outlives the app, and a clock that can be moved without waiting.

/** Two durations in milliseconds: `passed` is the time that was skipped, `off` is the error of the user's clock. */
const ms = { passed: 0, off: 0 };
const disk = new Map();

/** The options that give a client this computer's clock and storage. */
export const computer = {
  clock: { now: () => Date.now() + ms.passed + ms.off, monotonic: () => performance.now() + ms.passed },
  storage: {
    get: (name) => disk.get(name),
    set: (name, text) => disk.set(name, text),
    remove: (name) => disk.delete(name),
  },
};

export const pass = (hours) => (ms.passed += hours * 3_600_000);
export const turn = (hours) => (ms.off += hours * 3_600_000);
export const setRight = () => (ms.off = 0);
