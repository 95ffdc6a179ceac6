import { describe, expect, it } from "@jest/globals";
import { keepalived } from "../../../../src/toolkit/services/keepalived/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

describe("the keepalived service", () => {
  it("runs on balancers only", () => {
    const runs = threeMachines.machines.map((machine) => keepalived.runsOn(threeMachines, machine));
    expect(runs).toEqual([true, true, false]);
  });

  it("is probed by the VIP itself, as a master without the right to set addresses looks healthy", () => {
    const probe = keepalived.probe(threeMachines, machineNamed(threeMachines, "node-1"));
    expect(probe.argv.slice(-3)).toEqual(["keepalived.service", "192.168.1.100", "443"]);
    expect(probe.mutates).toBe(false);
  });

  it("needs no secret, as VRRP has no password that protects", () => {
    expect(keepalived.secrets(threeMachines)).toEqual([]);
  });
});
