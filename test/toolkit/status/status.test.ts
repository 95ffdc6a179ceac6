import { describe, expect, it } from "@jest/globals";
import { UserError } from "../../../src/support/errors.ts";
import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import { collectStatus } from "../../../src/toolkit/status/collect.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { statusTable } from "../../../src/toolkit/status/table.ts";
import { ask, type Answer, type Command } from "../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { toyService } from "../fixtures/toy-service.ts";

const ok: Answer = { code: 0, stdout: "", stderr: "" };

/** Answers for machines that cannot be had in a unit test; the end-to-end tests ask real ones. */
function answering(answer: (machine: string, command: Command) => Answer): Transport {
  return {
    run: (machine, command) => Promise.resolve().then(() => answer(machine, command)),
    close: () => Promise.resolve(),
  };
}

const holder = (machine: string, command: Command): Answer =>
  command.argv[0] === "ip" && machine === "node-1" ? { ...ok, stdout: "2: eth0 inet 192.168.1.100/32" } : ok;
const collect = (transport: Transport, services = [toyService("x", {})]) =>
  collectStatus(threeMachines, services, transport);

describe("the status of a cluster", () => {
  it("is whole when every probe answers and one balancer bears the VIP", async () => {
    const status = await collect(answering(holder));
    expect(status.vipHolders).toEqual(["node-1"]);
    expect(findings(status)).toEqual([]);
    expect(statusTable(status)).toContain("acme is whole");
  });

  it("shows a dead machine as a row and says why, and goes on with the others", async () => {
    const status = await collect(
      answering((machine, command) => {
        if (machine === "node-3")
          throw new UserError("SSH_TIMEOUT", "node-3 does not answer", "see whether it runs");
        return holder(machine, command);
      }),
    );
    expect(findings(status)).toEqual(["node-3 cannot be reached: node-3 does not answer"]);
    expect(status.machines.map(({ services }) => services.length)).toEqual([1, 1, 0]);
  });

  it("shows a probe that hangs as its service, not as the machine", async () => {
    const slow = (machine: string, command: Command): Answer => {
      if (machine === "node-2" && command.argv[1] === "slow")
        throw new UserError("SSH_TIMEOUT", "took longer than 20 s", "look");
      return holder(machine, command);
    };
    const status = await collect(answering(slow), [toyService("x", {}), toyService("slow", {})]);
    expect(findings(status)).toEqual(["slow on node-2 does not do its work: took longer than 20 s"]);
  });

  it("shows two holders of the VIP, and none", async () => {
    const split = await collect(
      answering((_machine, command) => (command.argv[0] === "ip" ? { ...ok, stdout: "inet" } : ok)),
    );
    expect(findings(split)).toEqual([expect.stringContaining("node-1 and node-2 bear the VIP at once")]);
    expect(findings(await collect(answering(() => ok)))).toEqual([
      "no balancer bears the VIP: clients reach nobody",
    ]);
  });

  it("says which service fails where, in the words of its probe", async () => {
    const failing = (machine: string, command: Command) =>
      command.argv[0] === "probe" && machine === "node-2"
        ? { code: 1, stdout: "", stderr: "noise\nmet are 2 of 4\n" }
        : holder(machine, command);
    expect(findings(await collect(answering(failing)))).toEqual([
      "x on node-2 does not do its work: met are 2 of 4",
    ]);
  });

  it("quotes of a probe's words those that say something", async () => {
    const said = (stderr: string) => (machine: string, command: Command) =>
      command.argv[0] === "probe" && machine === "node-2"
        ? { code: 1, stdout: "", stderr }
        : holder(machine, command);
    const nft =
      "Error: No such file or directory\nlist chain inet mailbastion input\n                ^^^^^^^^^^^\n";
    expect(findings(await collect(answering(said(nft))))).toEqual([
      "x on node-2 does not do its work: Error: No such file or directory",
    ]);
    expect(findings(await collect(answering(said("\n"))))).toEqual([
      "x on node-2 does not do its work: exit code 1",
    ]);
  });

  it("names what a tier lacks as a whole, with the command to type", async () => {
    const refusing = {
      ...toyService("galera", {}),
      form: () => [
        {
          title: "form",
          machines: ["node-1"],
          observe: () => ask(["look"]),
          decide: () => {
            throw new UserError("NO_PRIMARY", "no primary component", "galera_new_cluster on node-2");
          },
        },
      ],
    };
    expect(findings(await collect(answering(holder), [refusing]))).toEqual([
      "galera: no primary component\n    type: galera_new_cluster on node-2",
    ]);
  });
});
