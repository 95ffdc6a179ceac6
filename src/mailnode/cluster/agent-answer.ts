import type { NodeState } from "../../contract/states.ts";

/**
 * What a node tells HAProxy of itself (HAProxy 2.6 configuration manual, section 5.2, "agent-check"): its share of
 * new connections and the most it takes while it serves, otherwise that it must not be given any.
 *
 * "ready" undoes the "drain" or "maint" of an earlier answer, and "up" an earlier "down".
 */
export function agentAnswer(state: NodeState, weightPercent: number, maxSessions: number): string {
  switch (state) {
    case "active": {
      const limit = maxSessions > 0 ? ` maxconn:${maxSessions}` : "";
      return `ready up ${weightPercent}%${limit}\n`;
    }
    case "draining":
      return "drain\n";
    case "maintenance":
      return "maint\n";
    case "initializing":
    case "joining":
    case "failed":
      return `down #${state}\n`;
  }
}
