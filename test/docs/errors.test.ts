import { describe, expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/errors.md"), "utf8");

/** Where a code is written: as the first argument of an error, of its class, or of a function of that file which makes one. */
const CODE = /\b(?:UserError|FaultsError|fault|super)\(\s*"([A-Z][A-Z0-9_]*)"/g;

/** An error whose code is no literal: that of another error, or an argument of `fault`, which CODE sees. */
const PASSED_ON = new Set(["errors[0]!.code", "error.code", "undoError.code", "code"]);

const sources = globSync(["src/**/*.ts", "stacks/**/*.ts", "bin/*.js"], { cwd: root }).map((path) =>
  readFileSync(join(root, path), "utf8"),
);
const codes = sources.flatMap((text) => [...text.matchAll(CODE)].map(([, code]) => code!));

describe("the page of errors", () => {
  const listed = [...page.matchAll(/^- `([A-Z0-9_]+)`:/gm)].map(([, code]) => code!);

  it("lists every code that the source has, and no other, each once", () => {
    expect(codes.length).toBeGreaterThan(0);
    expect(listed.toSorted()).toEqual([...new Set(codes)].toSorted());
  });

  it("says of each what it means and what to do", () => {
    const entries = page.split(/\n(?=- `)/).slice(1);
    for (const entry of entries) {
      expect(entry.trim().replace(/\s+/g, " ")).toMatch(
        /^- `[A-Z0-9_]+`: [^*]+[.:] \*\*Do:\*\* [^*]+\.( ##.*)?$/,
      );
    }
  });

  it("can be compared with the source: every error there has its code in sight", () => {
    const hidden = sources
      .flatMap((text) => [...text.matchAll(/new (?:UserError|FaultsError)\(\s*([^",\s]+),/g)])
      .map(([, first]) => first!);
    expect(hidden.filter((first) => !PASSED_ON.has(first))).toEqual([]);
  });
});
