import { isNoMember, takeOut } from "../../services/mailnode/members.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { Look } from "../rolling/look.ts";

/**
 * Takes the machine out of those who decide among the mail nodes, while all others are there: said to one that stays.
 * Nothing where they are no cluster.
 */
export function leavePhases({ name }: Machine, others: Topology, { surveys }: Look): readonly Phase[] {
  const by = machinesWith(others, "mail").find(
    (other) => other.name !== name && surveys.get(other.name)?.mailNode?.cluster?.leader,
  );
  const members = by && surveys.get(by.name)!.mailNode!.cluster!.members.filter(({ node }) => node === name);
  if (!by || !members || members.length === 0) return [];
  return [
    plannedPhase(
      `take the mail node of ${name} out of the cluster`,
      members.map(({ id }) => [
        {
          title: `take the mail node of ${name} out`,
          machine: by.name,
          unless: isNoMember(id).command,
          commands: [takeOut(id)],
          verify: isNoMember(id),
        },
      ]),
    ),
  ];
}
