import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  contains,
  formatAddress,
  isHost,
  parseAddress,
  parseCidr,
  type Cidr,
} from "../../../src/support/ipv4.ts";
import { rehome } from "../../../src/toolkit/topology/rehome.ts";
import type { Topology } from "../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

const TO = "10.77.3.0/24";
const to = parseCidr(TO)!;

describe("rehome", () => {
  it("keeps host numbers and leaves nothing of the described network", () => {
    const moved = rehome(threeMachines, { cidr: TO });
    expect(moved.network).toEqual({ cidr: TO, vip: "10.77.3.100" });
    expect(moved.machines.map(({ address }) => address)).toEqual([
      "10.77.3.101",
      "10.77.3.102",
      "10.77.3.103",
    ]);
    expect(moved.mail.relayNetworks).toEqual([TO]);
    expect(JSON.stringify(moved)).not.toContain("192.168.1.");
  });

  it("gives every machine the lab's login, whatever the description says", () => {
    const [first] = threeMachines.machines;
    const described = {
      ...threeMachines,
      machines: [{ ...first!, ssh: { host: "far.example.com", port: 2222, user: "admin" } }],
    };
    expect(rehome(described, { cidr: TO }).machines[0]!.ssh).toEqual({
      host: "10.77.3.101",
      port: 22,
      user: "root",
    });
  });

  it("drops what belongs to the described machines only: interface and certificate files", () => {
    const described: Topology = {
      ...threeMachines,
      network: { ...threeMachines.network, interface: "ens18" },
      tls: { public: { kind: "files", certificateFile: "/etc/a.crt", keyFile: "/etc/a.key" } },
    };
    const moved = rehome(described, { cidr: TO });
    expect(moved.network).not.toHaveProperty("interface");
    expect(moved.tls).toEqual({ public: { kind: "lab" } });
  });

  it("takes the next hop it is given, else moves one that was in the network and keeps a name", () => {
    const nextHop = { host: "10.77.3.1", port: 2525 };
    expect(rehome(threeMachines, { cidr: TO, nextHop }).mail.nextHop).toEqual(nextHop);
    expect(rehome(threeMachines, { cidr: TO }).mail.nextHop).toEqual({ host: "mx.internal", port: 25 });
    const inside = {
      ...threeMachines,
      mail: { ...threeMachines.mail, nextHop: { host: "192.168.1.7", port: 25 } },
    };
    expect(rehome(inside, { cidr: TO }).mail.nextHop).toEqual({ host: "10.77.3.7", port: 25 });
  });

  it("keeps relay networks that lie elsewhere, moves a single machine's, and widens any other part", () => {
    const relayNetworks = ["172.20.0.0/16", "192.168.1.102/32", "192.168.1.128/25", "192.168.0.0/16"];
    const described = { ...threeMachines, mail: { ...threeMachines.mail, relayNetworks } };
    expect(rehome(described, { cidr: TO }).mail.relayNetworks).toEqual([
      "172.20.0.0/16",
      "10.77.3.102/32",
      TO,
    ]);
  });

  it("never gives out the gateway's address", () => {
    const described = { ...threeMachines, network: { ...threeMachines.network, vip: "192.168.1.1" } };
    expect(rehome(described, { cidr: TO }).network.vip).toBe("10.77.3.2");
  });

  it("refuses a network that is too small", () => {
    expect(() => rehome(threeMachines, { cidr: "10.77.3.0/30" })).toThrow(
      "10.77.3.0/30 holds fewer than 5 hosts",
    );
  });

  it("gives distinct addresses inside the new network and forgets the old one, for any description", () => {
    fc.assert(
      fc.property(describedTopology(), ({ topology, from }) => {
        const moved = rehome(topology, { cidr: TO });
        const addresses = [...moved.machines.map(({ address }) => address), moved.network.vip].map((text) =>
          parseAddress(text)!,
        );
        expect(new Set(addresses).size).toBe(addresses.length);
        for (const address of addresses) {
          expect(isHost(to, address)).toBe(true);
          expect(address).not.toBe(to.base + 1);
        }
        const left = [...JSON.stringify(moved).matchAll(/\d+\.\d+\.\d+\.\d+/g)].map(([text]) =>
          parseAddress(text)!,
        );
        expect(left.filter((address) => contains(from, address))).toEqual([]);
      }),
    );
  });

  it("does nothing the second time", () => {
    fc.assert(
      fc.property(describedTopology(), ({ topology }) => {
        const once = rehome(topology, { cidr: TO });
        expect(rehome(once, { cidr: TO })).toEqual(once);
      }),
    );
  });
});

/** Up to twelve machines anywhere in 172.16.0.0/12, in a network of 16 to 65536 addresses. */
function describedTopology(): fc.Arbitrary<{ topology: Topology; from: Cidr }> {
  return fc
    .record({
      prefix: fc.integer({ min: 16, max: 28 }),
      place: fc.nat(),
      hosts: fc.uniqueArray(fc.nat(), { minLength: 3, maxLength: 13 }),
    })
    .map(({ prefix, place, hosts }) => {
      const size = 2 ** (32 - prefix);
      const base = parseAddress("172.16.0.0")! + (place % (2 ** 20 / size)) * size;
      const from = { base, prefix };
      const numbers = [...new Set(hosts.map((host) => 1 + (host % (size - 2))))];
      const [vip, ...machines] = numbers.map((number) => formatAddress(base + number));
      const cidr = `${formatAddress(base)}/${prefix}`;
      const topology: Topology = {
        ...threeMachines,
        network: { cidr, vip: vip! },
        machines: machines.map((address, index) => ({
          ...threeMachines.machines[0]!,
          name: `node-${index + 1}`,
          address,
          ssh: { host: address, port: 22, user: "root" },
        })),
        mail: {
          ...threeMachines.mail,
          relayNetworks: [cidr, `${vip}/32`, "172.16.0.0/12", "100.64.0.0/10"],
          nextHop: { host: formatAddress(base + 1), port: 25 },
        },
      };
      return { topology, from };
    });
}
