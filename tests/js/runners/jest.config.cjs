module.exports = { testMatch: ["<rootDir>/tests/*.jest.cjs"], transform: {} };
