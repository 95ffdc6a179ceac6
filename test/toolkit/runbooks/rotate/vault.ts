import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import { secretRequests } from "../../../../src/toolkit/services/secret-requests.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { openVault, type Vault } from "../../../../src/toolkit/vault/vault.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { newProject, type Project } from "../../vault/fixtures.ts";
import { facts } from "../machines/whole.ts";
import { runbookContext } from "../runbook-context.ts";

/** The real vault of a cluster in a folder, and a context that opens it. */
export async function withVault(
  topology: Topology = threeMachines,
): Promise<{ context: RunbookContext; vault: Vault; project: Project }> {
  const project = await newProject();
  const { context, vault } = await opened(project, topology);
  return { context, vault, project };
}

/** Opened again, as by another process. */
export async function opened(project: Project, topology: Topology = threeMachines) {
  const vault = await openVault(project.options);
  await vault.ensure(secretRequests(topology, services));
  const context = { ...runbookContext(topology), secrets: () => Promise.resolve(vault) };
  return { context, vault };
}

/** What every machine says before an apply. */
export function factsOf(topology: Topology = threeMachines): ReadonlyMap<string, Answer> {
  return new Map(
    topology.machines.map((machine) => [machine.name, { code: 0, stdout: facts(machine), stderr: "" }]),
  );
}
