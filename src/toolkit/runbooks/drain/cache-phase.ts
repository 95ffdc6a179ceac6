import { beEligible, bePassedOver, isPassedOver } from "../../services/redis/drain.ts";
import { hasMasterMoved, isMasterElsewhere, moveMaster } from "../../services/sentinel/failover.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import { earlierMark, type DrainInput } from "./drain-input.ts";

/**
 * Keeps the cache of the machine from becoming the master, and makes another one the master where it is. Nothing where
 * it does not answer: Sentinel has left it already.
 */
export function cachePhase(input: DrainInput, group: string): readonly Phase[] {
  const { machine, surveys, topology } = input;
  const cache = surveys.get(machine.name)?.cache;
  if (!cache || cache.role === "none") return [];
  const passOver: Stage = [
    {
      title: "keep Sentinel from making this cache the master",
      machine: machine.name,
      commands: [bePassedOver(machine)],
      verify: isPassedOver(machine),
      ...(earlierMark(input) === undefined && { undo: [beEligible(machine)] }),
    },
  ];
  const others = [...surveys.values()].filter(
    (other) => other.machine.name !== machine.name && other.sentinel?.master !== undefined,
  );
  // Whoever moves it also tells the old master, with the caches' own password: a witness has none of them.
  const sentinel = others.find((other) => other.cache !== undefined);
  const failover: Stage = sentinel
    ? [
        {
          title: `make another cache than ${machine.name} the master`,
          machine: sentinel.machine.name,
          // Asked at that moment, as Sentinel may have decided otherwise since the survey.
          unless: isMasterElsewhere(topology, sentinel.machine, machine),
          commands: [moveMaster(topology, sentinel.machine, machine)],
          verify: hasMasterMoved(
            topology,
            others.map((other) => other.machine),
            machine,
          ),
        },
      ]
    : [];
  return [plannedPhase(`take the cache of ${machine.name} out`, [passOver, failover], group)];
}
