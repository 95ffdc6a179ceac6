import { describe, expect, it } from "@jest/globals";
import { machineRules } from "../../../../src/toolkit/status/rules/machines.ts";
import { drain, found, inShort, machineOf, takeAway } from "../whole.ts";

describe("the rules about machines", () => {
  it("find nothing where all is well", () => {
    expect(found(machineRules)).toEqual([]);
  });

  it("name a machine that cannot be reached, why, and what its error says to do", () => {
    expect(inShort(found(machineRules, (status) => takeAway(status, "node-3")))).toEqual([
      "critical: node-3 cannot be reached: node-3 did not answer in time -> see that it runs",
    ]);
  });

  it("name a service that fails in the words of its probe", () => {
    const findings = found(machineRules, (status) => {
      Object.assign(machineOf(status, "node-2").services[1]!, { isWorking: false, detail: "met are 2" });
    });
    expect(inShort(findings)).toEqual([
      "critical: galera on node-2 does not do its work: met are 2 -> mbctl doctor node-2",
    ]);
    expect(findings[0]!.evidence).toEqual(["the probe of galera on node-2: met are 2"]);
  });

  it.each([
    ["glusterfs", "mbctl recover storage"],
    ["mounts", "mbctl recover storage"],
    ["nftables", "mbctl apply"],
  ])("name the command that brings it back, where %s fails", (service, remedy) => {
    const findings = found(machineRules, (status) => {
      Object.assign(machineOf(status, "node-2").services[1]!, {
        service,
        isWorking: false,
        detail: "stopped",
      });
    });
    expect(inShort(findings)).toEqual([
      `critical: ${service} on node-2 does not do its work: stopped -> ${remedy}`,
    ]);
  });

  it("only note what does not work on a machine that somebody has drained", () => {
    const findings = found(machineRules, (status) => {
      drain(status, "node-2");
      Object.assign(machineOf(status, "node-2").services[1]!, { isWorking: false, detail: "stopped" });
    });
    expect(findings.map(({ severity, remedy }) => [severity, remedy])).toEqual([["note", ""]]);
  });

  it.each([
    [8, 3, "warning"],
    [2, 3, "critical"],
    [60, 91, "warning"],
    [60, 99, "critical"],
  ] as const)("hold a disk with %i %% left and %i %% of its inodes used for %s", (left, inodes, severity) => {
    const findings = found(machineRules, (status) => {
      const { disk } = machineOf(status, "node-1").facts!;
      disk.available = (disk.total * left) / 100;
      disk.inodesUsedPercent = inodes;
    });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([["disk-full", severity]]);
  });

  it("warn of a machine that has next to no memory left", () => {
    const findings = found(machineRules, (status) => {
      machineOf(status, "node-1").facts!.memory.available = 100 * 1024 ** 2;
    });
    expect(findings[0]!.finding).toBe("node-1 has 100 MiB of 8.0 GiB memory left");
  });

  it("warn of a clock only when it is off by more than the measurement may be wrong", () => {
    const off = (aheadMs: number, uncertaintyMs: number) =>
      found(machineRules, (status) => {
        machineOf(status, "node-3").clock = { aheadMs, uncertaintyMs };
      }).map(({ finding }) => finding);
    expect(off(-1_900, 1_000)).toEqual([]);
    expect(off(-4_200, 1_000)).toEqual(["the clock of node-3 is 4.2 s behind the other machines"]);
    expect(off(90_000, 20)).toEqual(["the clock of node-3 is 90.0 s ahead of the other machines"]);
  });

  it("note units that failed, and packages that are not the same everywhere", () => {
    const findings = found(machineRules, (status) => {
      machineOf(status, "node-1").facts!.failedUnits = ["exim4.service"];
      machineOf(status, "node-2").facts!.packages["haproxy"] = "2.6.12-1+deb12u5";
    });
    expect(inShort(findings)).toEqual([
      "note: systemd on node-1 has given up exim4.service -> on node-1: systemctl status exim4.service",
      "note: haproxy is not of the same version everywhere: haproxy 2.6.12-1+deb12u4 on node-1 and node-3; haproxy 2.6.12-1+deb12u5 on node-2 -> mbctl upgrade, unless an upgrade is under way",
    ]);
  });
});
