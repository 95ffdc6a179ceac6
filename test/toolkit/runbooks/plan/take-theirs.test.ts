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
/** Of another file of the same machine. */
const OTHER_SECRET = "Hn3sK8wQz5yTd1Lc";

function changed(machine: string, from: string, to: string, bundles = plain): DriftedFile {
  const described = bundles.find((bundle) => bundle.machine === machine)!.files[0]!;
  return {
    machine,
    path: described.path,
    how: "changed",
    described,
    wasPutAsDescribed: true,
    content: resolvePlaceholders(described.content, resolver).replace(from, to),
  };
}

const all = (from: string, to: string, bundles = plain) =>
  ["node-1", "node-2", "node-3"].map((name) => changed(name, from, to, bundles));

const keep = (drifted: readonly DriftedFile[], present: readonly Override[] = []) =>
  overridesOf(
    drifted,
    plain,
    () => resolver,
    () => ["Xq7vR2mK9pLw4tZb", OTHER_SECRET],
    present,
  );
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
    const kept = keep(all("10", "20"));
    expect(kept.map(({ scope }) => scope)).toEqual(["all"]);
  });

  it("alike on all machines of which some have a patch of their own becomes a patch of each, and the next bundle fits", () => {
    const own = keep([changed("node-1", "10", "15"), changed("node-2", "10", "15")]).map(asOverride);
    const patched = buildBundles(threeMachines, { services, overrides: own });
    const drifted = [...all("15", "20", patched).slice(0, 2), changed("node-3", "10", "20")];
    const kept = keep(drifted, own);
    expect(kept.map(({ scope }) => scope)).toEqual(["node-1", "node-2", "node-3"]);
    // Those of the same name are written over.
    const next = buildBundles(threeMachines, { services, overrides: kept.map(asOverride) });
    for (const { files } of next) expect(files[0]!.content).toContain("limit 20\n");
  });

  it("beside text to append for that machine cannot be kept: it would stand there twice", () => {
    const append: Override = {
      source: "overrides/node-2/etc/a.append",
      scope: "node-2",
      path: "/etc/a",
      kind: "append",
      text: "more 1\n",
    };
    const appended = buildBundles(threeMachines, { services, overrides: [append] });
    expect(() => keep([changed("node-2", "10", "20", appended)], [append])).toThrow(
      "/etc/a on node-2 cannot be kept as it is: it has text to append already",
    );
    expect(keep([changed("node-1", "10", "20")], [append])).toMatchObject([{ scope: "node-1" }]);
  });

  it.each([
    ["somebody's own", "Xq7vR2mK9pLw4tZb", "Typed-By-Eve-1"],
    ["that of another file", "limit 10", `limit 10 # ${OTHER_SECRET}`],
    ["a private key", "limit 10", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----"],
  ])("cannot be kept with a secret in it: %s", (_whose, from, to) => {
    expect(() => keep([changed("node-2", from, to)])).toThrow(
      expect.objectContaining({
        code: "DRIFT_NOT_KEEPABLE",
        message: expect.stringContaining("what was changed holds a secret, or may"),
      }),
    );
  });

  it("in a file that bears its hash in its name cannot be kept, as no override of it works", () => {
    const addressed = [
      toyService("a", { files: () => [toyFile("/etc/a.pem", "key\n", { addressed: true })] }),
    ];
    const bundles = buildBundles(threeMachines, { services: addressed });
    expect(() => keep([changed("node-2", "key", "other", bundles)])).toThrow(
      /^\/etc\/a-[0-9a-f]+\.pem on node-2 cannot be kept as it is: it bears the hash of its content in its name/,
    );
  });

  it("to nothing cannot be kept", () => {
    const { content: _gone, ...removed } = changed("node-1", "10", "10");
    expect(() => keep([{ ...removed, how: "removed" }])).toThrow(
      "/etc/a on node-1 cannot be kept as it is: that a file is missing cannot be an override",
    );
  });
});
