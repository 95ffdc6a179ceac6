import type { MailCluster } from "../../services/mailnode/members.ts";
import type { MachineSurvey } from "./machine.ts";

/** What the mail node says that knows best: the one of the highest term that knows a leader. */
export function mailClusterOf(surveys: ReadonlyMap<string, MachineSurvey>): MailCluster | undefined {
  return [...surveys.values()]
    .flatMap(({ mailNode }) => (mailNode?.cluster?.leader ? [mailNode.cluster] : []))
    .toSorted((a, b) => b.term - a.term)[0];
}

/** The machine whose mail node leads the others; undefined while nobody is known to. */
export function mailLeaderOf(surveys: ReadonlyMap<string, MachineSurvey>): string | undefined {
  return mailClusterOf(surveys)?.leader ?? undefined;
}
