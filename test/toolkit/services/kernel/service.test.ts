import { describe, expect, it } from "@jest/globals";
import { kernel } from "../../../../src/toolkit/services/kernel/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { fileOf, rendered, settingsOf } from "../rendered.ts";
import { faults } from "./faults.ts";

const PATH = "/etc/sysctl.d/60-mailbastion.conf";

describe("the kernel service", () => {
  it("writes one setting per line", () => {
    expect(settingsOf(rendered(kernel, threeMachines, "node-1", PATH))).toEqual([
      "net.ipv4.ip_nonlocal_bind = 1",
      "net.ipv4.tcp_retries2 = 6",
    ]);
  });

  it("applies a changed file at once by a command that changes, and is probed by one that does not", () => {
    const { action } = fileOf(kernel, threeMachines, "node-1", PATH);
    expect(action).toMatchObject({ kind: "run", command: { mutates: true, sudo: true } });
    const probe = kernel.probe(threeMachines, machineNamed(threeMachines, "node-1"));
    expect(probe.mutates).toBe(false);
    expect(probe.argv.at(-1)).toBe(PATH);
  });

  it("has planted faults that all change the file", () => {
    const text = rendered(kernel, threeMachines, "node-1", PATH);
    for (const fault of faults) {
      expect({ title: fault.title, changed: fault.mutate(text) !== text }).toEqual({
        title: fault.title,
        changed: true,
      });
    }
  });
});
