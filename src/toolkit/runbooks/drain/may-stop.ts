import { COPY_MARK } from "../../services/galera/names.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import { objectionsToLeaving } from "./may-leave.ts";
import { fault, type Objection } from "./objections.ts";

/** What speaks against stopping the services of a machine: that it leaves, and what is under way on it. */
export function objectionsToStopping(
  topology: Topology,
  machine: Machine,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly Objection[] {
  return [...objectionsToLeaving(topology, machine, surveys), ...objectionsToCopies(machine, surveys)];
}

/** A donor that stops takes the joiner down with it; a joiner that stops begins its copy anew. */
function objectionsToCopies(
  machine: Machine,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly Objection[] {
  const { isDonor = false, isCopiedTo = false } = surveys.get(machine.name)?.member ?? {};
  const giving = `its database gives a copy to another member just now`;
  const taking = `a copy of all data to its database has begun and not ended (${COPY_MARK})`;
  return [
    ...(isDonor ? [fault("DRAIN_QUORUM", giving, "wait until that one is synced", false)] : []),
    ...(isCopiedTo
      ? [
          fault(
            "DRAIN_QUORUM",
            taking,
            "wait until it is synced; of a mark left over mbctl status tells",
            true,
          ),
        ]
      : []),
  ];
}
