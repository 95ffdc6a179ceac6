import { describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256 } from "../../../src/support/hash.ts";
import type { Bundle } from "../../../src/toolkit/bundle/bundle.ts";
import { bundleManifest } from "../../../src/toolkit/constructs/bundle-manifest.ts";
import { writeStackFolder } from "../../../src/toolkit/constructs/stack-folder.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { inFolder } from "./synth.ts";

function bundle(machine: string, files: Readonly<Record<string, string>>): Bundle {
  return {
    machine,
    hash: sha256(JSON.stringify(files)),
    files: Object.entries(files).map(([path, content]) => ({
      service: "toy",
      path,
      owner: "root",
      group: "root",
      mode: "0640",
      content,
      hash: sha256(content),
      check: { kind: "command", argv: ["toy", "--check", "{staged}"] },
      action: { kind: "reload", unit: "toy.service" },
      seedOnly: false,
      addressed: false,
    })),
  };
}

function write(folder: string, ...bundles: Bundle[]): void {
  writeStackFolder(folder, threeMachines, bundleManifest("../../..", bundles), bundles);
}

function put(folder: string, path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

describe("the folder of a stack", () => {
  it("holds the topology, the manifest, and each file of each machine under its path there", () => {
    inFolder((folder) => {
      write(
        folder,
        bundle("node-1", { "/etc/toy/toy.conf": "a\n" }),
        bundle("node-2", { "/etc/toy/toy.conf": "b\n" }),
      );
      expect(filesIn(folder)).toEqual([
        "bundle.json",
        "machines/node-1/etc/toy/toy.conf",
        "machines/node-2/etc/toy/toy.conf",
        "topology.json",
      ]);
      expect(readFileSync(join(folder, "machines/node-2/etc/toy/toy.conf"), "utf8")).toBe("b\n");
      expect(JSON.parse(readFileSync(join(folder, "topology.json"), "utf8"))).toEqual(threeMachines);
    });
  });

  it("lists every file with all but its content", () => {
    inFolder((folder) => {
      write(folder, bundle("node-1", { "/etc/toy.conf": "a\n" }));
      expect(JSON.parse(readFileSync(join(folder, "bundle.json"), "utf8"))).toEqual({
        project: "../../..",
        machines: {
          "node-1": {
            hash: sha256('{"/etc/toy.conf":"a\\n"}'),
            files: [
              {
                service: "toy",
                path: "/etc/toy.conf",
                owner: "root",
                group: "root",
                mode: "0640",
                hash: sha256("a\n"),
                check: { kind: "command", argv: ["toy", "--check", "{staged}"] },
                action: { kind: "reload", unit: "toy.service" },
                seedOnly: false,
                addressed: false,
              },
            ],
          },
        },
      });
    });
  });

  it("loses the files of an earlier synthesis that no bundle holds any more, and the folders they leave empty", () => {
    inFolder((folder) => {
      write(
        folder,
        bundle("node-1", { "/etc/old/old.conf": "a\n", "/etc/toy.conf": "a\n" }),
        bundle("node-9", { "/etc/toy.conf": "a\n" }),
      );
      write(folder, bundle("node-1", { "/etc/toy.conf": "b\n" }));
      expect(filesIn(folder)).toEqual(["bundle.json", "machines/node-1/etc/toy.conf", "topology.json"]);
      expect(existsSync(join(folder, "machines/node-1/etc/old"))).toBe(false);
      expect(existsSync(join(folder, "machines/node-9"))).toBe(false);
    });
  });

  it("keeps what it did not write", () => {
    inFolder((folder) => {
      put(folder, "machines/node-9/notes.txt", "mine");
      put(folder, "terraform.tfstate", "{}");
      write(folder, bundle("node-9", { "/etc/toy.conf": "a\n" }));
      write(folder, bundle("node-1", { "/etc/toy.conf": "a\n" }));
      expect(filesIn(folder)).toEqual([
        "bundle.json",
        "machines/node-1/etc/toy.conf",
        "machines/node-9/notes.txt",
        "terraform.tfstate",
        "topology.json",
      ]);
    });
  });

  it("removes nothing outside of machines/, whatever an earlier manifest says", () => {
    inFolder((folder) => {
      put(folder, "terraform.tfstate", "{}");
      const files = [{ path: "/../../terraform.tfstate" }];
      put(
        folder,
        "bundle.json",
        JSON.stringify({ project: ".", machines: { "node-1": { hash: "", files } } }),
      );
      write(folder);
      expect(filesIn(folder)).toContain("terraform.tfstate");
    });
  });

  it("begins anew when the earlier manifest was cut short", () => {
    inFolder((folder) => {
      put(folder, "bundle.json", '{"machines": {');
      write(folder, bundle("node-1", { "/etc/toy.conf": "a\n" }));
      expect(filesIn(folder)).toEqual(["bundle.json", "machines/node-1/etc/toy.conf", "topology.json"]);
    });
  });
});
