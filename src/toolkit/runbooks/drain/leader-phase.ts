import { doesNotLead, giveLeadership, leadsElsewhere } from "../../services/mailnode/members.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { mailClusterOf } from "../survey/mail-leader.ts";
import type { DrainInput } from "./drain-input.ts";

/**
 * Lets another mail node lead. Nothing where there is no leader to be moved or no other member to move it to: mail is
 * taken without one. It is not undone, nor moved back: a leadership has no home.
 */
export function leaderPhase({ machine, surveys }: DrainInput, group: string): readonly Phase[] {
  const { name } = machine;
  const isMember = surveys.get(name)?.mailNode?.cluster?.standing === "voter";
  const others = mailClusterOf(surveys)?.members.filter(
    ({ node, standing, seems }) => node !== name && standing === "voter" && seems === "alive",
  );
  if (!isMember || !others || others.length === 0) return [];
  return [
    plannedPhase(
      `let another mail node than that of ${name} lead`,
      [
        [
          {
            title: "hand the mail nodes' leadership over",
            machine: name,
            // Asked at that moment: the nodes may have elected another one since the survey.
            unless: doesNotLead(name),
            commands: [giveLeadership()],
            verify: leadsElsewhere(name),
          },
        ],
      ],
      group,
    ),
  ];
}
