import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import { backInto } from "../drain/mail-steps.ts";
import { described } from "../drain/ownership.ts";
import type { LeftOut, Look } from "../rolling/look.ts";

/**
 * The mail machines that some balancer sends nothing to although they are not drained, each once: a run that was broken off,
 * such as an earlier upgrade, has left them so.
 */
export function mailLeftOut(topology: Topology, { leftOut }: Look): readonly LeftOut[] {
  return machinesWith(topology, "mail").flatMap(
    ({ name }) => leftOut.find(({ machine }) => machine === name) ?? [],
  );
}

/** Comes before another mail node is taken out, which may be the last one that gets sessions. */
export function putBackPhase({ machine }: LeftOut, balancers: readonly string[]): Phase {
  return plannedPhase(`put the mail node of ${machine}, which was left out, back into every balancer`, [
    balancers.map((balancer) => backInto(balancer, machine)),
  ]);
}

export function noteOf({ machine, mark }: LeftOut): string {
  return `${machine} is put back into the balancers first: it was left out by ${described(mark)}`;
}
