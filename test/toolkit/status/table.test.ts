import { describe, expect, it } from "@jest/globals";
import { stripVTControlCharacters } from "node:util";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { statusTable } from "../../../src/toolkit/status/table.ts";
import type { ClusterStatus } from "../../../src/toolkit/status/cluster-status.ts";
import { drain, machineOf, serverOf, takeAway, viewOf } from "./whole.ts";

function tableOf(spoil?: (status: ClusterStatus) => void): string {
  const view = viewOf(spoil);
  return stripVTControlCharacters(statusTable(view.status, findings(view)));
}

describe("the table of a status", () => {
  it("shows a whole cluster by tiers", () => {
    expect(tableOf()).toMatchSnapshot();
  });

  it("shows what is wrong beside what is well, and below it what to type", () => {
    const table = tableOf((status) => {
      takeAway(status, "node-3");
      status.vipHolders = ["node-1", "node-2"];
      drain(status, "node-2");
      Object.assign(machineOf(status, "node-2").evidence.galera!, {
        clusterStatus: "non-Primary",
        isReady: false,
      });
      Object.assign(serverOf(status, "node-2", "cache", "node-1"), { isUp: false, status: "DOWN" });
      delete machineOf(status, "node-2").evidence.redis;
    });
    expect(table).toMatchSnapshot();
  });

  it("is whole with notes alone, and not with a warning", () => {
    expect(tableOf((status) => drain(status, "node-2"))).toMatch(/acme is whole$/);
    expect(tableOf((status) => void (status.vipHolders = []))).not.toContain("is whole");
  });

  it("has no line that ends in blanks", () => {
    expect(tableOf((status) => takeAway(status, "node-1"))).not.toMatch(/ $/m);
  });

  it("shows of a witness what it votes in, and no data", () => {
    const table = tableOf((status) => {
      const witness = machineOf(status, "node-3");
      const { mailnode, sentinel, glusterfs } = witness.evidence;
      const cluster = { ...mailnode!.cluster!, standing: "witness" as const };
      Object.assign(witness, {
        roles: ["witness"],
        evidence: { sentinel, glusterfs, mailnode: { ...mailnode, cluster } },
      });
      witness.services.push({ service: "arbitrator", isWorking: true, detail: "" });
    });
    const lines = table.slice(table.indexOf("\nwitness ")).split("\n");
    expect(lines[1]).toMatch(/^witness +mail nodes +leader +database +sentinel names +quorum +bricks$/);
    expect(lines[2]).toMatch(/^node-3 +votes +node-1 +votes +node-1 +3 Sentinels +3\/3 online$/);
    expect(table.match(/^node-3 /gm)).toHaveLength(2);
  });
});
