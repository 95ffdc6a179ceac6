import { describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readStack } from "../toolkit/constructs/synth.ts";

const main = fileURLToPath(new URL("../../stacks/main.ts", import.meta.url));
const example = fileURLToPath(new URL("../../examples/three-machines.yaml", import.meta.url));

function inProject<T>(work: (folder: string, run: (environment?: Record<string, string>) => Run) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-main-"));
  try {
    return work(folder, (environment = {}) => {
      const env = { ...process.env, ...environment };
      const { status, stdout, stderr } = spawnSync(process.execPath, [main], {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      return { code: status, output: stdout + stderr };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Run {
  readonly code: number | null;
  readonly output: string;
}

describe("the app", () => {
  it("synthesises the description that MAILBASTION_CLUSTER_FILE names, with the operator's key for containers", () => {
    inProject((folder, run) => {
      const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ operator";
      writeFileSync(join(folder, "id.pub"), `${key}\n`);
      const answer = run({ MAILBASTION_CLUSTER_FILE: example, MAILBASTION_AUTHORIZED_KEY_FILE: "id.pub" });
      expect(answer).toEqual({ code: 0, output: "" });
      const stack = readStack(join(folder, "cdktf.out"), "acme");
      expect(stack.resource["docker_container"]!["node-3"]!["upload"]).toEqual([
        expect.objectContaining({ content: `${key}\n` }),
      ]);
    });
  });

  it("says in a sentence that there is no description, and what to do", () => {
    inProject((folder, run) => {
      const { code, output } = run();
      expect(code).toBe(1);
      expect(output).toContain(`there is neither cluster.yaml nor cluster.ts in ${folder}`);
      expect(output).not.toContain("    at ");
    });
  });

  it("says in a sentence that the operator's key cannot be read", () => {
    inProject((_folder, run) => {
      const { code, output } = run({
        MAILBASTION_CLUSTER_FILE: example,
        MAILBASTION_AUTHORIZED_KEY_FILE: "none.pub",
      });
      expect(code).toBe(1);
      expect(output).toContain("MAILBASTION_AUTHORIZED_KEY_FILE names none.pub, which cannot be read");
      expect(output).not.toContain("    at ");
    });
  });
});
