import { describe, expect, it } from "@jest/globals";
import { nftables } from "../../../../src/toolkit/services/nftables/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const node1 = machineNamed(threeMachines, "node-1");

describe("the nftables service", () => {
  it("runs on every machine", () => {
    expect(threeMachines.machines.every((machine) => nftables.runsOn(threeMachines, machine))).toBe(true);
  });

  it("loads the rules again where they are gone though the unit is up, and leaves alone where they are there", () => {
    const [phase] = nftables.form({ topology: threeMachines, secret: (name) => name });
    const answer = (code: number) => ({ code, stdout: "", stderr: "" });
    expect(phase!.observe("node-1").argv).toEqual(["nft", "list", "chain", "inet", "mailbastion", "input"]);
    expect(phase!.decide(new Map([["node-1", answer(0)]]))).toEqual([]);
    const [step, ...more] = phase!
      .decide(
        new Map([
          ["node-1", answer(0)],
          ["node-2", answer(1)],
        ]),
      )
      .flat();
    expect(more).toEqual([]);
    expect(step!.machine).toBe("node-2");
    expect(step!.commands.map(({ argv }) => argv)).toEqual([
      ["systemctl", "reload-or-restart", "mailbastion-firewall.service"],
    ]);
    expect(step!.verify!.command).toEqual(phase!.observe("node-2"));
  });

  it("keeps open the port that mbctl connects to and the one that it may be forwarded to", () => {
    const ports = (port?: number): readonly number[] =>
      nftables
        .listens(threeMachines, { ...node1, ssh: { host: node1.address, ...(port && { port }) } })
        .map((each) => each.port);
    expect(ports()).toEqual([22]);
    expect(ports(22)).toEqual([22]);
    expect(ports(2222)).toEqual([22, 2222]);
  });
});
