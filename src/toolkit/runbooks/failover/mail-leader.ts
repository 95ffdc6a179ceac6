import { UserError } from "../../../support/errors.ts";
import { giveLeadership, isLedBy } from "../../services/mailnode/members.ts";
import { plannedPhase } from "../../steps/phase.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { Runbook } from "../runbook.ts";
import { surveyCommand } from "../survey/command.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { chooseTarget, failoverArguments, type FailoverArguments } from "./choose-target.ts";

/** Makes another mail node the leader of their cluster. It is done when every mail node names the new one. */
export const failoverMailLeader: Runbook<FailoverArguments> = {
  name: "failover mail-leader",
  summary: "let another mail node lead what they share",
  arguments: failoverArguments,
  isRepeatable: true,
  survey: ({ topology }) => ({
    machines: machinesWith(topology, "mail").map(({ name }) => name),
    command: (name) => surveyCommand(topology, machineNamed(topology, name), { withStorage: false }),
  }),
  plan: ({ topology }, { to }, answers) => {
    const surveys = parseSurvey(topology, answers);
    const leader = leaderOf(topology, surveys);
    const candidates = machinesWith(topology, "mail").map((machine) => ({
      machine,
      fault: faultOf(surveys.get(machine.name)),
    }));
    const { name } = chooseTarget("the mail nodes' leadership", leader, candidates, to);
    const members = candidates.filter(({ machine, fault }) => fault === "" && machine.name !== name);
    return {
      phases: [
        plannedPhase(`let the mail node of ${name} lead`, [
          [
            {
              title: "take the mail nodes' leadership over",
              machine: name,
              unless: isLedBy(name).command,
              commands: [giveLeadership(name)],
              verify: isLedBy(name),
            },
          ],
          members.map(({ machine }) => ({
            title: `see that this mail node follows that of ${name}`,
            machine: machine.name,
            commands: [],
            verify: isLedBy(name),
          })),
        ]),
      ],
      next: "mbctl status",
    };
  },
};

/** The one that every mail node names. Throws FAILOVER_NO_HOLDER where they differ, know of none, or it is none of ours. */
function leaderOf(topology: Topology, surveys: ReadonlyMap<string, MachineSurvey>): Machine {
  const named = new Set([...surveys.values()].flatMap(({ mailNode }) => mailNode?.cluster?.leader ?? []));
  const [name] = named;
  const leader = machinesWith(topology, "mail").find((machine) => machine.name === name);
  if (named.size === 1 && leader) return leader;
  throw new UserError(
    "FAILOVER_NO_HOLDER",
    `the mail nodes that answer name ${[...named].join(" and ") || "no leader"}, and it should be one mail node of this cluster`,
    "let mbctl status say why",
  );
}

function faultOf(survey: MachineSurvey | undefined): string {
  if (!survey) return "it does not answer";
  if (survey.mark) return `it is drained by ${survey.mark.owner}`;
  const cluster = survey.mailNode?.cluster;
  if (!cluster) return "its mail node says nothing of its cluster";
  if (cluster.standing === undefined) return "its mail node is no member of the cluster";
  if (cluster.standing !== "voter") return `its mail node is a ${cluster.standing}, which does not lead`;
  return cluster.leader === null ? "its mail node follows no leader" : "";
}
