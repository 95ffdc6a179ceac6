/** One project per kind of proof, so that `npm run test:unit` and the end-to-end run are selected by name. */
const common = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/cdktf.out/", "<rootDir>/.cache/"],
};

const endToEnd = {
  ...common,
  globalSetup: "<rootDir>/test/e2e/global-setup.ts",
  globalTeardown: "<rootDir>/test/e2e/global-teardown.ts",
};

export default {
  testSequencer: "<rootDir>/test/sequencer.js",
  // Against tests that hang, on machines that may be busy with anything: no statement about speed.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["/test/e2e/"],
    },
    { ...endToEnd, displayName: "e2e", testMatch: ["<rootDir>/test/e2e/**/*.e2e.ts"] },
    // Too long for every run of all tests, as the next.
    { ...common, displayName: "kills", testMatch: ["<rootDir>/test/**/*.kills.ts"] },
    { ...endToEnd, displayName: "long", testMatch: ["<rootDir>/test/e2e/**/*.long.ts"] },
  ],
};
