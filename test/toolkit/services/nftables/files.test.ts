import { describe, expect, it } from "@jest/globals";
import { haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { nftables } from "../../../../src/toolkit/services/nftables/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { rendered, settingsOf } from "../rendered.ts";
import { faults } from "./faults.ts";

function rulesOf(name: string): readonly string[] {
  const machine = machineNamed(threeMachines, name);
  const listeners = [haproxy, nftables].flatMap((service) =>
    service.runsOn(threeMachines, machine) ? service.listens(threeMachines, machine) : [],
  );
  return settingsOf(rendered(nftables, threeMachines, name, "/firewall.nft", listeners));
}

describe("the firewall", () => {
  it("drops what it does not name", () => {
    expect(rulesOf("node-1")).toContain("type filter hook input priority filter; policy drop;");
  });

  it("replaces its own table in one transaction and touches no other", () => {
    expect(rulesOf("node-1").slice(0, 3)).toEqual([
      "add table inet mailbastion",
      "delete table inet mailbastion",
      "table inet mailbastion {",
    ]);
    expect(rulesOf("node-1").join("\n")).not.toContain("flush");
  });

  it("takes VRRP from the other balancers only, and only on a balancer", () => {
    const vrrp = (name: string): readonly string[] =>
      rulesOf(name).filter((line) => line.includes("protocol 112"));
    expect(vrrp("node-1")).toEqual([
      "ip saddr { 192.168.1.102 } ip daddr 192.168.1.101 ip protocol 112 accept",
    ]);
    expect(vrrp("node-3")).toEqual([]);
  });

  it("opens the database on the VIP to mail nodes and statistics to nobody", () => {
    const rules = rulesOf("node-1");
    expect(rules).toContain(
      'ip daddr 192.168.1.100 ip saddr { 192.168.1.102, 192.168.1.103 } tcp dport 3306 accept comment "haproxy"',
    );
    expect(rules.join("\n")).not.toMatch(/840[45]/);
  });

  it("never shuts out SSH", () => {
    for (const { name } of threeMachines.machines) {
      expect(rulesOf(name)).toContain('tcp dport 22 accept comment "sshd"');
    }
  });

  it("is loaded before the network is up, and again after Debian's nftables.service flushed everything", () => {
    const unit = settingsOf(rendered(nftables, threeMachines, "node-1", "/mailbastion-firewall.service"));
    expect(unit).toContain("Before=network-pre.target shutdown.target");
    expect(unit).toContain("After=nftables.service");
    expect(unit).toContain("PartOf=nftables.service");
    expect(unit).toContain("ExecReload=/usr/sbin/nft -f /etc/mailbastion/firewall.nft");
  });

  it("is loaded when Debian's nftables.service is started, whether it was stopped with it or not", () => {
    const dropIn = settingsOf(
      rendered(nftables, threeMachines, "node-1", "/nftables.service.d/mailbastion.conf"),
    );
    expect(dropIn).toEqual([
      "[Unit]",
      "Wants=mailbastion-firewall.service",
      "[Service]",
      "ExecStartPost=-/usr/sbin/nft -f /etc/mailbastion/firewall.nft",
    ]);
  });

  it("lets a machine keep an IPv6 address that it has by DHCP, and answer switches that ask who listens", () => {
    expect(rulesOf("node-3")).toEqual(
      expect.arrayContaining([
        "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
        "ip6 saddr fe80::/10 icmpv6 type mld-listener-query accept",
      ]),
    );
  });

  it("has planted faults that all change their file", () => {
    for (const fault of faults) {
      const machine = machineNamed(threeMachines, "node-1");
      const listeners = [
        ...haproxy.listens(threeMachines, machine),
        ...nftables.listens(threeMachines, machine),
      ];
      const text = rendered(nftables, threeMachines, "node-1", fault.pathEndsWith, listeners);
      expect({ title: fault.title, changed: fault.mutate(text) !== text }).toEqual({
        title: fault.title,
        changed: true,
      });
    }
  });
});
