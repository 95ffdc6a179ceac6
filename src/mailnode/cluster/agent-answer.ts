import type { NodeState } from "../../contract/states.ts";

/** Of a node that is not in order: others are given more, and it is used where there are no others. */
const RESERVE_PERCENT = 10;

/**
 * What a node tells HAProxy of itself (HAProxy 2.6 configuration manual, section 5.2, "agent-check"): its share of
 * new connections, and the most that are to be open to one of its ports at once; HAProxy keeps the others waiting, or
 * gives them to another node.
 *
 * It never says "ready", which would undo what an operator has set, nor "down": whether it takes mail HAProxy asks its
 * port, and what the cluster of the nodes lacks is no reason to refuse mail. "up" undoes the "down" of an earlier
 * release.
 */
export function agentAnswer(state: NodeState, weightPercent: number, maxPerPort: number): string {
  const limit = maxPerPort > 0 ? ` maxconn:${maxPerPort}` : "";
  switch (state) {
    case "active":
      return `up ${weightPercent}%${limit}\n`;
    case "draining":
    case "maintenance":
      return "up 0%\n";
    case "initializing":
    case "joining":
    case "failed":
      return `up ${RESERVE_PERCENT}%${limit}\n`;
  }
}
