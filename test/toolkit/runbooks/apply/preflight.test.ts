import { describe, expect, it } from "@jest/globals";
import { parseFacts, type Facts } from "../../../../src/toolkit/runbooks/apply/facts.ts";
import { preflight } from "../../../../src/toolkit/runbooks/apply/preflight.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Listener } from "../../../../src/toolkit/services/service.ts";
import type { Role, Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyService } from "../../fixtures/toy-service.ts";

const SS = `
tcp LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("exim4",pid=812,fd=4))
tcp LISTEN 0 80 192.168.1.101:3306 0.0.0.0:* users:(("mariadbd",pid=900,fd=21))
tcp LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=1,fd=3))
udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=2,fd=3))
`;

function facts(ss: string, address: string): Facts {
  const stdout = `os debian\narch x86_64\ninterface 127.0.0.1 lo\ninterface ${address} ens18\n${ss}`;
  return parseFacts(threeMachines.machines[0]!, { code: 0, stdout, stderr: "" });
}

function check(listener: Partial<Listener>, ss: string, topology = threeMachines) {
  const all = new Map(
    topology.machines.map((machine) => [
      machine.name,
      facts(machine.name === "node-1" ? ss : "", machine.address),
    ]),
  );
  const full: Listener = {
    port: 25,
    protocol: "tcp",
    on: "machine",
    from: "anyone",
    program: "node",
    ...listener,
  };
  return () =>
    preflight(
      topology,
      topology.machines,
      [
        toyService("smtp", {
          listens: [full],
          units: [{ name: "smtp.service", state: "running", enabled: true }],
        }),
      ],
      all,
    );
}

describe("what a machine says of itself", () => {
  it("is read from ip and ss", () => {
    const read = facts(SS, "192.168.1.101");
    expect(read.architecture).toBe("x86_64");
    expect(read.interfaces.get("192.168.1.101")).toBe("ens18");
    expect(read.listening).toEqual([
      { protocol: "tcp", address: "0.0.0.0", port: 25, programs: ["exim4"] },
      { protocol: "tcp", address: "192.168.1.101", port: 3306, programs: ["mariadbd"] },
      { protocol: "tcp", address: "::", port: 22, programs: ["sshd"] },
      { protocol: "udp", address: "127.0.0.53", port: 53, programs: ["systemd-resolve"] },
    ]);
  });

  it("is refused from anything but Debian with systemd", () => {
    const machine = threeMachines.machines[0]!;
    expect(() => parseFacts(machine, { code: 0, stdout: "os fedora\narch x86_64\n", stderr: "" })).toThrow(
      "it runs fedora",
    );
    expect(() =>
      parseFacts(machine, { code: 1, stdout: "", stderr: "systemd is not on this machine\n" }),
    ).toThrow("systemd is not on this machine");
  });
});

describe("before anything is changed", () => {
  it("a port that another program holds is refused, with the program's name", () => {
    expect(check({}, SS)).toThrow(
      'machines.node-1 is "0.0.0.0:25": is held by the program exim4, where smtp is to listen',
    );
  });

  it("our own program on the port is no obstacle: apply is run again", () => {
    expect(check({ port: 3306, program: "mariadbd" }, SS)).not.toThrow();
  });

  it("a child of systemd that is just accepting for our service is no obstacle", () => {
    const accepting =
      'tcp LISTEN 0 4096 192.168.1.101:25 0.0.0.0:* users:(("(sd-accept)",pid=77,fd=3),("systemd",pid=1,fd=40))\n';
    expect(check({ program: "systemd" }, accepting)).not.toThrow();
    expect(check({ program: "mbnode" }, accepting)).toThrow("is held by the program (sd-accept), systemd");
  });

  it("in a container, where nobody may see whose a socket is, our running unit is taken for its holder", () => {
    const unknown = "tcp LISTEN 0 80 192.168.1.101:25 0.0.0.0:*\n";
    expect(check({}, unknown)).toThrow("is held by the program (unknown)");
    expect(check({}, `started smtp.service\n${unknown}`)).not.toThrow();
  });

  it("a program on another address of the machine is no obstacle", () => {
    expect(check({ port: 53, protocol: "udp" }, SS)).not.toThrow();
  });

  it("a port within a range counts", () => {
    expect(check({ port: 3300, lastPort: 3310 }, SS)).toThrow("mariadbd");
  });

  it("an sshd that the firewall would lock out is refused, as ~/.ssh/config may know a port that we do not", () => {
    const sshd = (place: string): string =>
      `tcp LISTEN 0 128 ${place} 0.0.0.0:* users:(("sshd",pid=1,fd=3))\n`;
    expect(check({}, sshd("0.0.0.0:2222"))).toThrow(
      "is not where sshd listens on node-1: that is 2222, which the firewall would close; write ssh.port: 2222",
    );
    const named = (port: number) => ({
      ...threeMachines,
      machines: threeMachines.machines.map((machine) => ({ ...machine, ssh: { ...machine.ssh, port } })),
    });
    expect(check({}, sshd("0.0.0.0:2222"), named(2222))).not.toThrow();
    // Forwarded to 22 on the way, and beside what a login forwards.
    expect(check({}, sshd("0.0.0.0:22") + sshd("127.0.0.1:6010"), named(2222))).not.toThrow();
    expect(check({}, sshd("127.0.0.1:6010"))).not.toThrow();
  });

  it("an address that the machine does not bear is refused", () => {
    const topology = {
      ...threeMachines,
      machines: threeMachines.machines.map((machine) => ({
        ...machine,
        address: machine.name === "node-2" ? "192.168.1.102" : machine.address,
      })),
    };
    const moved = new Map(topology.machines.map((machine) => [machine.name, facts("", "192.168.1.77")]));
    expect(() => preflight(topology, topology.machines, [], moved)).toThrow(
      "is not an address of the machine; it bears 192.168.1.77",
    );
  });

  it("an interface that does not carry the address is refused", () => {
    expect(
      check({}, "", { ...threeMachines, network: { ...threeMachines.network, interface: "eth0" } }),
    ).toThrow("is not the interface that carries 192.168.1.101 on node-1: that is ens18");
  });
});

describe("a role that is taken from a machine that stays", () => {
  const without = (name: string, role: Role): Topology => ({
    ...threeMachines,
    machines: threeMachines.machines.map((machine) =>
      machine.name === name ? { ...machine, roles: machine.roles.filter((one) => one !== role) } : machine,
    ),
  });
  const look =
    (topology: Topology, lines: Readonly<Record<string, string>>, asked = topology.machines) =>
    () =>
      preflight(
        topology,
        asked,
        services,
        new Map(asked.map(({ name, address }) => [name, facts(lines[name] ?? "", address)])),
      );
  const { vip } = threeMachines.network;

  it.each([
    ["database", "mariadb.service"],
    ["cache", "redis-server.service"],
    ["storage", "glusterd.service"],
    ["mail", "mailbastion-mbnode.service"],
  ] as const)("is refused where the machine is a member of the %s", (role, unit) => {
    const topology = without("node-3", role);
    expect(look(topology, { "node-3": `started ${unit}\n` })).toThrow(
      `machines.node-3.roles is "${topology.machines[2]!.roles.join(", ")}": would leave ${unit} running without files`,
    );
    expect(look(topology, {})).not.toThrow();
    expect(look(threeMachines, { "node-3": `started ${unit}\n` })).not.toThrow();
  });

  it("is refused of the balancer that bears the VIP while no other one runs", () => {
    const topology = without("node-1", "balancer");
    const holder = `interface ${vip} ens18\nstarted keepalived.service\n`;
    expect(look(topology, { "node-1": holder })).toThrow(
      `would stop the balancer that bears ${vip}, and no other one runs yet; let node-1 keep the role balancer`,
    );
    expect(look(topology, { "node-1": holder, "node-2": "started keepalived.service\n" })).not.toThrow();
    // Of a machine that is not applied to, nothing is known.
    expect(look(topology, { "node-1": holder }, topology.machines.slice(0, 1))).not.toThrow();
    expect(look(topology, { "node-1": "started keepalived.service\n" })).not.toThrow();
  });
});

describe("a value that services live with", () => {
  const said = (line: string) => () =>
    preflight(
      threeMachines,
      threeMachines.machines,
      services,
      new Map(threeMachines.machines.map(({ name, address }) => [name, facts(`${line}\n`, address)])),
    );

  it("is refused where the description has another one", () => {
    expect(said("fixed balancer.vrrp.routerId 60")).toThrow(
      'balancer.vrrp.routerId is "51": is 60 on node-1, and balancers with different ones do not hear each other',
    );
    expect(said("fixed cache.masterName old")).toThrow(
      'cache.masterName is "mailbastion": is old on node-3, and a Sentinel keeps the name with which it began',
    );
  });

  it("is no obstacle where it is the same, or nothing lives yet", () => {
    expect(said("fixed balancer.vrrp.routerId 51")).not.toThrow();
    expect(said("fixed cache.masterName")).not.toThrow();
  });
});
