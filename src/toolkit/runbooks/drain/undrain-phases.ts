import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { removeMark } from "../../services/drain-marks.ts";
import * as haproxy from "../../services/haproxy/drain.ts";
import { mayBearVip } from "../../services/keepalived/handover.ts";
import { isNodeReady } from "../../services/mailnode/drain.ts";
import { beEligible, isEligible } from "../../services/redis/drain.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import { backInto } from "./mail-steps.ts";

/**
 * Gives a machine back, in the reverse order of its drain: what it does itself first, and the balancers when it does
 * it. No group: what is given back stays so when a later step fails.
 *
 * @param balancers those that can be told, in the order of the topology
 */
export function undrainPhases(machine: Machine, balancers: readonly string[]): readonly Phase[] {
  return [
    ...bearVipPhase(machine),
    takeMarkOffPhase(machine),
    ...chooseCachePhase(machine),
    ...returnPhases(machine, balancers),
  ];
}

/**
 * The same after its services were started, and `phasesWhileStarting` gone through on the way.
 *
 * @param balancers those that can be told, in the order of the topology
 */
export function undrainStartedPhases(machine: Machine, balancers: readonly string[]): readonly Phase[] {
  return [takeMarkOffPhase(machine), ...returnPhases(machine, balancers)];
}

/**
 * What has to be given back before a service is started, by the service's name: nobody bears the VIP, and no cache becomes
 * the master, where this machine is the only one left and is still kept from it.
 */
export function phasesWhileStarting(machine: Machine): Readonly<Record<string, readonly Phase[]>> {
  return { sentinel: chooseCachePhase(machine), keepalived: bearVipPhase(machine) };
}

function bearVipPhase({ name, roles }: Machine): readonly Phase[] {
  if (!roles.includes("balancer")) return [];
  const step = { title: "take the VIP's mark off", machine: name, commands: mayBearVip() };
  return [plannedPhase(`let ${name} bear the VIP again`, [[step]])];
}

function takeMarkOffPhase({ name, roles }: Machine): Phase {
  const step: Step = {
    title: "take the mark off",
    machine: name,
    commands: [removeMark(DRAIN_MARKS.drained)],
    ...(roles.includes("mail") && { verify: isNodeReady() }),
  };
  return plannedPhase(`take the mark off ${name}`, [[step]]);
}

function chooseCachePhase(machine: Machine): readonly Phase[] {
  if (!machine.roles.includes("cache")) return [];
  const step = {
    title: "let Sentinel choose this cache again",
    machine: machine.name,
    commands: [beEligible(machine)],
    verify: isEligible(machine),
  };
  return [plannedPhase(`let Sentinel choose the cache of ${machine.name} again`, [[step]])];
}

/** What the balancers see of it, and do about it. */
function returnPhases({ name, roles }: Machine, balancers: readonly string[]): readonly Phase[] {
  const phases: Phase[] = [];
  const add = (title: string, stage: Stage) => phases.push(plannedPhase(title, [stage]));
  if (roles.includes("database"))
    add(
      `see that the balancers have the database of ${name} again`,
      balancers.map((balancer) => ({
        title: `see that the database of ${name} is up`,
        machine: balancer,
        commands: [],
        verify: haproxy.hasReturned("database", name),
      })),
    );
  if (roles.includes("mail"))
    add(
      `put ${name} back into every balancer`,
      balancers.map((balancer) => backInto(balancer, name)),
    );
  return phases;
}
