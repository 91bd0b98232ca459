// The monotonic clock of all tests on a page or in a process. Its clients share the pace of requests, so that none may
// have a clock that is behind another's.

let now = 0;

export const monotonic = {
  now: () => now,
  pass: (ms) => void (now += ms),
};
