import type { OperationId } from "../../../contract/api-operations.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { ProblemError } from "./problem.ts";

/** What a node knows without the shared state, from its log and from gossip. */
const WITHOUT_STATE: ReadonlySet<OperationId> = new Set(["getStatus", "getMembers", "getLeader"]);

/**
 * Throws ProblemError on a witness, unless the operation is one that needs no shared state. A witness keeps none: it
 * can look nothing up there, accounts neither, and never sees that a change is done.
 */
export function refuseAtWitness(cluster: RunningCluster | undefined, id?: OperationId): void {
  if (cluster?.part().standing !== "witness" || (id !== undefined && WITHOUT_STATE.has(id))) return;
  throw new ProblemError(
    "not-proposed",
    "this node is a witness: it keeps no accounts and no state",
    "ask another node",
    { reason: "witness" },
  );
}
