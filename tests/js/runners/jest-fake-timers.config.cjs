// The timers are replaced before any module is loaded.
module.exports = { ...require("./jest.config.cjs"), fakeTimers: { enableGlobally: true } };
