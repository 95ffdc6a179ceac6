import type { Resolver } from "../../../support/placeholder.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { mailnode } from "../../services/mailnode/service.ts";
import type { Service } from "../../services/service.ts";
import type { Phase } from "../../steps/phase.ts";
import { releasePhase, releaseRestartPhase, type Release } from "../../release/index.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { departuresPhase } from "./departures.ts";
import { driftPhase } from "./drift.ts";
import { filesPhase } from "./files.ts";
import { healthPhase } from "./health.ts";
import { packagesPhase } from "./packages.ts";
import { unitsPhase } from "./units.ts";
import { usersPhase } from "./users.ts";

export interface ApplyInput {
  readonly topology: Topology;
  /** In the order of starting. */
  readonly services: readonly Service[];
  /** Of the machines to apply to: all of the topology, or those that a stack holds. */
  readonly bundles: readonly Bundle[];
  readonly release: Release;
  readonly resolverOf: (machine: string) => Resolver;
  /** The placeholder of a secret as the vault holds it now. */
  readonly secret: (name: string) => string;
  /** Writes over what was changed by hand, instead of refusing. */
  readonly overwrite: boolean;
}

/**
 * The first deployment and every later one: the same phases, each of which looks first and does what is left.
 *
 * Can be ended at any point and run again. Services start in the order of the registry, and each tier is
 * formed before the next one starts, so that a machine is never in service before what it stands on. A tier of
 * which only some machines are applied to is not formed: nobody may decide for members that were not asked.
 */
export function applyPhases(input: ApplyInput): readonly Phase[] {
  const { topology, services, bundles } = input;
  const context = { topology, secret: input.secret };
  const chosen = new Set(bundles.map(({ machine }) => machine));
  const each = (phase: Phase): Phase => ({
    ...phase,
    machines: phase.machines.filter((name) => chosen.has(name)),
  });
  const whole = (forming: readonly Phase[]): readonly Phase[] =>
    forming.every((phase) => phase.machines.every((name) => chosen.has(name))) ? forming : [];
  const mailMachines = votersIn(topology, "mail").map(({ name }) => name);
  const mailProbe = (name: string) => mailnode.probe(topology, machineNamed(topology, name));
  const files = filesPhase(topology, services, bundles, input.resolverOf);
  return [
    ...(input.overwrite ? [] : [driftPhase(bundles, input.resolverOf, topology.network.vip)]),
    each(packagesPhase(topology, services)),
    each(usersPhase(topology, services)),
    departuresPhase(topology, services, [...chosen]),
    // Before the files: the mail node's configuration is checked by the program that will read it. Taken back with them,
    // as the earlier files are those of the earlier program.
    each(releasePhase(input.release, mailMachines, { group: files.group!, probe: mailProbe })),
    files,
    ...services.flatMap((service) => [each(unitsPhase(topology, service)), ...whole(service.form(context))]),
    each(releaseRestartPhase(mailMachines, mailProbe)),
    ...services.map((service) => each(healthPhase(topology, service))),
  ].filter((phase) => phase.machines.length > 0);
}
