import { DRAIN_MARKS, serializeDrainMark } from "../../../contract/drain-mark.ts";
import { putMark, removeMark } from "../../services/drain-marks.ts";
import * as haproxy from "../../services/haproxy/drain.ts";
import { isNodeDrained } from "../../services/mailnode/drain.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import type { Role } from "../../topology/topology.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import { cachePhase } from "./cache-phase.ts";
import { earlierMark, type DrainInput } from "./drain-input.ts";
import { leaderPhase } from "./leader-phase.ts";
import { BY_THEMSELVES_S, letEnd, outOf } from "./mail-steps.ts";
import { vipPhases } from "./vip-phases.ts";

/**
 * Takes a machine out, step by step, each proven by what the other side says: mail first, the VIP last. All of it is
 * one group, so that a drain that fails puts the machine back; one that was drained already stays drained, by the mark
 * that it had.
 */
export function drainPhases(input: DrainInput): readonly Phase[] {
  const { machine, surveys, mark, times, group } = input;
  const { name } = machine;
  const has = (role: Role) => machine.roles.includes(role);
  const text = serializeDrainMark(mark);
  const earlier = earlierMark(input);
  const balancers = reachableBalancers(surveys);
  const answering = balancers.filter((balancer) => surveys.get(balancer)!.balancer!.answers);
  const nodeAnswers = surveys.get(name)?.mailNode?.answer !== undefined;
  const phases: Phase[] = [];
  const add = (title: string, ...stages: readonly Stage[]) => phases.push(plannedPhase(title, stages, group));

  if (has("mail")) {
    const out = balancers.map((balancer) => ({
      ...outOf(balancer, name, text),
      undo: earlier === undefined ? haproxy.putBack(name) : [putMark(haproxy.balancerMark(name), earlier)],
    }));
    add(`take ${name} out of every balancer`, out);
    const patience = Math.min(BY_THEMSELVES_S, times.timeoutMs / 1000);
    const end = answering.map((balancer) => letEnd(balancer, name, patience));
    add(`let short sessions with ${name} end`, end);
  }
  if (has("cache")) phases.push(...cachePhase(input, group));
  if (has("mail")) phases.push(...leaderPhase(input, group));
  add(`mark ${name} as drained`, [
    {
      title: "put the mark",
      machine: name,
      commands: [putMark(DRAIN_MARKS.drained, text)],
      ...(has("mail") && nodeAnswers && { verify: isNodeDrained() }),
      undo: [earlier === undefined ? removeMark(DRAIN_MARKS.drained) : putMark(DRAIN_MARKS.drained, earlier)],
    },
  ]);
  for (const listener of ["database", "cache"] as const) {
    if (!has(listener)) continue;
    add(
      `see that the ${listener} is used elsewhere`,
      answering.map((balancer) => ({
        title: `see that ${listener} sessions go elsewhere`,
        machine: balancer,
        commands: [],
        verify: haproxy.hasMoved(listener, name),
      })),
      answering.map((balancer) => ({ ...haproxy.endWhatIsLeft(listener, name), machine: balancer })),
    );
  }
  if (has("mail")) add(`wait for the mail sessions of ${name}`, ...sessionStages(name, answering, times));
  if (has("balancer")) phases.push(...vipPhases(input, balancers, group));
  return phases;
}

/** Either the drain fails when sessions are left after the time, or they are ended. */
function sessionStages(
  name: string,
  balancers: readonly string[],
  { timeoutMs, endSessions }: DrainInput["times"],
): readonly Stage[] {
  if (!endSessions) {
    return [
      balancers.map((machine) => ({
        title: `wait until no session with ${name} is left`,
        machine,
        commands: [],
        verify: haproxy.noMailSession(name, timeoutMs),
      })),
    ];
  }
  return [
    balancers.map((machine) => ({
      title: `wait for the sessions with ${name}, then end them`,
      machine,
      commands: [haproxy.letSessionsEnd(name, timeoutMs / 1000), haproxy.endMailSessions(name)],
      verify: haproxy.noMailSession(name, 30_000),
    })),
  ];
}

/** In the order of the topology; also those whose HAProxy is stopped, as it reads the marks when it starts. */
export function reachableBalancers(surveys: ReadonlyMap<string, MachineSurvey>): readonly string[] {
  return [...surveys.values()].filter(({ balancer }) => balancer).map(({ machine }) => machine.name);
}
