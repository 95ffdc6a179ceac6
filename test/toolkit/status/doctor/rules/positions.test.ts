import { describe, expect, it } from "@jest/globals";
import { positionRules } from "../../../../../src/toolkit/status/doctor/rules/positions.ts";
import { found, type Said } from "../deep.ts";
import { crashed, inService, stopped } from "../../../services/galera/recorded.ts";
import { drain, machineOf } from "../../whole.ts";
import type { ClusterStatus } from "../../../../../src/toolkit/status/cluster-status.ts";
import type { Answer } from "../../../../../src/toolkit/steps/command.ts";

describe("the doctor on the positions of the database", () => {
  const members = (...answers: readonly Answer[]): Said =>
    Object.fromEntries(answers.map((answer, index) => [`node-${index + 1}`, { member: answer }]));
  const down = (status: ClusterStatus, ...names: readonly string[]) => {
    for (const name of names) delete machineOf(status, name).evidence.galera;
  };

  it("shows none while all are in service", () => {
    expect(found(positionRules, members(inService(0), inService(1), inService(2)))).toEqual([]);
  });

  it("shows the table of all as soon as one is not", () => {
    const [finding] = found(positionRules, members(inService(0), inService(1), crashed(2)), (status) =>
      down(status, "node-3"),
    );
    expect(finding!.finding).toBe("of 3 database machines 2 are in service");
    expect(finding!.remedy).toBe("mbctl apply, which joins the others");
    expect(finding!.evidence.join("\n")).toMatch(/node-1 +active +82427ec6-\S+ +31 .*running server/);
  });

  it("notes without a remedy that one is not in service which somebody has drained", () => {
    const findings = found(positionRules, members(inService(0), stopped(31), inService(2)), (status) => {
      down(status, "node-2");
      drain(status, "node-2");
    });
    expect(findings).toEqual([
      expect.objectContaining({
        severity: "note",
        finding: "the database is not in service on node-2, which somebody has drained",
        remedy: "",
      }),
    ]);
    expect(findings[0]!.evidence.join("\n")).toMatch(/node-2 +inactive/);
  });

  it("does not count one that is drained where another one is missing", () => {
    const [finding] = found(positionRules, members(inService(0), stopped(31), crashed(2)), (status) => {
      down(status, "node-2", "node-3");
      drain(status, "node-2");
    });
    expect(finding).toMatchObject({
      severity: "critical",
      finding: "of 2 database machines 1 are in service; node-2, drained, not counted",
    });
  });

  it("counts every one where nobody is in service, drained or not", () => {
    const [finding] = found(positionRules, members(stopped(4), stopped(5), stopped(6, 1)), (status) => {
      for (const name of ["node-1", "node-2", "node-3"]) drain(status, name);
      down(status, "node-1", "node-2", "node-3");
    });
    expect(finding).toMatchObject({
      severity: "critical",
      finding: "of 3 database machines 0 are in service",
      remedy: "mbctl recover galera",
    });
  });

  it("sends to the recovery where nobody is in service", () => {
    const [finding] = found(positionRules, members(stopped(4), stopped(5), stopped(6, 1)), (status) =>
      down(status, "node-1", "node-2", "node-3"),
    );
    expect(finding!.remedy).toBe("mbctl recover galera");
    expect(finding!.evidence.at(-1)).toMatch(/node-3 .* 6 +yes/);
  });

  it("warns of a copy that is under way", () => {
    const copying = {
      ...crashed(2),
      stdout: crashed(2).stdout.replace("@databases", "@copying\nyes\n@databases"),
    };
    const [finding] = found(positionRules, members(inService(0), inService(1), copying), (status) =>
      down(status, "node-3"),
    );
    expect(finding!.cause).toMatch(/^a copy of all data to node-3 was begun/);
  });
});
