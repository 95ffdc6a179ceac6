import { parseMember } from "../../../services/galera/member.ts";
import { positionTable } from "../../../services/galera/position-table.ts";
import { machinesWith } from "../../../topology/topology.ts";
import { critical, note, type Finding } from "../../finding.ts";
import { having, isDrained, listed } from "../../view.ts";
import { answersTo, type DeepRules } from "../deep-view.ts";

/** Where each database machine stands, as soon as one is not in service: what a person decides by. */
export const positionRules: DeepRules = (view): readonly Finding[] => {
  const members = answersTo(view, "member").map(({ machine, answer }) => parseMember(machine, answer));
  const all = machinesWith(view.topology, "database").map(({ name }) => name);
  const serving = having(view, "galera").filter(
    ({ found }) =>
      found.clusterStatus === "Primary" &&
      found.localState === "Synced" &&
      found.isReady &&
      found.isConnected,
  );
  const missing = all.filter((name) => !serving.some(({ machine }) => machine.machine === name));
  if (members.length === 0 || missing.length === 0) return [];
  // What somebody has stopped on purpose is no fault while others are in service.
  const drained = serving.length === 0 ? [] : missing.filter((name) => isDrained(view, name));
  const shown = {
    rule: "database-positions",
    machines: members.map(({ machine }) => machine),
    evidence: positionTable(members).split("\n"),
  };
  if (drained.length === missing.length)
    return [
      note({
        ...shown,
        finding: `the database is not in service on ${listed(drained)}, which somebody has drained`,
        remedy: "",
      }),
    ];
  const beside = drained.length > 0 ? `; ${listed(drained)}, drained, not counted` : "";
  const copying = members.filter(({ isCopying }) => isCopying).map(({ machine }) => machine);
  return [
    critical({
      ...shown,
      finding: `of ${all.length - drained.length} database machines ${serving.length} are in service${beside}`,
      cause:
        copying.length > 0
          ? `a copy of all data to ${listed(copying)} was begun and has not ended: leave it alone while rsync runs there`
          : serving.length === 0
            ? "there is no primary component: nobody may write, so that no two histories come about"
            : "the others do not run, or could not join",
      remedy: serving.length === 0 ? "mbctl recover galera" : "mbctl apply, which joins the others",
    }),
  ];
};
