import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Rooms that must not know the clock, chance, timers or the outside: what they do follows from their arguments. */
const PURE = [
  "src/support/**",
  "src/contract/**",
  "src/toolkit/spec/**",
  "src/toolkit/topology/**",
  "src/toolkit/steps/**",
  "src/toolkit/services/**",
  "src/toolkit/containers/**",
  "src/mailnode/raft/{core,quorum,tracker}/**",
  "src/mailnode/membership/core/**",
  "src/mailnode/state/**",
];

const ambient = (name, instead) => ({ name, message: `a pure room takes ${instead} as an argument` });

export default tseslint.config(
  { ignores: ["dist/", "cdktf.out/", "node_modules/", ".cache/", "coverage/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An async method of an interface may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // The other form brings all of zod's languages into every bundle: half a megabyte that each command would read.
      "no-restricted-syntax": [
        "error",
        {
          selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
          message: 'import * as z from "zod"',
        },
      ],
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 400 }],
    },
  },
  {
    files: PURE,
    rules: {
      "no-restricted-globals": [
        "error",
        ambient("setTimeout", "an Env"),
        ambient("setInterval", "an Env"),
        ambient("performance", "an Env"),
        ambient("process", "its surroundings"),
        ambient("fetch", "its surroundings"),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "a pure room takes an Env as an argument" },
        { object: "Math", property: "random", message: "a pure room takes an Env as an argument" },
      ],
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
  { files: ["scripts/**", "bench/**", "soak/**", "stacks/**"], rules: { "no-console": "off" } },
  {
    files: ["test/**", "bench/**"],
    rules: {
      "max-lines": "off",
      // A test spoils what the compiler would not let through.
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
);
