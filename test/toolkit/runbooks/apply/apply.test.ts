import { describe, expect, it } from "@jest/globals";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import { applyPhases } from "../../../../src/toolkit/runbooks/apply/apply.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import { secretPlaceholder } from "../../../../src/support/placeholder.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import { runWith } from "../../services/shell.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

function phasesFor(names: readonly string[]) {
  return applyPhases({
    topology: threeMachines,
    services,
    bundles: buildBundles(threeMachines, { services }).filter(({ machine }) => names.includes(machine)),
    overwrite: false,
    release: { id: "1", archive: "/a", runtimes: {} },
    resolverOf: () => ({ secret: () => "", fact: () => "" }),
    secret: (name) => secretPlaceholder({ name, version: "1" }),
  });
}

const titles = (names: readonly string[]) => phasesFor(names).map(({ title }) => title);

describe("apply", () => {
  it("installs, puts files, then starts and forms tier by tier, the VIP last, and looks at everything at the end", () => {
    expect(titles(["node-1", "node-2", "node-3"])).toMatchSnapshot();
  });

  it("asks nobody but the machines of the stack, and forms no tier of which it sees only a part", () => {
    const phases = phasesFor(["node-1", "node-3"]);
    expect(new Set(phases.flatMap(({ machines }) => machines))).toEqual(new Set(["node-1", "node-3"]));
    const forming = services.flatMap((service) =>
      service.form({ topology: threeMachines, secret: () => "" }).map(({ title }) => title),
    );
    expect(forming).toContain("form the database cluster");
    expect(phases.map(({ title }) => title).filter((title) => forming.includes(title))).toEqual([]);
  });

  it("takes the release back together with the files, which it was put for", () => {
    const phases = phasesFor(["node-1", "node-2", "node-3"]);
    const groupOf = (name: string) => phases.find(({ title }) => title === name)!.group;
    expect(groupOf("put the mail node's program")).toBe(groupOf("put files"));
    expect(groupOf("put files")).toBeDefined();
  });

  it.each([
    ["takes mail", 0, 0],
    ["is drained by somebody, and stays so with the new release", 3, 0],
    ["does not come up", 1, 1],
  ])("is done with a mail node that was restarted when it %s", (_how, ends, code) => {
    const restarts = phasesFor(["node-1"]).find(
      ({ title }) => title === "run the mail node's current release",
    )!;
    const stdout = "@release 0\n|processor x86_64\n|current 1.0.0-new\n|running 1.0.0-old\n@probe 0\n";
    const stages = restarts.decide(new Map([["node-1", { code: 0, stdout, stderr: "" }]]));
    const step: Step = stages.at(-1)![0]!;
    const standIn = step.verify!.command.argv.map((word) => (word.endsWith("/mbnode") ? "mbnode" : word));
    const programs = { mbnode: `[ "$*" = "status --ready" ] && exit ${ends}; exit 9` };
    expect(runWith(standIn, { programs }).code).toBe(code);
  });
});
