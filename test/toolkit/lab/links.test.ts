import { describe, expect, it } from "@jest/globals";
import type Docker from "dockerode";
import type { Lab } from "../../../src/toolkit/lab/lab.ts";
import { cut, heal, isolate } from "../../../src/toolkit/lab/links.ts";
import { labPaths } from "../../../src/toolkit/lab/state.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { FakeHost, type FakeHostOptions } from "./fake-host.ts";

/** node-1 runs as process 101 with MAC address 02:00:00:00:00:01, and so on; node-3 has no power. */
function labWith(answer?: FakeHostOptions["answer"]): { readonly lab: Lab; readonly host: FakeHost } {
  const host = new FakeHost(answer ? { answer } : {});
  const inspect = (container: string) => {
    const number = Number(container.at(-1));
    const runs = number !== 3;
    return Promise.resolve({
      State: { Pid: runs ? 100 + number : 0 },
      NetworkSettings: { Networks: { "lab-acme": { MacAddress: runs ? `02:00:00:00:00:0${number}` : "" } } },
    });
  };
  const docker = { getContainer: (name: string) => ({ inspect: () => inspect(name) }) } as unknown as Docker;
  const lab: Lab = {
    engine: { docker, version: "20.10" },
    host,
    paths: labPaths("/project", "acme"),
    state: {
      name: "acme",
      image: "mailbastion/machine:1",
      gateway: "192.168.1.1",
      network: "lab-acme",
      topology: threeMachines,
      containers: Object.fromEntries(threeMachines.machines.map(({ name }) => [name, `lab-acme-${name}`])),
    },
  };
  return { lab, host };
}

const rules = (host: FakeHost): string[] => host.commands.filter((command) => / -[AFX] /.test(command));

describe("links", () => {
  it("cuts both ways, each at its receiver and by the sender's MAC address", async () => {
    const { lab, host } = labWith();
    await cut(lab, "node-1", "node-2");
    expect(rules(host)).toEqual([
      "nsenter -t 102 -n iptables-legacy -w -A MAILBASTION-LAB-IN -m mac --mac-source 02:00:00:00:00:01 -j DROP",
      "nsenter -t 101 -n iptables-legacy -w -A MAILBASTION-LAB-IN -m mac --mac-source 02:00:00:00:00:02 -j DROP",
    ]);
  });

  it("cuts one way at the receiver alone", async () => {
    const { lab, host } = labWith();
    await cut(lab, "node-1", "node-2", true);
    expect(rules(host)).toHaveLength(1);
    expect(rules(host)[0]).toContain("-t 102 ");
  });

  it("isolates a machine in both directions, loopback excepted", async () => {
    const { lab, host } = labWith();
    await isolate(lab, "node-2");
    expect(rules(host)).toEqual([
      "nsenter -t 102 -n iptables-legacy -w -A MAILBASTION-LAB-IN ! -i lo -j DROP",
      "nsenter -t 102 -n iptables-legacy -w -A MAILBASTION-LAB-OUT ! -o lo -j DROP",
    ]);
  });

  it("heals every machine that has power, and only with its own chains", async () => {
    const { lab, host } = labWith();
    await heal(lab);
    const pids = host.commands.map((command) => /-t (\d+)/.exec(command)![1]);
    expect([...new Set(pids)]).toEqual(["101", "102"]);
    expect(rules(host).every((command) => command.includes("MAILBASTION-LAB-"))).toBe(true);
  });

  it("takes the other iptables where the kernel lacks the legacy tables", async () => {
    const { lab, host } = labWith((command) =>
      command.includes("iptables-legacy") ? { code: 3 } : undefined,
    );
    await isolate(lab, "node-1");
    expect(rules(host)).toEqual([
      expect.stringContaining(" iptables -w -A "),
      expect.stringContaining(" iptables -w -A "),
    ]);
  });

  it("says why a cut cannot be made", async () => {
    const { lab } = labWith();
    await expect(cut(lab, "node-3", "node-1")).rejects.toMatchObject({
      code: "LAB_CUT_FAILED",
      message: "the network of machine node-3 could not be cut: it is not running",
    });
    await expect(isolate(lab, "node-3")).rejects.toMatchObject({ code: "LAB_CUT_FAILED" });
    await expect(isolate(labWith(() => ({ code: 1 })).lab, "node-1")).rejects.toMatchObject({
      message: expect.stringContaining("neither iptables-legacy nor iptables works"),
    });
    await expect(cut(lab, "node-1", "node-9")).rejects.toMatchObject({
      code: "LAB_MACHINE_UNKNOWN",
      remedy: "name one of node-1, node-2, node-3",
    });
  });
});
