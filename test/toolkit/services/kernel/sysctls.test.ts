import { describe, expect, it } from "@jest/globals";
import { sysctlsFor } from "../../../../src/toolkit/services/kernel/sysctls.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

describe("sysctlsFor", () => {
  it("lets balancers, and only those, bind an address that another machine holds", () => {
    const values = threeMachines.machines.map(
      (machine) => sysctlsFor(threeMachines, machine)["net.ipv4.ip_nonlocal_bind"],
    );
    expect(values).toEqual(["1", "1", undefined]);
  });

  it("makes every machine give up a dead connection within half a minute", () => {
    for (const machine of threeMachines.machines) {
      const retries = Number(sysctlsFor(threeMachines, machine)["net.ipv4.tcp_retries2"]);
      // Linux doubles its shortest time-out of 200 ms at each try.
      const seconds = 0.2 * (2 ** (retries + 1) - 1);
      expect(seconds).toBeGreaterThan(20);
      expect(seconds).toBeLessThan(30);
    }
  });

  it("names settings of a network namespace only, as Docker takes no others", () => {
    const names = Object.keys(sysctlsFor(threeMachines, machineNamed(threeMachines, "node-1")));
    expect(names.every((name) => name.startsWith("net."))).toBe(true);
  });
});
