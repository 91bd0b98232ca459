// Which tests are jest's, and that nothing is compiled.
module.exports = { testMatch: ["<rootDir>/tests/*.jest.cjs"], transform: {} };
