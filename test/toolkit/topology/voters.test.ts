import { describe, expect, it } from "@jest/globals";
import type { Machine, Role, Topology } from "../../../src/toolkit/topology/topology.ts";
import { voterRoles, votersIn, votesIn, witnessOf } from "../../../src/toolkit/topology/voters.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { twoAndAWitness } from "../fixtures/two-and-a-witness.ts";

const TIERS = ["mail", "database", "cache", "storage"] as const;

function withRoles(...roles: readonly (readonly Role[])[]): Topology {
  const machines = roles.map((own, index): Machine => {
    const name = `node-${index + 1}`;
    return { ...threeMachines.machines[0]!, name, roles: own };
  });
  return { ...threeMachines, machines };
}

const names = (machines: readonly Machine[]) => machines.map(({ name }) => name);

describe("those who vote in a tier", () => {
  it("are the machines that hold its data where there is no witness", () => {
    for (const tier of TIERS) {
      expect(names(votersIn(threeMachines, tier))).toEqual(["node-1", "node-2", "node-3"]);
      expect(witnessOf(threeMachines, tier)).toBeUndefined();
      expect(voterRoles(threeMachines, tier)).toEqual([tier]);
    }
  });

  it("are the witness too, and it last, where an even number of machines holds its data", () => {
    const topology = withRoles(["witness"], ["mail", "database"], ["mail", "database"]);
    for (const tier of ["mail", "database"] as const) {
      expect(names(votersIn(topology, tier))).toEqual(["node-2", "node-3", "node-1"]);
      expect(voterRoles(topology, tier)).toEqual([tier, "witness"]);
      expect(topology.machines.map((machine) => votesIn(topology, machine, tier))).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  it("are without the witness where the number is odd, or nobody holds data", () => {
    const topology = withRoles(["mail"], ["mail", "database"], ["mail", "database"], ["witness"]);
    expect(names(votersIn(topology, "mail"))).toEqual(["node-1", "node-2", "node-3"]);
    expect(names(votersIn(topology, "database"))).toEqual(["node-2", "node-3", "node-4"]);
    expect(votersIn(topology, "cache")).toEqual([]);
    expect(votesIn(topology, topology.machines[3]!, "mail")).toBe(false);
  });

  it("are three in every tier of two machines and a witness", () => {
    for (const tier of TIERS) expect(votersIn(twoAndAWitness, tier)).toHaveLength(3);
  });
});
