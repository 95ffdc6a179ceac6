import { describe, expect, it } from "@jest/globals";
import { balancerRules } from "../../../../src/toolkit/status/rules/balancers.ts";
import { drain, found, inShort, machineOf, serverOf, takeAway } from "../whole.ts";

const DOWN = { status: "DOWN", isUp: false, check: "L4CON Connection refused", sinceSeconds: 300 };
const BALANCERS = ["node-1", "node-2"];

describe("the rules about what balancers see", () => {
  it("find nothing where all servers are up, and of the cache the master alone", () => {
    expect(found(balancerRules)).toEqual([]);
  });

  it("say in one sentence which balancers hold which machine for down, where, since when and why", () => {
    const findings = found(balancerRules, (status) => {
      for (const proxy of ["smtp", "submission"])
        Object.assign(serverOf(status, "node-2", proxy, "node-3"), DOWN);
    });
    expect(inShort(findings)).toEqual([
      "warning: HAProxy on node-2 holds node-3 for down since 5 min (smtp and submission) -> see whether it stays so; then mbctl doctor node-3",
    ]);
    expect(findings[0]!.cause).toBe("L4CON Connection refused");
    expect(findings[0]!.evidence[0]).toBe("node-2: smtp/node-3 DOWN since 5 min, L4CON Connection refused");
  });

  it("only note a server that was down a moment ago and is well: its checks are settling", () => {
    const findings = found(balancerRules, (status) => {
      Object.assign(serverOf(status, "node-1", "console", "node-3"), { ...DOWN, sinceSeconds: 12 });
    });
    expect(findings.map(({ severity }) => severity)).toEqual(["note"]);
  });

  it("leave out servers that are down because their machine is away, or drained", () => {
    const spoil = (why: "away" | "drained") =>
      found(balancerRules, (status) => {
        if (why === "away") takeAway(status, "node-3");
        else drain(status, "node-3");
        for (const balancer of BALANCERS)
          Object.assign(serverOf(status, balancer, "database", "node-3"), DOWN);
      });
    expect(spoil("away")).toEqual([]);
    expect(spoil("drained")).toEqual([]);
  });

  it("name a listener that nobody serves", () => {
    const findings = found(balancerRules, (status) => {
      for (const server of ["node-1", "node-2", "node-3"])
        Object.assign(serverOf(status, "node-1", "smtp", server), DOWN);
    });
    expect(findings[0]).toMatchObject({
      rule: "listener-dead",
      severity: "critical",
      finding: "HAProxy on node-1 has nobody to send smtp to",
    });
  });

  it("count a drained server that passes its checks as one that gets nothing", () => {
    const findings = found(balancerRules, (status) => {
      for (const server of ["node-1", "node-2", "node-3"])
        Object.assign(serverOf(status, "node-1", "smtp", server), { status: "DRAIN", admin: "drain" });
    });
    expect(findings.map(({ rule }) => rule)).toEqual(["listener-dead"]);
  });

  it("name two servers of the cache that are up at once", () => {
    const findings = found(balancerRules, (status) => {
      Object.assign(serverOf(status, "node-2", "cache", "node-3"), { status: "UP", isUp: true, check: "" });
    });
    expect(inShort(findings)).toEqual([
      "critical: HAProxy on node-2 takes node-1 and node-3 for the Redis master at once -> mbctl doctor, which says whom the Sentinels name",
    ]);
  });

  it("name balancers that would write to different database machines", () => {
    const findings = found(balancerRules, (status) => {
      machineOf(status, "node-2").evidence.haproxy!.writer = "node-3";
    });
    expect(findings).toEqual([
      expect.objectContaining({
        rule: "writers-differ",
        finding:
          "the balancers do not agree on the database's writer: node-1 sends to node-1, node-2 sends to node-3",
      }),
    ]);
  });

  it("name a writer that is not in service", () => {
    const findings = found(balancerRules, (status) => {
      machineOf(status, "node-1").evidence.galera!.localState = "Donor/Desynced";
    });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([["writer-unfit", "critical"]]);
  });

  it("note old processes, and warn when they outlive the limit that HAProxy was given", () => {
    const old = (uptimeSeconds: number) =>
      found(balancerRules, (status) => {
        Object.assign(machineOf(status, "node-1").evidence.haproxy!, {
          uptimeSeconds,
          oldWorkers: [{ pid: 13461, uptime: "0d00h10m05s" }],
        });
      });
    expect(inShort(old(600))).toEqual([
      "note: HAProxy on node-1 still runs 1 process of before its last reload, 10 min ago -> ",
    ]);
    expect(old(1_000)[0]).toMatchObject({ severity: "warning", remedy: "on node-1: kill 13461" });
  });

  it("warn before a balancer runs out of connections", () => {
    const findings = found(balancerRules, (status) => {
      machineOf(status, "node-1").evidence.haproxy!.connections = 7_500;
    });
    expect(findings[0]!.finding).toBe("HAProxy on node-1 holds 7500 of at most 8000 connections");
  });
});
