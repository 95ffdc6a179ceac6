import { describe, expect, it } from "@jest/globals";
import { drainRules } from "../../../../src/toolkit/status/rules/drains.ts";
import type { ClusterStatus } from "../../../../src/toolkit/status/cluster-status.ts";
import { drain, found, inShort, machineOf, MARK, serverOf, takeAway } from "../whole.ts";

describe("the rules about drains", () => {
  it("find nothing where nobody is drained", () => {
    expect(found(drainRules)).toEqual([]);
  });

  it("note who drained a machine, when and why, and how it is taken back", () => {
    expect(inShort(found(drainRules, (status) => drain(status, "node-2")))).toEqual([
      "note: node-2 is drained since 60 min, by alice@desk: new disks -> mbctl undrain node-2",
    ]);
  });

  it("know a machine in maintenance", () => {
    const findings = found(drainRules, (status) => {
      drain(status, "node-2");
      machineOf(status, "node-2").marks!.own!.work = "maintenance";
    });
    expect(findings[0]!.finding).toMatch(/^node-2 is in maintenance/);
    expect(findings[0]!.remedy).toBe("mbctl maintenance exit node-2");
  });

  it("warn of a drain that is older than a day", () => {
    const findings = found(drainRules, (status) => {
      drain(status, "node-2");
      machineOf(status, "node-2").marks!.own!.at = "2026-11-20T18:00:00Z";
    });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([["drain-forgotten", "warning"]]);
    expect(findings[0]!.finding).toMatch("since 2 d");
  });

  it("say nothing of the time of a mark that cannot be understood", () => {
    const findings = found(drainRules, (status) => {
      drain(status, "node-2");
      Object.assign(machineOf(status, "node-2").marks!.own!, {
        at: "",
        owner: "somebody unknown",
        reason: "",
      });
    });
    expect(findings[0]!.finding).toBe("node-2 is drained, by somebody unknown");
  });

  it("name who lacks a mark that others have: a balancer, or the machine itself", () => {
    const onBalancer = found(drainRules, (status) => {
      drain(status, "node-3");
      delete machineOf(status, "node-2").marks!.ofOthers["node-3"];
      for (const proxy of ["smtp", "submission", "submissions", "console"])
        Object.assign(serverOf(status, "node-2", proxy, "node-3"), { status: "UP", admin: "ready" });
    });
    expect(inShort(onBalancer)[1]).toBe(
      "warning: node-3 is marked as drained on node-3 and node-1 and not on node-2 -> mbctl drain node-3 marks it everywhere, mbctl undrain node-3 nowhere",
    );
    const onMachine = found(drainRules, (status) => {
      drain(status, "node-3");
      delete machineOf(status, "node-3").marks!.own;
    });
    expect(onMachine.map(({ rule, machines }) => [rule, machines])).toEqual([
      ["drain-mark-missing", ["node-3"]],
    ]);
  });

  it("do not ask a machine for its mark that is away", () => {
    const findings = found(drainRules, (status) => {
      drain(status, "node-3");
      takeAway(status, "node-3");
    });
    expect(findings).toEqual([]);
  });

  it("name a balancer that still sends to a machine that is marked", () => {
    const findings = found(drainRules, (status) => {
      drain(status, "node-3");
      Object.assign(serverOf(status, "node-1", "smtp", "node-3"), { status: "UP", admin: "ready" });
    });
    expect(findings[1]).toMatchObject({
      rule: "drain-not-heeded",
      finding: "node-3 is marked as drained, and HAProxy on node-1 still sends it new sessions",
      evidence: ["node-1: smtp/node-3 is set to ready"],
    });
  });

  it("name a server that somebody set by hand, of which no mark knows", () => {
    const findings = found(drainRules, (status) => {
      Object.assign(serverOf(status, "node-2", "smtp", "node-3"), {
        status: "MAINT",
        admin: "maint",
        isUp: false,
      });
    });
    expect(inShort(findings)).toEqual([
      "warning: HAProxy on node-2 sends node-3 no new sessions (smtp), and no mark says why -> mbctl undrain node-3 --force, or mbctl drain node-3 to make it last",
    ]);
  });

  describe("about what a failover left in the middle", () => {
    const lock = {
      run: "20261122-170000-abcd",
      by: "alice@desk",
      command: "mbctl failover database-writer",
      isManual: false,
      message: "",
      ageSeconds: 3,
      isStale: false,
    };
    const spoil = (status: ClusterStatus) => {
      for (const balancer of ["node-1", "node-2"])
        Object.assign(serverOf(status, balancer, "database", "node-3"), { status: "MAINT", admin: "maint" });
      machineOf(status, "node-2").marks!.givesUpVip = true;
    };

    it("name database servers that are set aside, and a balancer that stands back", () => {
      expect(inShort(found(drainRules, spoil))).toEqual([
        'warning: HAProxy on node-1 and node-2 would not use the database of node-3, and nobody is at work on it -> mbctl runs shows what is unfinished; by hand, on node-1 and node-2: echo "set server database/node-3 state ready" | socat - UNIX-CONNECT:/run/haproxy/admin.sock',
        "warning: node-2 does not take the VIP, and is not drained -> mbctl runs shows what is unfinished; else mbctl undrain node-2",
      ]);
    });

    it("say nothing while somebody is at work, and of the VIP's mark of a drain", () => {
      expect(
        found(drainRules, (status) => {
          spoil(status);
          machineOf(status, "node-1").runs!.lock = lock;
        }),
      ).toEqual([]);
      const drained = found(drainRules, (status) => {
        drain(status, "node-2");
        machineOf(status, "node-2").marks!.givesUpVip = true;
      });
      expect(drained.map(({ rule }) => rule)).toEqual(["drained"]);
    });
  });

  it("name the mark of a machine that is none of the cluster", () => {
    const findings = found(drainRules, (status) => {
      machineOf(status, "node-1").marks!.ofOthers["node-9"] = { ...MARK, machine: "node-9" };
    });
    expect(findings.map(({ rule }) => rule)).toEqual(["drain-mark-strange"]);
  });
});
