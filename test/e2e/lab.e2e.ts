import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { exec, sshCommand, type Lab } from "../../src/toolkit/lab/lab.ts";
import { labDown } from "../../src/toolkit/lab/down.ts";
import { cut, heal, isolate } from "../../src/toolkit/lab/links.ts";
import { kill, pause, powerState, start, unpause } from "../../src/toolkit/lab/power.ts";
import { labPaths, readLabState } from "../../src/toolkit/lab/state.ts";
import { labUp } from "../../src/toolkit/lab/up.ts";
import { threeMachines } from "../toolkit/fixtures/three-machines.ts";
import { acquireEngine, acquireLab, labName, noEngine, PROJECT } from "./acquire-lab.ts";
import { shellOn } from "./shell-on.ts";
import { until } from "./until.ts";

jest.setTimeout(60_000);

const described = { ...threeMachines, cluster: "lab-tools" };
const whenEngine = noEngine() === undefined ? describe : describe.skip;

whenEngine("the lab", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await acquireLab(described, "tools");
  }, 600_000);
  afterAll(async () => {
    await labDown(lab.engine, { project: PROJECT, name: labName("tools") });
  }, 120_000);

  const sh = (machine: string, script: string) => shellOn(lab, machine, script);
  const hears = async (machine: string, other: string): Promise<boolean> => {
    const { address } = lab.state.topology.machines.find(({ name }) => name === other)!;
    return (await exec(lab, machine, ["ping", "-c1", "-W1", "-q", address])).code === 0;
  };

  it("gives machines on which every unit started and no service but sshd runs", async () => {
    for (const { name } of lab.state.topology.machines) {
      expect(await sh(name, "systemctl is-system-running")).toBe("running");
      const units = await sh(name, "systemctl list-units --type=service --state=running --plain --no-legend");
      const names = units.split("\n").map((line) => line.split(" ")[0]);
      expect(names).toContain("ssh.service");
      expect(names.filter((unit) => /haproxy|keepalived|mariadb|redis|gluster|nftables/.test(unit!))).toEqual(
        [],
      );
    }
  });

  it("lets the operator in by its own key, with host keys known beforehand and different on each machine", async () => {
    for (const { name } of lab.state.topology.machines) {
      const [program, ...args] = sshCommand(lab, name);
      const said = execFileSync(program!, [...args, "-o", "BatchMode=yes", "hostname"], { encoding: "utf8" });
      expect(said.trim()).toBe(name);
    }
    const known = (await readFile(lab.paths.knownHosts, "utf8")).trim().split("\n");
    expect(new Set(known.map((line) => line.split(" ")[2])).size).toBe(known.length);
    expect(((await stat(lab.paths.key)).mode & 0o777).toString(8)).toBe("600");
  });

  it("is found as it is by a second call", async () => {
    const before = await sh(
      "node-2",
      "cat /proc/sys/kernel/random/boot_id /etc/machine-id; stat -c %Y /proc/1",
    );
    const again = await labUp(lab.engine, described, {
      name: lab.state.name,
      project: PROJECT,
      image: lab.state.image,
      report: () => undefined,
    });
    expect(again.state).toEqual(lab.state);
    expect(
      await sh("node-2", "cat /proc/sys/kernel/random/boot_id /etc/machine-id; stat -c %Y /proc/1"),
    ).toBe(before);
  });

  it("refuses a second call for other machines, and one from another project", async () => {
    const options = {
      name: lab.state.name,
      project: PROJECT,
      image: lab.state.image,
      report: () => undefined,
    };
    const [first, second, third] = described.machines;
    const smaller = { ...described, machines: [first!, second!, { ...third!, roles: ["mail"] as const }] };
    await expect(labUp(lab.engine, smaller, options)).rejects.toMatchObject({
      code: "LAB_DIFFERS",
      message: expect.stringContaining(": node-3"),
    });
    await expect(labUp(lab.engine, described, { ...options, project: "/elsewhere" })).rejects.toMatchObject({
      code: "LAB_NAME_TAKEN",
    });
  });

  it("refuses a network that is in use, and leaves nothing of the attempt", async () => {
    const options = {
      name: labName("overlap"),
      project: PROJECT,
      image: lab.state.image,
      report: () => undefined,
    };
    const attempt = labUp(lab.engine, described, { ...options, cidr: lab.state.topology.network.cidr });
    await expect(attempt).rejects.toMatchObject({ code: "LAB_NETWORK_OVERLAP" });
    expect(await readLabState(labPaths(PROJECT, options.name))).toBeUndefined();
    await expect(stat(labPaths(PROJECT, options.name).directory)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("runs Debian's own units of every service", async () => {
    const units = "nftables haproxy mariadb redis-server redis-sentinel glusterd";
    await sh("node-3", `systemctl start ${units}`);
    // A unit that loops on a refused setting is "activating"; all of these must have stayed up.
    await until("all of them are up", async () => {
      const { stdout } = await exec(lab, "node-3", ["sh", "-c", `systemctl is-active ${units}`]);
      return stdout
        .trim()
        .split("\n")
        .every((state) => state === "active");
    });
    expect(
      await sh(
        "node-3",
        "redis-cli ping && mariadb -e 'select 1' -N && systemctl --failed --plain --no-legend",
      ),
    ).toBe("PONG\n1");
    await sh("node-3", `systemctl stop ${units}`);
  });

  it("has what a firewall, a brick and a FUSE mount need", async () => {
    await sh("node-1", "nft add table inet lab && nft delete table inet lab");
    await sh("node-1", "systemctl start glusterd");
    const { address, brick } = {
      address: lab.state.topology.machines[0]!.address,
      brick: described.storage.brickPath,
    };
    await sh(
      "node-1",
      `mkdir -p ${brick}/b && gluster --mode=script volume create t ${address}:${brick}/b force && gluster volume start t`,
    );
    await sh(
      "node-1",
      `mkdir -p /mnt/t && mount -t glusterfs ${address}:/t /mnt/t && echo kept > /mnt/t/file && umount /mnt/t`,
    );
    expect(await sh("node-1", `cat ${brick}/b/file`)).toBe("kept");
    await sh(
      "node-1",
      "gluster --mode=script volume stop t && gluster --mode=script volume delete t && systemctl stop glusterd",
    );
  });

  it("carries VRRP between machines; a cut makes two holders of the VIP, and healing it one", async () => {
    const [first, second] = lab.state.topology.machines;
    const { vip } = lab.state.topology.network;
    const holders = async (): Promise<string> => {
      const shown = await Promise.all(
        [first!, second!].map(({ name }) => sh(name, "ip -4 -br address show eth0")),
      );
      return [first!, second!]
        .filter((_machine, index) => shown[index]!.includes(`${vip}/`))
        .map(({ name }) => name)
        .join(" ");
    };
    for (const [machine, peer, priority] of [
      [first!, second!, 101],
      [second!, first!, 100],
    ] as const) {
      const config = keepalived(machine.address, peer.address, vip, priority);
      await sh(
        machine.name,
        `printf '%s' '${config}' > /etc/keepalived/keepalived.conf && systemctl restart keepalived`,
      );
    }
    await until("node-1 alone holds the VIP", async () => (await holders()) === "node-1");
    await cut(lab, "node-1", "node-2");
    await until("both hold the VIP", async () => (await holders()) === "node-1 node-2");
    await heal(lab);
    await until("node-1 alone holds the VIP again", async () => (await holders()) === "node-1");
    await kill(lab, "node-1");
    await until("node-2 holds the VIP", async () =>
      (await sh("node-2", "ip -4 -br address show eth0")).includes(`${vip}/`),
    );
    await start(lab, "node-1");
    for (const { name } of [first!, second!]) await sh(name, "systemctl stop keepalived");
  });

  it("cuts one way, both ways, and a machine from all, also past a firewall that is loaded again", async () => {
    await cut(lab, "node-1", "node-2", true);
    await sh("node-2", "nft flush ruleset");
    expect(await hears("node-3", "node-1")).toBe(true);
    expect(await hears("node-1", "node-2")).toBe(false);
    await heal(lab);
    expect(await hears("node-1", "node-2")).toBe(true);

    await isolate(lab, "node-3");
    expect(await hears("node-1", "node-3")).toBe(false);
    expect(await hears("node-3", "node-2")).toBe(false);
    expect(await sh("node-3", "ping -c1 -W1 -q 127.0.0.1 >/dev/null && echo up")).toBe("up");
    await heal(lab);
    expect(await hears("node-3", "node-2")).toBe(true);
  });

  it("keeps disks and host keys through a loss of power, and nothing in memory", async () => {
    await sh(
      "node-2",
      "echo data > /var/lib/mailbastion/kept; echo conf > /etc/kept; echo gone > /run/gone; sync",
    );
    await kill(lab, "node-2");
    expect(await powerState(lab, "node-2")).toBe("off");
    await start(lab, "node-2");
    expect(
      await sh("node-2", "cat /var/lib/mailbastion/kept /etc/kept; ls /run/gone 2>/dev/null || true"),
    ).toBe("data\nconf");
    const [program, ...args] = sshCommand(lab, "node-2");
    expect(
      execFileSync(program!, [...args, "-o", "BatchMode=yes", "hostname"], { encoding: "utf8" }).trim(),
    ).toBe("node-2");
  });

  it("freezes a machine, which can then still lose its power", async () => {
    await pause(lab, "node-3");
    expect(await powerState(lab, "node-3")).toBe("paused");
    await unpause(lab, "node-3");
    expect(await powerState(lab, "node-3")).toBe("running");
    await pause(lab, "node-3");
    await kill(lab, "node-3");
    await start(lab, "node-3");
    expect(await hears("node-3", "node-1")).toBe(true);
  });

  it("leads nowhere, and leaves nothing behind when it is taken down", async () => {
    const gone = await acquireLab({ ...described, machines: described.machines.slice(0, 1) }, "gone");
    const { name } = gone.state;
    const { address } = gone.state.topology.machines[0]!;
    // This machine has just reached it there; another lab's machine must not.
    const reach = ["timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/${address}/22`];
    expect((await exec(lab, "node-1", reach)).code).toBe(124);
    expect((await exec(lab, "node-1", ["getent", "hosts", "example.com"])).code).toBe(2);
    const { cidr } = gone.state.topology.network;
    const engine = await acquireEngine();
    expect(await labDown(engine, { project: PROJECT, name })).toEqual({
      containers: 1,
      volumes: 5,
      networks: 1,
    });
    const filters = { label: [`mailbastion.lab=${name}`] };
    expect(await engine.docker.listContainers({ all: true, filters })).toEqual([]);
    expect((await engine.docker.listVolumes({ filters })).Volumes).toEqual([]);
    expect(await engine.docker.listNetworks({ filters })).toEqual([]);
    expect(execFileSync("ip", ["route", "show", cidr], { encoding: "utf8" })).toBe("");
    await expect(stat(gone.paths.directory)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await labDown(engine, { project: PROJECT, name })).toEqual({
      containers: 0,
      volumes: 0,
      networks: 0,
    });
  });
});

function keepalived(own: string, peer: string, vip: string, priority: number): string {
  return `global_defs {
  vrrp_version 3
}
vrrp_instance lab {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.3
  unicast_src_ip ${own}
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
    ${vip}/24
  }
}
`;
}
