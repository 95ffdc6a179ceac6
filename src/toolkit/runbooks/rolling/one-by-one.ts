import { followsLeader } from "../../services/mailnode/members.ts";
import { doesItsWork, wholeWithinMs } from "../../services/does-its-work.ts";
import type { Service } from "../../services/service.ts";
import { plannedPhase, plannedStages, titledFor, type Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import type { DrainArguments } from "../drain/arguments.ts";
import { planDrain } from "../drain/plan-drain.ts";
import { undrainPhases } from "../drain/undrain-phases.ts";
import type { Look } from "./look.ts";

/** How sessions are treated when a machine is drained for the work. */
export type DrainTimes = Pick<DrainArguments, "reason" | "timeoutMs" | "handoverMs" | "endSessions">;

/** What is done to a machine while it is drained. */
export interface Work {
  readonly machine: Machine;
  readonly phases: readonly Phase[];
}

interface Surroundings {
  readonly topology: Topology;
  readonly services: readonly Service[];
  readonly look: Look;
  readonly times: DrainTimes;
  readonly run: RunIdentity;
}

/**
 * Takes a batch of machines out, does the work on each, proves that the whole cluster is in order and gives them back.
 * A drain that fails puts its machine back; after that the machine stays drained where something fails.
 */
export function workOnBatch(batch: readonly Work[], around: Surroundings): readonly Phase[] {
  const { topology, services, look, times, run } = around;
  const balancers = machinesWith(topology, "balancer").map(({ name }) => name);
  const drains = batch.map(({ machine }) =>
    planDrain(topology, { ...times, machine: machine.name }, look.surveys, run, "maintenance"),
  );
  const names = batch.map(({ machine }) => machine.name).join(", ");
  return [
    ...drains.flatMap(({ machine, phases }) => phases.map((phase) => titledFor(phase, machine.name))),
    ...drains.map(({ beforeStopping }) => beforeStopping),
    ...sideBySide(batch),
    plannedPhase(`see that the cluster is whole with ${names}`, [
      wholeStage(topology, services),
      ...memberStages(batch, look),
    ]),
    ...batch.flatMap(({ machine }) =>
      undrainPhases(machine, balancers).map((phase) => titledFor(phase, machine.name)),
    ),
  ];
}

/** The phases of all machines, the first of each, then the second of each. Their stages are known beforehand. */
function sideBySide(batch: readonly Work[]): readonly Phase[] {
  if (batch.length === 1) return batch[0]!.phases;
  const length = Math.max(...batch.map(({ phases }) => phases.length));
  return Array.from({ length }, (_, index) => {
    const each = batch.flatMap(({ phases }) => phases[index] ?? []);
    const stages = each.map((phase) => plannedStages(phase));
    const depth = Math.max(...stages.map((list) => list.length));
    const merged = Array.from({ length: depth }, (_unused, at): Stage =>
      stages.flatMap((list) => list[at] ?? []),
    );
    return plannedPhase(each.map(({ title }) => title).join(", "), merged);
  });
}

function memberStages(batch: readonly Work[], look: Look): readonly Stage[] {
  const members = batch.filter(({ machine }) => isMember(machine.name, look));
  return [members.map(({ machine }) => hasItsSay(machine.name))];
}

/** Whether a machine's mail node was a member of their cluster. Where there is no cluster, there is none to find back to. */
export function isMember(machine: string, { surveys }: Look): boolean {
  return surveys.get(machine)?.mailNode?.cluster?.standing !== undefined;
}

/** A mail node that was away must have its say again before the next one goes. */
export function hasItsSay(machine: string): Step {
  return {
    title: "wait until its mail node follows a leader",
    machine,
    commands: [],
    verify: followsLeader(),
  };
}

/** Every service on every machine does its work: all members synced, nothing left to heal, the VIP answers. */
function wholeStage(topology: Topology, services: readonly Service[]): Stage {
  return topology.machines.flatMap((machine) =>
    services
      .filter((service) => service.runsOn(topology, machine))
      .map((service): Step => ({
        title: `wait for ${service.name}`,
        machine: machine.name,
        commands: [],
        verify: doesItsWork(topology, service, machine, wholeWithinMs(service)),
      })),
  );
}
