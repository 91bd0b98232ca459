// Replaces the timers before any module is loaded.
module.exports = { ...require("./jest.config.cjs"), fakeTimers: { enableGlobally: true } };
