import { hasMembers } from "../../services/galera/size.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn, votesIn } from "../../topology/voters.ts";

/** Where a database came or went: every one that there is afterwards must see all the others, and no more. */
export function countMembers(afterwards: Topology, changed: readonly Machine[]): readonly Phase[] {
  const isChanged = changed.some(
    (machine) => machine.roles.includes("database") || votesIn(afterwards, machine, "database"),
  );
  if (!isChanged) return [];
  const members = machinesWith(afterwards, "database");
  return [
    plannedPhase("count the members of the database cluster", [
      members.map((machine) => ({
        title: "count the members that this one sees",
        machine: machine.name,
        commands: [],
        verify: hasMembers(votersIn(afterwards, "database").length),
      })),
    ]),
  ];
}
