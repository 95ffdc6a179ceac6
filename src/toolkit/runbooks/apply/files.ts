import type { Resolver } from "../../../support/placeholder.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import { actionStages } from "./file-actions.ts";
import { fileChanges, type FileChanges } from "./file-changes.ts";
import { observeFiles, parseFileState } from "./file-state.ts";
import { stagingStep, swapStep } from "./file-steps.ts";

/**
 * Puts the files of every machine: all staged and checked by the real programs on all machines first, so that
 * one file refused on one machine leaves every machine as it was; then swapped; then reloaded and restarted.
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
  return {
    title: "put files",
    machines: bundles.map((bundle) => bundle.machine),
    observe: (machine) =>
      observeFiles(
        bundleOf.get(machine)!,
        unitsOf(machine).map((unit) => unit.name),
      ),
    decide: (answers) => {
      const states = new Map([...answers].map(([machine, answer]) => [machine, parseFileState(answer)]));
      const changes = [...states].map(([machine, state]) =>
        fileChanges(bundleOf.get(machine)!, state, resolverOf(machine)),
      );
      return [
        changes.filter(({ write }) => write.length > 0).map(stagingStep),
        changes
          .filter(changesAnything)
          .map((change) => swapStep(change, bundleOf.get(change.machine)!, states.get(change.machine)!)),
        ...actionStages(topology, services, bundles, changes, states),
      ].filter((stage: Stage) => stage.length > 0);
    },
  };
}

function changesAnything({ write, remove, manifest }: FileChanges): boolean {
  return write.length > 0 || remove.length > 0 || manifest;
}
