import { describe, expect, it } from "@jest/globals";
import { keepalived } from "../../../../src/toolkit/services/keepalived/service.ts";
import { priorityOf } from "../../../../src/toolkit/services/keepalived/view.ts";
import { machinesWith, type Machine, type Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { rendered, settingsOf } from "../rendered.ts";

function settings(topology: Topology = threeMachines, machine = "node-1"): readonly string[] {
  return settingsOf(rendered(keepalived, topology, machine, "/keepalived.conf"));
}

function withVrrp(change: Partial<Topology["balancer"]["vrrp"]>): Topology {
  const { balancer } = threeMachines;
  return { ...threeMachines, balancer: { ...balancer, vrrp: { ...balancer.vrrp, ...change } } };
}

function withBalancers(count: number): Topology {
  const machines: Machine[] = Array.from({ length: count }, (_, index) => {
    const address = `192.168.1.${101 + index}`;
    return {
      name: `node-${index + 1}`,
      address,
      roles: ["balancer"],
      weight: 10,
      ssh: { host: address, port: 22, user: "root" },
    };
  });
  return { ...threeMachines, machines };
}

describe("the configuration of keepalived", () => {
  it("starts as BACKUP everywhere and does not preempt, as nopreempt demands", () => {
    for (const machine of ["node-1", "node-2"]) {
      expect(settings(threeMachines, machine)).toContain("state BACKUP");
      expect(settings(threeMachines, machine)).toContain("nopreempt");
    }
  });

  it("lets a description that wants it preempt", () => {
    expect(settings(withVrrp({ preempt: true }))).not.toContain("nopreempt");
  });

  it("writes the weight 0, as any other is ignored by nopreempt and leaves the VIP on a dead balancer", () => {
    const weights = settings().filter((line) => line.startsWith("weight"));
    expect(weights).toEqual(["weight 0", "weight 0"]);
  });

  it("gives every balancer a priority of its own, the first one the highest", () => {
    const topology = withBalancers(9);
    const priorities = machinesWith(topology, "balancer").map((machine) => priorityOf(topology, machine));
    expect(new Set(priorities).size).toBe(9);
    expect(priorities.toSorted((a, b) => b - a)).toEqual(priorities);
    expect(Math.max(...priorities)).toBeLessThan(255);
  });

  it("speaks VRRP version 3 without a password, whole seconds or not", () => {
    expect(settings(withVrrp({ advertIntervalMs: 250 }))).toEqual(
      expect.arrayContaining(["version 3", "advert_int 0.25"]),
    );
    expect(settings(withVrrp({ advertIntervalMs: 2000 }))).toEqual(
      expect.arrayContaining(["version 3", "advert_int 2"]),
    );
    expect(settings().join("\n")).not.toMatch(/auth_/);
  });

  it("speaks unicast to every other balancer, never to itself, and believes no one else", () => {
    const lines = settings(withBalancers(3), "node-2");
    const start = lines.indexOf("unicast_peer {");
    expect(lines.slice(start + 1, lines.indexOf("}", start))).toEqual(["192.168.1.101", "192.168.1.103"]);
    expect(lines).toContain("unicast_src_ip 192.168.1.102");
    expect(lines).toContain("check_unicast_src");
  });

  it("asks HAProxy over its own port, with fewer failures to go than successes to return", () => {
    const lines = settings();
    expect(lines.find((line) => line.startsWith("script "))).toMatch(
      /^script "\/usr\/bin\/setpriv .* \/usr\/bin\/curl .* http:\/\/192\.168\.1\.101:8404\/alive"$/,
    );
    expect(lines).toEqual(
      expect.arrayContaining(["interval 1", "timeout 2", "fall 2", "rise 3", "init_fail"]),
    );
  });

  it("gives the VIP up at the first look while the drain's mark is there, and waits for that look at boot", () => {
    const lines = settings();
    const start = lines.indexOf("vrrp_script not_drained {");
    expect(lines.slice(start + 1, lines.indexOf("}", start))).toEqual([
      'script "/usr/bin/test ! -e /var/lib/mailbastion-drain/vip"',
      "interval 1",
      "timeout 10",
      "fall 1",
      "rise 1",
      "weight 0",
      "init_fail",
    ]);
    const tracked = lines.indexOf("track_script {");
    expect(lines.slice(tracked + 1, lines.indexOf("}", tracked))).toEqual(["haproxy_answers", "not_drained"]);
  });

  it("has no check on a single balancer, which nobody could relieve", () => {
    const lines = settings(withBalancers(1)).join("\n");
    expect(lines).not.toMatch(/script [^_]|track_script|unicast/);
  });

  it("always has script security and names the scripts' user", () => {
    for (const topology of [threeMachines, withBalancers(1)]) {
      expect(settings(topology)).toEqual(
        expect.arrayContaining(["enable_script_security", "script_user root"]),
      );
    }
  });

  it("finds the interface by the machine's address, unless the description names it", () => {
    expect(settings()).toContain("interface @@fact:interface/192.168.1.101@@");
    const named = { ...threeMachines, network: { ...threeMachines.network, interface: "bond0" } };
    expect(settings(named)).toContain("interface bond0");
    expect(settings(named)).toContain("192.168.1.100/32 dev bond0");
  });

  it("bears the VIP as a single address, so that the kernel never prefers it as a source", () => {
    expect(settings()).toContain("192.168.1.100/32 dev @@fact:interface/192.168.1.101@@");
  });

  it("repeats its announcements, for neighbours that missed the end of a split", () => {
    expect(settings()).toContain("garp_master_refresh 60");
  });
});
