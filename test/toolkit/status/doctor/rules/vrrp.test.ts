import { describe, expect, it } from "@jest/globals";
import { vrrpRules } from "../../../../../src/toolkit/status/doctor/rules/vrrp.ts";
import { found } from "../deep.ts";

describe("the doctor on VRRP", () => {
  const entering = (state: string) =>
    `2026-11-22T18:00:00+0000 node-1 Keepalived_vrrp[9]: (mailbastion) Entering ${state} STATE\n`;
  const rulesOf = (machine: string, text: string) =>
    found(vrrpRules, { [machine]: { vrrp: text } }).map(({ rule }) => rule);

  it("finds nothing where the master holds the VIP and the other does not", () => {
    expect(rulesOf("node-1", entering("BACKUP") + entering("MASTER"))).toEqual([]);
    expect(rulesOf("node-2", entering("BACKUP"))).toEqual([]);
  });

  it("finds a master without the VIP, and a VIP without a master", () => {
    expect(rulesOf("node-2", entering("MASTER"))).toEqual(["vrrp-without-vip"]);
    expect(rulesOf("node-1", entering("MASTER") + entering("BACKUP"))).toEqual(["vip-stale"]);
  });

  it("finds a keepalived that may not set addresses, whatever state it claims", () => {
    const said = `${entering("MASTER")}2026-11-22T18:00:00+0000 node-2 Keepalived_vrrp[9]: Netlink: error: Operation not permitted(1)\n`;
    expect(rulesOf("node-2", said)).toEqual(["vrrp-forbidden", "vrrp-without-vip"]);
  });

  it("finds one in FAULT", () => {
    expect(rulesOf("node-2", entering("FAULT"))).toEqual(["vrrp-fault"]);
  });
});
