import type { NodeState } from "../../contract/states.ts";

type Phase = "draining" | "maintenance";

/** What a node knows of itself. */
export interface OwnEvidence {
  /** Somebody of the cluster has answered. */
  readonly discovered: boolean;
  /** It is in the membership that the log holds. */
  readonly member: boolean;
  /** It has applied what was committed when it came. */
  readonly caughtUp: boolean;
  /** Its own checks, by their thresholds. */
  readonly healthy: boolean;
  readonly maintenance: Phase | undefined;
}

/** The state that a node reports of itself. */
export function ownNodeState(evidence: OwnEvidence): NodeState {
  if (!evidence.discovered) return "initializing";
  if (!evidence.member || !evidence.caughtUp) return "joining";
  if (evidence.maintenance) return evidence.maintenance;
  return evidence.healthy ? "active" : "failed";
}

/** What the others know of a node. */
export interface SeenEvidence {
  /** What it said of itself last; undefined: nothing yet. */
  readonly reported: NodeState | undefined;
  /** Age of that report in the state's time. */
  readonly sinceReportMs: number;
  readonly maintenance: Phase | undefined;
}

/**
 * The state of a node as the cluster sees it. A node in maintenance may be switched off and is not failed for it; one
 * that dies while it drains is.
 *
 * @param failureDetectionMs silence after which a node is failed
 */
export function seenNodeState(evidence: SeenEvidence, failureDetectionMs: number): NodeState {
  const { reported, sinceReportMs, maintenance } = evidence;
  if (maintenance === "maintenance") return "maintenance";
  if (reported === undefined) return "joining";
  if (sinceReportMs > failureDetectionMs) return "failed";
  // The mark comes before what the node has had time to say of it.
  if (maintenance === "draining") return reported === "failed" ? "failed" : "draining";
  return reported;
}
