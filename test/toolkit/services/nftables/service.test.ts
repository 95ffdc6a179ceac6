import { describe, expect, it } from "@jest/globals";
import { nftables } from "../../../../src/toolkit/services/nftables/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const node1 = machineNamed(threeMachines, "node-1");

describe("the nftables service", () => {
  it("runs on every machine", () => {
    expect(threeMachines.machines.every((machine) => nftables.runsOn(threeMachines, machine))).toBe(true);
  });

  it("keeps open the port that mbctl connects to and the one that it may be forwarded to", () => {
    const ports = (port?: number): readonly number[] =>
      nftables
        .listens(threeMachines, { ...node1, ssh: { host: node1.address, ...(port && { port }) } })
        .map((each) => each.port);
    expect(ports()).toEqual([22]);
    expect(ports(22)).toEqual([22]);
    expect(ports(2222)).toEqual([22, 2222]);
  });
});
