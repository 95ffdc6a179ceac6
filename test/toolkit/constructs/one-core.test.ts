import { describe, expect, it } from "@jest/globals";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { requireOneCore } from "../../../src/toolkit/constructs/one-core.ts";
import { inFolder } from "./synth.ts";

const BINDINGS = "node_modules/@cdktf/provider-docker";

/** A project with these files, of which only the places count. */
function checkProject(files: readonly string[]): void {
  inFolder((folder) => {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), file.endsWith(".json") ? "{}" : "");
    }
    requireOneCore(join(folder, "index.js"));
  });
}

describe("the core of cdktf", () => {
  it("is one in this project", () => {
    expect(() => requireOneCore()).not.toThrow();
  });

  it("may be shared with the Docker bindings", () => {
    const files = [`${BINDINGS}/lib/provider/index.js`, "node_modules/cdktf/package.json"];
    expect(() => checkProject(files)).not.toThrow();
  });

  it("may not be another than that of the Docker bindings", () => {
    const files = [
      `${BINDINGS}/lib/provider/index.js`,
      `${BINDINGS}/node_modules/cdktf/package.json`,
      "node_modules/cdktf/package.json",
    ];
    expect(() => checkProject(files)).toThrow(
      /^there are two cores of cdktf: .*provider-docker\/node_modules\/cdktf/,
    );
  });
});
