import { parseMember } from "../../../services/galera/member.ts";
import { positionTable } from "../../../services/galera/position-table.ts";
import { machinesWith } from "../../../topology/topology.ts";
import { critical, type Finding } from "../../finding.ts";
import { having, listed } from "../../view.ts";
import { answersTo, type DeepRules } from "../deep-view.ts";

/** Where each database machine stands, as soon as one is not in service: what a person decides by. */
export const positionRules: DeepRules = (view): readonly Finding[] => {
  const members = answersTo(view, "member").map(({ machine, answer }) => parseMember(machine, answer));
  const serving = having(view, "galera").filter(
    ({ found }) =>
      found.clusterStatus === "Primary" &&
      found.localState === "Synced" &&
      found.isReady &&
      found.isConnected,
  );
  if (members.length === 0 || serving.length === machinesWith(view.topology, "database").length) return [];
  const copying = members.filter(({ isCopying }) => isCopying).map(({ machine }) => machine);
  return [
    critical({
      rule: "database-positions",
      machines: members.map(({ machine }) => machine),
      finding: `of ${machinesWith(view.topology, "database").length} database machines ${serving.length} are in service`,
      cause:
        copying.length > 0
          ? `a copy of all data to ${listed(copying)} was begun and has not ended: leave it alone while rsync runs there`
          : serving.length === 0
            ? "there is no primary component: nobody may write, so that no two histories come about"
            : "the others do not run, or could not join",
      remedy: serving.length === 0 ? "mbctl recover galera" : "mbctl apply, which joins the others",
      evidence: positionTable(members).split("\n"),
    }),
  ];
};
