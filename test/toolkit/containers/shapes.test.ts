import { describe, expect, it } from "@jest/globals";
import { shapes } from "../../../src/toolkit/containers/shapes.ts";
import type { Role, Topology } from "../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { twoAndAWitness } from "../fixtures/two-and-a-witness.ts";

const lab = {
  image: "mailbastion/machine:0123456789ab",
  prefix: "lab-acme",
  labels: { "mailbastion.lab": "acme" },
  lab: true,
  authorizedKey: "ssh-ed25519 AAAA operator",
};

describe("shapes", () => {
  it("makes the three machines of the example, as a lab", () => {
    expect(shapes(threeMachines, lab)).toMatchSnapshot();
  });

  it("makes the three machines of the example, as a deployment", () => {
    expect(shapes(threeMachines)).toMatchSnapshot();
  });

  it("is the same to the last byte whatever the order of roles and labels", () => {
    const turned: Topology = {
      ...threeMachines,
      machines: threeMachines.machines.map((machine) => ({ ...machine, roles: machine.roles.toReversed() })),
    };
    const labels = { b: "2", a: "1" };
    const straight = JSON.stringify(shapes(threeMachines, { ...lab, labels: { a: "1", b: "2" } }));
    expect(JSON.stringify(shapes(turned, { ...lab, labels }))).toBe(straight);
  });

  it.each<[Role, readonly string[], readonly string[], readonly string[]]>([
    ["balancer", ["NET_ADMIN"], [], []],
    ["database", ["NET_ADMIN"], [], ["/var/lib/mysql"]],
    ["cache", ["NET_ADMIN"], [], ["/var/lib/redis"]],
    ["mail", ["NET_ADMIN", "SYS_ADMIN"], ["/dev/fuse"], ["/var/lib/mailbastion"]],
    ["storage", ["NET_ADMIN", "SYS_ADMIN"], ["/dev/fuse"], ["/srv/mailbastion/brick", "/var/lib/glusterd"]],
  ])(
    "gives a machine that is %s alone no right, device or volume beyond its role's",
    (role, capabilities, devices, paths) => {
      const [machine] = shapes(alone(role), lab).containers;
      expect(machine!.capabilities).toEqual(capabilities);
      expect(machine!.devices).toEqual(devices);
      expect(machine!.volumes.map(({ path }) => path)).toEqual(paths);
    },
  );

  it("lets a witness keep what its votes rest on, and nothing of the data", () => {
    const witness = shapes(twoAndAWitness, lab).containers[2]!;
    expect(witness.capabilities).toEqual(["NET_ADMIN", "SYS_ADMIN"]);
    expect(witness.volumes.map(({ path }) => path)).toEqual([
      "/var/lib/mailbastion-garb",
      "/srv/mailbastion/brick",
      "/var/lib/glusterd",
      "/var/lib/mailbastion",
    ]);
  });

  it("lets only balancers bind an address that they do not hold", () => {
    const containers = shapes(threeMachines, lab).containers;
    expect(containers.map(({ sysctls }) => sysctls["net.ipv4.ip_nonlocal_bind"])).toEqual([
      "1",
      "1",
      undefined,
    ]);
  });

  it("keeps a killed machine down in the lab only, and gives databases time to stop in both", () => {
    const made = [shapes(threeMachines, lab), shapes(threeMachines)].map(({ containers }) => containers[0]!);
    expect(made.map(({ restart }) => restart)).toEqual(["no", "unless-stopped"]);
    expect(
      made.every(({ stopSignal, stopTimeoutS }) => stopSignal === "SIGRTMIN+3" && stopTimeoutS > 900),
    ).toBe(true);
  });

  it("gives the engine the first address that no machine and not the VIP has", () => {
    const low = { ...threeMachines, network: { cidr: "192.168.1.0/24", vip: "192.168.1.1" } };
    expect(shapes(low).networks[0]!.gateway).toBe("192.168.1.2");
  });

  it("names every volume that is mounted once, and no other", () => {
    const { containers, volumes } = shapes(threeMachines, lab);
    expect(volumes.map(({ name }) => name)).toEqual(
      containers.flatMap((machine) => machine.volumes.map(({ volume }) => volume)),
    );
    expect(new Set(volumes.map(({ name }) => name)).size).toBe(volumes.length);
  });
});

function alone(role: Role): Topology {
  return { ...threeMachines, machines: [{ ...threeMachines.machines[0]!, roles: [role] }] };
}
