import { describe, expect, it } from "@jest/globals";
import { vipRules } from "../../../../src/toolkit/status/rules/vip.ts";
import { found, inShort, machineOf, takeAway } from "../whole.ts";

const rulesOf = (...args: Parameters<typeof found>) =>
  found(...args).map(({ rule, severity }) => [rule, severity]);

describe("the rules about the VIP", () => {
  it("find nothing where one balancer bears it", () => {
    expect(found(vipRules)).toEqual([]);
  });

  it("name two holders, and what stands between them", () => {
    const findings = found(vipRules, (status) => void (status.vipHolders = ["node-1", "node-2"]));
    expect(findings[0]!.finding).toBe(
      "node-1 and node-2 bear the VIP at once: VRRP does not pass between them (IP protocol 112)",
    );
    expect(findings[0]!.machines).toEqual(["node-1", "node-2"]);
  });

  it("say that clients reach nobody where no balancer bears it", () => {
    expect(inShort(found(vipRules, (status) => void (status.vipHolders = [])))).toEqual([
      "critical: no balancer bears the VIP: clients reach nobody -> mbctl doctor",
    ]);
  });

  it("do not say so while a balancer could not be asked: it may well have it", () => {
    const findings = found(vipRules, (status) => {
      takeAway(status, "node-1");
      status.vipHolders = [];
    });
    expect(inShort(findings)).toEqual([
      "critical: no balancer that answers bears the VIP, and node-1 could not be asked -> try it from a client: nc -vz 192.168.1.100 25",
    ]);
  });

  it("name a holder that is no balancer", () => {
    expect(rulesOf(vipRules, (status) => void (status.vipHolders = ["node-3"]))).toEqual([
      ["vip-stray", "critical"],
    ]);
  });

  it("name a holder whose HAProxy does not answer", () => {
    const dead = rulesOf(vipRules, (status) => {
      machineOf(status, "node-1").services.find(({ service }) => service === "haproxy")!.isWorking = false;
    });
    expect(dead).toEqual([["vip-dead", "critical"]]);
  });

  it("name a holder that was told to give it up, unless there is nobody else", () => {
    const drained = (isAlone: boolean) =>
      rulesOf(vipRules, (status) => {
        machineOf(status, "node-1").marks!.givesUpVip = true;
        if (isAlone) takeAway(status, "node-2");
      });
    expect(drained(false)).toEqual([["vip-drained", "warning"]]);
    expect(drained(true)).toEqual([]);
  });
});
