import type { Env } from "../../support/env.ts";
import type { NodeReport } from "../cluster/registry.ts";
import type { OpenCluster } from "./open-cluster.ts";

type Parts = Pick<OpenCluster, "log" | "directory">;

/**
 * Has the shared state know which machine each witness is, until the signal ends it: a witness cannot report that itself,
 * and gossip forgets who is gone. The leader writes it once, when the witness has proven it by its certificate.
 */
export async function keepWitnesses(
  { log, directory }: Parts,
  { env, lookMs }: { readonly env: Env; readonly lookMs: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (log.driver.leader()?.id === log.id)
      for (const [node, member] of unknownWitnesses({ log, directory }))
        // Who leads next looks again.
        await log.replica
          .perform<"node.report">({ type: "node.report", node, member, ...OF_A_WITNESS })
          .catch(() => undefined);
    await env.sleep(lookMs, signal).catch(() => undefined);
  }
}

/** It takes no sessions, also in the eyes of a node that does not know a witness by its role. */
const OF_A_WITNESS: NodeReport = {
  state: "maintenance",
  load: 0,
  sessions: 0,
  maxSessions: 0,
  weight: 0,
  roles: ["witness"],
  endpoints: [],
  documents: {},
};

/** Machine and id of each witness that the state does not know, and that this node reaches. */
function unknownWitnesses({ log, directory }: Parts): readonly (readonly [string, string])[] {
  const members = log.driver.members();
  const reported = directory.reported();
  return members.flatMap(({ id, witness }) => {
    const machine = witness && !reported.has(id) ? log.machineOf(id) : undefined;
    if (machine === undefined) return [];
    // Of another member on that machine nobody else may know any more which one it was.
    const former = log.replica.machine.nodes.get(machine)?.member;
    return members.some((other) => other.id === former) ? [] : [[machine, id]];
  });
}
