// Moves the clock of a process ahead by `AHEAD_MS` milliseconds.

const ahead = Number(process.env.AHEAD_MS ?? 0);
const { now } = Date;
Date.now = () => now() + ahead;
