import { describe, expect, it } from "@jest/globals";
import type { Resolver } from "../../../../src/support/placeholder.ts";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import { overridesOf } from "../../../../src/toolkit/runbooks/plan/take-theirs.ts";
import { resolvePlaceholders } from "../../../../src/support/placeholder.ts";
import type { DriftedFile } from "../../../../src/toolkit/runbooks/plan/compare.ts";
import type { Override } from "../../../../src/toolkit/bundle/overrides.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyFile, toyService } from "../../fixtures/toy-service.ts";

const resolver: Resolver = { secret: () => "Xq7vR2mK9pLw4tZb", fact: () => "ens18" };
const services = [
  toyService("a", {
    files: (context) => [toyFile("/etc/a", `limit 10\npassword ${context.secret("x/y")}\n`)],
  }),
];
const plain = buildBundles(threeMachines, { services });

function changed(machine: string, from: string, to: string): DriftedFile {
  const { content } = plain.find((bundle) => bundle.machine === machine)!.files[0]!;
  return {
    machine,
    path: "/etc/a",
    how: "changed",
    content: resolvePlaceholders(content, resolver).replace(from, to),
  };
}

const keep = (drifted: readonly DriftedFile[]) => overridesOf(drifted, plain, () => resolver, []);
const asOverride = (one: Pick<Override, "scope" | "path" | "text">): Override => ({
  ...one,
  source: "x",
  kind: "patch",
});

describe("what was changed by hand", () => {
  it("becomes a patch that holds no secret and makes the next bundle what is there", () => {
    const [kept] = keep([changed("node-2", "limit 10", "limit 99")]);
    expect(kept).toMatchObject({ scope: "node-2", path: "/etc/a" });
    expect(kept!.text).not.toContain("Xq7vR2mK9pLw4tZb");
    const next = buildBundles(threeMachines, { services, overrides: [asOverride(kept!)] });
    const content = (name: string) => next.find(({ machine }) => machine === name)!.files[0]!.content;
    expect(resolvePlaceholders(content("node-2"), resolver)).toBe(
      changed("node-2", "limit 10", "limit 99").content,
    );
    expect(content("node-1")).toBe(plain[0]!.files[0]!.content);
  });

  it("alike on all machines becomes one patch for all", () => {
    const kept = keep(["node-1", "node-2", "node-3"].map((name) => changed(name, "10", "20")));
    expect(kept.map(({ scope }) => scope)).toEqual(["all"]);
  });

  it("to nothing cannot be kept", () => {
    expect(() => keep([{ machine: "node-1", path: "/etc/a", how: "removed" }])).toThrow(
      "/etc/a on node-1 cannot be kept as it is: that a file is missing cannot be an override",
    );
  });
});
