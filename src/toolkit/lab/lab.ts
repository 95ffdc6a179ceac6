import { PORTS } from "../../contract/ports.ts";
import { UserError } from "../../support/errors.ts";
import type { Answer } from "../steps/command.ts";
import type { Machine } from "../topology/topology.ts";
import type { Engine } from "./engine.ts";
import { execIn } from "./exec.ts";
import { systemHost, type Host } from "./host.ts";
import { labPaths, requireLabState, type LabPaths, type LabState } from "./state.ts";

/** A lab that is up: what every tool for its machines takes. */
export interface Lab {
  readonly engine: Engine;
  readonly host: Host;
  readonly paths: LabPaths;
  readonly state: LabState;
}

/** The lab of that name in this project. Throws LAB_UNKNOWN when it is not up. */
export async function openLab(
  engine: Engine,
  project: string,
  name: string,
  host: Host = systemHost,
): Promise<Lab> {
  return { engine, host, paths: labPaths(project, name), state: await requireLabState(project, name) };
}

/** The machine, or a UserError that lists those there are: names come from a command line. */
export function labMachine({ state }: Lab, name: string): Machine & { readonly container: string } {
  const machine = state.topology.machines.find((candidate) => candidate.name === name);
  const container = state.containers[name];
  if (machine && container !== undefined) return { ...machine, container };
  throw new UserError(
    "LAB_MACHINE_UNKNOWN",
    `lab ${state.name} has no machine ${JSON.stringify(name)}`,
    `name one of ${state.topology.machines.map((candidate) => candidate.name).join(", ")}`,
  );
}

/** Runs a program on a machine as root through the engine, so that it also works with the machine's network cut. */
export async function exec(
  lab: Lab,
  machine: string,
  argv: readonly string[],
  timeoutMs?: number,
): Promise<Answer> {
  return execIn(lab.engine.docker, labMachine(lab, machine).container, argv, timeoutMs);
}

/** What a person runs to log in. */
export function sshCommand(lab: Lab, machine: string): readonly string[] {
  const { ssh } = labMachine(lab, machine);
  return [
    "ssh",
    ...["-i", lab.paths.key, "-o", "IdentitiesOnly=yes"],
    ...["-o", `UserKnownHostsFile=${lab.paths.knownHosts}`, "-o", "StrictHostKeyChecking=yes"],
    ...["-p", String(ssh.port ?? PORTS.ssh), `${ssh.user ?? "root"}@${ssh.host}`],
  ];
}
