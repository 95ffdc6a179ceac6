import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Listener } from "../../../../src/toolkit/services/service.ts";
import { openings } from "../../../../src/toolkit/services/nftables/rules.ts";
import { machineNamed, ROLES } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const node1 = machineNamed(threeMachines, "node-1");
const listener = (change: Partial<Listener>): Listener => ({
  port: 25,
  protocol: "tcp",
  on: "machine",
  from: "anyone",
  program: "test",
  ...change,
});
const linesOf = (...listeners: Listener[]): readonly string[] =>
  openings(threeMachines, node1, listeners).map(
    ({ addresses, protocol, ports }) => `${addresses}${protocol} ${ports}`,
  );

describe("openings", () => {
  it("opens a port of the VIP on the VIP only, and one of the machine on its own address only", () => {
    expect(linesOf(listener({ on: "vip" }))).toEqual(["ip daddr 192.168.1.100 tcp 25"]);
    expect(linesOf(listener({ on: "machine" }))).toEqual(["ip daddr 192.168.1.101 tcp 25"]);
    expect(linesOf(listener({ on: "all" }))).toEqual(["tcp 25"]);
  });

  it("lets in the other machines of the roles, not the machine itself", () => {
    expect(linesOf(listener({ from: ["balancer"] }))).toEqual([
      "ip daddr 192.168.1.101 ip saddr { 192.168.1.102 } tcp 25",
    ]);
    expect(linesOf(listener({ from: ["balancer", "mail"] }))).toEqual([
      "ip daddr 192.168.1.101 ip saddr { 192.168.1.102, 192.168.1.103 } tcp 25",
    ]);
  });

  it("opens nothing for loopback, for the machine itself, or for a role that nobody else holds", () => {
    const alone = { ...threeMachines, machines: [node1] };
    expect(linesOf(listener({ on: "loopback" }), listener({ from: "self" }))).toEqual([]);
    expect(openings(alone, node1, [listener({ from: [...ROLES] })])).toEqual([]);
  });

  it("writes a range of ports as one rule, and one port once however many ask for it", () => {
    const bricks = listener({ port: 49152, lastPort: 49171 });
    expect(linesOf(bricks, bricks)).toEqual(["ip daddr 192.168.1.101 tcp 49152-49171"]);
  });

  it("never opens to everybody what a service offers to roles", () => {
    const anyListener = fc.record({
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
      on: fc.constantFrom("machine" as const, "vip" as const, "all" as const),
      from: fc.subarray([...ROLES]),
      program: fc.constant("test"),
    });
    fc.assert(
      fc.property(fc.array(anyListener), (listeners) => {
        for (const { addresses } of openings(threeMachines, node1, listeners)) {
          expect(addresses).toMatch(/ip saddr \{ 192\.168\.1\.10[23](, 192\.168\.1\.103)? \} $/);
        }
      }),
    );
  });
});
