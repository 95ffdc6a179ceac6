import { healthOf, type Health } from "../../../../src/contract/health.ts";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";

export const MEMBER_IDS = { "node-1": "aa01", "node-2": "aa02", "node-3": "aa03" } as const;
const ok = { status: "ok" } as const;

/** What the mail node of a machine says of a cluster of three in which all is well, node-1 leading. */
export function clusterPart(node: string, changes: Partial<ClusterPart> = {}): ClusterPart {
  return {
    name: "acme",
    state: "active",
    status: "healthy",
    member: idOf(node),
    standing: "voter",
    leader: "node-1",
    term: 4,
    commitIndex: 812,
    appliedIndex: 812,
    lag: 0,
    members: Object.keys(MEMBER_IDS).map(memberOf),
    ...changes,
  };
}

export function idOf(node: string): string {
  return MEMBER_IDS[node as keyof typeof MEMBER_IDS] ?? `aa${node.replace(/\D/g, "").padStart(2, "0")}`;
}

export function memberOf(node: string): ClusterPart["members"][number] {
  return { node, id: idOf(node), standing: "voter", seems: "alive" };
}

/** What a node says that is no member: "waits" for what it says. */
export function outsider(node: string, waiting: string, member = idOf(node)): ClusterPart {
  const { standing: _none, ...part } = clusterPart(node);
  return {
    ...part,
    state: "joining",
    status: "forming",
    member,
    waiting,
    leader: null,
    term: 0,
    members: [],
  };
}

/** The body of GET /health of a node in this cluster; of one that is on its own without it. */
export function healthWith(node: string, cluster?: ClusterPart): Health {
  const health = healthOf(node, "0.1.0", { services: { smtp: ok, queue: ok, delivery: ok } });
  return cluster ? { ...health, cluster } : health;
}
