import { describe, expect, it } from "@jest/globals";
import { sha256 } from "../../../../src/support/hash.ts";
import type { Resolver } from "../../../../src/support/placeholder.ts";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import { driftPhase } from "../../../../src/toolkit/runbooks/apply/drift.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyFile, toyService } from "../../fixtures/toy-service.ts";

const resolver: Resolver = { secret: () => "x", fact: () => "y" };

function decide(line: string, seedOnly = false) {
  const services = [toyService("a", { files: () => [toyFile("/etc/a", "described\n", { seedOnly })] })];
  const phase = driftPhase(buildBundles(threeMachines, { services }), () => resolver, "10.0.0.100");
  const sound = { code: 0, stdout: "", stderr: "" };
  return phase.decide(
    new Map(
      phase.machines.map((name) => [name, name === "node-2" ? { ...sound, stdout: `${line}\n` } : sound]),
    ),
  );
}

const file = (content: string, placed: string) =>
  `file\t/etc/a\t0644\troot\troot\t${sha256(content)}\tyes\t${placed}`;

describe("a file on a machine", () => {
  it.each([
    ["is as apply put it, also where the description has changed", file("earlier\n", sha256("earlier\n"))],
    ["is of an apply that kept no hash", file("anything\n", "")],
    ["was changed by hand to what is described by now", file("described\n", sha256("earlier\n"))],
    ["was never put", "owned\t/etc/b"],
  ])("is no drift when it %s", (_when, line) => {
    expect(decide(line)).toEqual([]);
  });

  it("that somebody changed stops the apply before anything is changed, with its name and both ways out", () => {
    const refused = () => decide(file("by hand\n", sha256("described\n")));
    expect(refused).toThrow("a file was changed by hand since the last apply:\n    node-2  /etc/a  changed");
    expect(refused).toThrow(
      expect.objectContaining({
        code: "DRIFT_FOUND",
        remedy: expect.stringMatching(/--take-theirs.*--overwrite/),
      }),
    );
  });

  it("that somebody removed is drift too", () => {
    expect(() => decide("gone\t/etc/a")).toThrow("node-2  /etc/a  removed");
  });

  it("that its daemon rewrites never drifts", () => {
    expect(decide(file("rewritten\n", sha256("seed\n")), true)).toEqual([]);
  });
});
