import { secretPlaceholder } from "../../support/placeholder.ts";
import type { Service } from "../services/service.ts";
import { PATHS as HAPROXY_PATHS } from "../services/haproxy/paths.ts";
import { PATHS as MAILNODE_PATHS } from "../services/mailnode/names.ts";
import { ask, type Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Machine, Topology } from "../topology/topology.ts";
import { votesIn } from "../topology/voters.ts";
import { marksCommand } from "./drain-marks.ts";
import { machineFactsCommand } from "./machine-facts.ts";
import { runsCommand } from "./runs-reader.ts";
import { SOURCES } from "./sources.ts";

/** A forming phase of a service: it knows what the tier lacks as a whole. */
export interface FormingPhase {
  readonly service: string;
  readonly phase: Phase;
}

/**
 * The phases that can be asked without the vault, and without standard input. What the cluster of the mail nodes lacks
 * has rules of its own: mail is taken without it.
 */
export function formingPhases(topology: Topology, services: readonly Service[]): readonly FormingPhase[] {
  const secret = (name: string) => secretPlaceholder({ name, version: "1" });
  return services
    .filter(({ name }) => name !== "mailnode")
    .flatMap((service) =>
      service.form({ topology, secret }).map((phase) => ({ service: service.name, phase })),
    )
    .filter(({ phase }) => phase.machines.every((machine) => phase.observe(machine).stdin === undefined));
}

/** All that one machine is asked, by names that `collect` reads the answers by. */
export function questionsFor(
  topology: Topology,
  services: readonly Service[],
  phases: readonly FormingPhase[],
  machine: Machine,
): ReadonlyMap<string, Command> {
  const own = services.filter((service) => service.runsOn(topology, machine));
  const packages = own.flatMap((service) => service.packages(topology, machine));
  const observed = phases.filter(({ phase }) => phase.machines.includes(machine.name));
  return new Map<string, Command>([
    ["facts", machineFactsCommand(certificateFolders(topology, machine), [...new Set(packages)])],
    ["vip", ask(["ip", "-o", "-4", "address", "show", "to", `${topology.network.vip}/32`])],
    ["marks", marksCommand],
    ["runs", runsCommand],
    ...own.map((service) => [`probe ${service.name}`, service.probe(topology, machine)] as const),
    ...Object.entries(SOURCES)
      .filter(([name]) => own.some((service) => service.name === name))
      .map(([name, source]) => [`evidence ${name}`, source.command(topology, machine)] as const),
    ...observed.map(({ phase }) => [`phase ${phase.title}`, phase.observe(machine.name)] as const),
  ]);
}

function certificateFolders(topology: Topology, machine: Machine): readonly string[] {
  const { roles } = machine;
  const paths = [
    ...(roles.includes("balancer") ? [HAPROXY_PATHS.publicPem] : []),
    ...(roles.includes("mail") ? [MAILNODE_PATHS.publicPem] : []),
    ...(votesIn(topology, machine, "mail") ? [MAILNODE_PATHS.machinePem] : []),
  ];
  return [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/"))))];
}
