import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import type { PrepareRelease } from "../../../../src/toolkit/runbooks/apply/run-apply.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import { secretRequests } from "../../../../src/toolkit/services/secret-requests.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import type { Machine, Role, Topology } from "../../../../src/toolkit/topology/topology.ts";
import { throwawayVault } from "../../../../src/toolkit/vault/throwaway-vault.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { LEADERS, part, wholeCluster } from "../rolling/whole-cluster.ts";
import { RUN, runbookContext } from "../runbook-context.ts";

/** Another machine of the same network. */
export function machine(number: number, roles: readonly Role[]): Machine {
  const address = `192.168.1.10${number}`;
  return { name: `node-${number}`, address, roles, weight: 10, ssh: { host: address } };
}

/** Three machines and these. */
export function grown(...more: readonly Machine[]): Topology {
  return { ...threeMachines, machines: [...threeMachines.machines, ...more] };
}

const VOTING: readonly Role[] = ["mail", "database", "cache"];
export const five = grown(machine(4, VOTING), machine(5, VOTING));

/** As a Debian machine says it on which nothing listens. */
export function facts({ address }: Machine): string {
  return `os debian\narch x86_64\ninterface ${address} eth0\n`;
}

/** A machine on which nothing of ours is. */
export function blank(one: Machine, more = ""): Answer {
  const survey = [
    "@drained",
    "@vip-mark",
    "@vip",
    "@drains",
    "@prepared",
    "@sessions",
    "@servers",
    "@member",
    "@cache",
    "@master\nCould not connect to Redis",
    "@quorum",
    "@mailnode",
    "@mailcluster",
  ].join("\n");
  return { code: 0, stdout: part("survey", survey) + part("facts", facts(one)) + more, stderr: "" };
}

/** A whole cluster that some machines are no part of yet. */
export function answersWithout(
  topology: Topology,
  names: readonly string[],
  more: (name: string) => string = () => "",
  held = "",
): Map<string, Answer> {
  const rest = { ...topology, machines: topology.machines.filter(({ name }) => !names.includes(name)) };
  const answers = wholeCluster(LEADERS, rest, (name) => {
    const one = rest.machines.find((candidate) => candidate.name === name)!;
    return part("facts", facts(one)) + more(name);
  });
  for (const one of topology.machines) if (names.includes(one.name)) answers.set(one.name, blank(one, held));
  return answers;
}

export const prepare: PrepareRelease = () =>
  Promise.resolve({ id: "1.0.0-abc", archive: "/nowhere/release.tar.gz", runtimes: {} });

/** The steps of a phase whose stages are known beforehand. */
export function stepsOf(phase: Phase): readonly Step[] {
  return phase.decide(new Map()).flat();
}

/** A context whose secrets are made up. */
export function contextOf(topology: Topology): RunbookContext {
  return {
    ...runbookContext(topology),
    secrets: () => throwawayVault(secretRequests(topology, services), RUN.at),
  };
}
