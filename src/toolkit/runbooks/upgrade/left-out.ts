import type { DrainMark } from "../../../contract/drain-mark.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import { backInto } from "../drain/mail-steps.ts";
import { described, marksOf } from "../drain/ownership.ts";
import type { Look } from "../rolling/look.ts";

/** A mail machine that is not drained, and that a balancer sends nothing to all the same. */
export interface LeftOut {
  readonly name: string;
  /** The balancer's word for why. */
  readonly mark: DrainMark;
}

/**
 * In the order of the topology, of a cluster that is whole otherwise: no machine has a mark of its own there, so what a
 * balancer is told of one was left by a run that was broken off, such as an earlier upgrade.
 */
export function leftOut(topology: Topology, { surveys }: Look): readonly LeftOut[] {
  return machinesWith(topology, "mail").flatMap(({ name }) => {
    const [mark] = marksOf(name, surveys);
    return mark ? [{ name, mark }] : [];
  });
}

/** Comes before another mail node is taken out, which may be the last one that gets sessions. */
export function putBackPhase({ name }: LeftOut, balancers: readonly string[]): Phase {
  return plannedPhase(`put the mail node of ${name}, which was left out, back into every balancer`, [
    balancers.map((balancer) => backInto(balancer, name)),
  ]);
}

export function noteOf({ name, mark }: LeftOut): string {
  return `${name} is put back into the balancers first: it was left out by ${described(mark)}`;
}
