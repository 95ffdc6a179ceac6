import type * as api from "../../../contract/cluster-api.ts";
import { textTable } from "../../../support/text-table.ts";

export function statusTable(status: api.ClusterStatus): string {
  const { leader, commitIndex, appliedIndex } = status;
  return table([
    ["Cluster", status.cluster],
    ["State", status.status],
    ["Leader", leader ? `${leader.node} (term ${leader.term})` : "nobody"],
    ["Nodes", `${status.healthyNodes} of ${status.totalNodes} healthy`],
    ["This node", `${status.node}, ${commitIndex - appliedIndex} entries behind what it knows as committed`],
  ]);
}

export function nodesTable({ nodes }: api.ClusterNodes): string {
  if (nodes.length === 0) return "No node has reported yet.\n";
  const rows = nodes.map((node) => [
    node.id,
    node.state,
    `${Math.round(node.load * 100)} %`,
    `${node.sessions}/${node.maxSessions}`,
    String(node.weight),
    node.region ?? "-",
    `${Math.round(node.reportedMsAgo / 1000)} s ago`,
  ]);
  return table([["NODE", "STATE", "LOAD", "SESSIONS", "WEIGHT", "REGION", "REPORTED"], ...rows]);
}

export function membersTable({ members }: api.Members): string {
  if (members.length === 0) return "There is no membership yet.\n";
  const rows = members.map(({ node, standing, seems, id }) => [node, standing, seems, id]);
  return table([["NODE", "STANDING", "SEEMS", "ID"], ...rows]);
}

export function maintenanceTable({ nodes }: api.MaintenanceList): string {
  if (nodes.length === 0) return "No node is in maintenance.\n";
  const rows = nodes.map(({ node, phase, left, by, since }) => [node, phase, String(left), by, since]);
  return table([["NODE", "PHASE", "CUT OFF", "BY", "SINCE"], ...rows]);
}

export function accountsTable({ accounts }: api.Accounts): string {
  if (accounts.length === 0)
    return "There are no accounts: the API answers through the local socket alone.\n";
  return table([["NAME", "ROLE"], ...accounts.map(({ name, role }) => [name, role])]);
}

export function auditTable({ records }: api.AuditView): string {
  if (records.length === 0) return "Nothing was found.\n";
  const rows = records.map(({ at, actor, action, target, outcome }) => [at, actor, action, target, outcome]);
  return table([["AT", "BY", "ACTION", "TARGET", "OUTCOME"], ...rows]);
}

/** Names are free text: what would steer a terminal is shown as a mark. */
function table(rows: readonly (readonly string[])[]): string {
  return textTable(rows.map((row) => row.map((cell) => cell.replaceAll(/[\p{Cc}\p{Cf}]/gu, "\uFFFD"))));
}
