import type { Consistency } from "../../../contract/cluster-api.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { NotProposed, OutcomeUnknown } from "../../cluster/consensus.ts";

/** Makes sure of what is read next, or not. Throws NotProposed: of a read nothing can be unclear. */
export async function fresh({ replica }: RunningCluster, consistency: Consistency): Promise<void> {
  if (consistency === "stale") return;
  try {
    await replica.barrier();
  } catch (error) {
    if (error instanceof OutcomeUnknown) throw new NotProposed("no-leader");
    throw error;
  }
}
