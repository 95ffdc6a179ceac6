import { describe, expect, it } from "@jest/globals";
import type { BundleFile } from "../../../src/toolkit/bundle/bundle.ts";
import { bundleManifest } from "../../../src/toolkit/constructs/bundle-manifest.ts";

const file: BundleFile = {
  service: "toy",
  path: "/etc/b",
  owner: "root",
  group: "root",
  mode: "0600",
  content: "password @@secret:toy/password:1@@\n",
  hash: "b",
  check: { kind: "none", reason: "a test" },
  action: { kind: "none" },
  seedOnly: true,
  addressed: false,
};

describe("the manifest of a stack's bundles", () => {
  it("lists files by path, without their content", () => {
    const files = [file, { ...file, path: "/etc/a" }];
    const manifest = bundleManifest("..", [{ machine: "node-1", hash: "h", files }]);
    expect(manifest.machines["node-1"]!.files.map(({ path }) => path)).toEqual(["/etc/a", "/etc/b"]);
    expect(JSON.stringify(manifest)).not.toContain("password");
  });

  it("keeps the machines in the order of the description", () => {
    const bundles = ["node-2", "node-1"].map((machine) => ({ machine, hash: "h", files: [] }));
    expect(Object.keys(bundleManifest("..", bundles).machines)).toEqual(["node-2", "node-1"]);
  });
});
