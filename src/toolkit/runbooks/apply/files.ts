import type { Resolver } from "../../../support/placeholder.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import { actionSteps, disturbs, restarts } from "./file-actions.ts";
import { areSeedsUnread, fileChanges, type FileChanges } from "./file-changes.ts";
import { observeFiles, parseFileState } from "./file-state.ts";
import { adoptStep, stagingStep, swapStep } from "./file-steps.ts";
import { provenElsewhere } from "./unproven.ts";

/**
 * Puts the files of every machine.
 *
 * All are staged and checked by the real programs on all machines first, so that one file refused on one machine leaves
 * every machine as it was. Then they are swapped: at once where no service that works is touched, otherwise machine by
 * machine, each proven before the next, those first that an earlier apply got to, and last the one on which most hangs, the
 * holder of the VIP. Before a restart that others of the service could be hurt by, all of them are asked. Where a service
 * does not work with its new files, all machines get back the earlier ones.
 */
export function filesPhase(
  topology: Topology,
  services: readonly Service[],
  bundles: readonly Bundle[],
  resolverOf: (machine: string) => Resolver,
): Phase {
  const bundleOf = new Map(bundles.map((bundle) => [bundle.machine, bundle]));
  const unitsOf = (name: string) => {
    const machine = machineNamed(topology, name);
    return services
      .filter((service) => service.runsOn(topology, machine))
      .flatMap((service) => service.units(topology, machine));
  };
  const gateOf = (service: string) => services.find(({ name }) => name === service)?.restartGate?.();
  return {
    title: "put files",
    group: "put files",
    machines: bundles.map((bundle) => bundle.machine),
    observe: (machine) =>
      observeFiles(
        bundleOf.get(machine)!,
        unitsOf(machine).map((unit) => unit.name),
        topology.network.vip,
      ),
    decide: (answers) => {
      const states = new Map([...answers].map(([machine, answer]) => [machine, parseFileState(answer)]));
      const seedsUnread = areSeedsUnread(topology, bundles, states);
      const changes = [...states].map(([machine, state]) =>
        fileChanges(bundleOf.get(machine)!, state, resolverOf(machine), seedsUnread),
      );
      const stepsOf = (change: FileChanges): Stage => {
        const bundle = bundleOf.get(change.machine)!;
        const state = states.get(change.machine)!;
        return [
          ...(change.adopt.length > 0 ? [adoptStep(change)] : []),
          ...(changesAnything(change) ? [swapStep(change, bundle, state, gateOf)] : []),
          ...actionSteps(topology, services, bundle, change, state),
        ];
      };
      const restartsOf = (change: FileChanges): ReadonlySet<string> =>
        restarts(bundleOf.get(change.machine)!, change, states.get(change.machine)!);
      const gatesBefore = (change: FileChanges): Stage => {
        const restarted = restartsOf(change);
        return restartGates(
          topology,
          services.filter(({ name }) => restarted.has(name)),
          change.machine,
          [...states.keys()],
        );
      };
      const isBusy = (change: FileChanges): boolean =>
        disturbs(bundleOf.get(change.machine)!, change, states.get(change.machine)!);
      const rolling = changes
        .filter(isBusy)
        .toSorted((a, b) => states.get(a.machine)!.standing - states.get(b.machine)!.standing);
      return [
        changes
          .filter(({ write }) => write.length > 0)
          .map((change) => stagingStep(change, states.get(change.machine)!)),
        changes.filter((change) => !isBusy(change)).flatMap(stepsOf),
        provenElsewhere(
          topology,
          services,
          changes.map((change) => ({
            change,
            state: states.get(change.machine)!,
            restarts: restartsOf(change),
          })),
        ),
        // Before the swap: what takes that back restarts the service too.
        ...rolling.flatMap((change) => [gatesBefore(change), stepsOf(change)]),
      ].filter((stage) => stage.length > 0);
    },
  };
}

/** Asks all machines of each service that is to be restarted on one of them, and waits where it may not be yet. */
function restartGates(
  topology: Topology,
  restarted: readonly Service[],
  machine: string,
  asked: readonly string[],
): Stage {
  return restarted.flatMap((service) => {
    const verify = service.restartGate?.();
    if (!verify) return [];
    return asked
      .filter((name) => service.runsOn(topology, machineNamed(topology, name)))
      .map((name) => ({
        title: `wait until ${service.name} may be restarted on ${machine}`,
        machine: name,
        commands: [],
        verify,
      }));
  });
}

function changesAnything({ write, remove, manifest }: FileChanges): boolean {
  return write.length > 0 || remove.length > 0 || manifest;
}
