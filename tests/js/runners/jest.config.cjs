// Selects jest's tests, and disables compilation.
module.exports = { testMatch: ["<rootDir>/tests/*.jest.cjs"], transform: {} };
