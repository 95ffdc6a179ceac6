import { describe, expect, it } from "@jest/globals";
import { clusterState, type ClusterEvidence } from "../../../src/mailnode/cluster/cluster-state.ts";
import { ownNodeState, seenNodeState, type OwnEvidence } from "../../../src/mailnode/cluster/node-state.ts";

describe("a node's state, by what it knows of itself", () => {
  const well: OwnEvidence = {
    discovered: true,
    member: true,
    caughtUp: true,
    healthy: true,
    maintenance: undefined,
  };
  it.each([
    [
      "initializing",
      "while nobody of the cluster has answered",
      { discovered: false, member: false, caughtUp: false },
    ],
    ["joining", "while it is no member", { member: false }],
    [
      "joining",
      "while it has not caught up, whatever else holds",
      { caughtUp: false, maintenance: "draining" },
    ],
    ["active", "when all is well", {}],
    ["failed", "when its own checks fail", { healthy: false }],
    ["draining", "while sessions end", { maintenance: "draining" }],
    ["maintenance", "once it serves none, however it is", { maintenance: "maintenance", healthy: false }],
  ] as const)("is %s %s", (state, _when, evidence) => {
    expect(ownNodeState({ ...well, ...evidence })).toBe(state);
  });
});

describe("a node's state, as the others see it", () => {
  const heard = { reported: "active", sinceReportMs: 100, maintenance: undefined } as const;
  it.each([
    ["active", "as it says", {}],
    ["joining", "before it has said anything", { reported: undefined }],
    ["failed", "when it has been silent for too long", { sinceReportMs: 10_001 }],
    ["active", "just before that", { sinceReportMs: 10_000 }],
    ["draining", "as soon as the mark is set, before it says so itself", { maintenance: "draining" }],
    ["draining", "when it goes down by itself and says so", { reported: "draining" }],
    ["failed", "when it dies while it drains", { maintenance: "draining", sinceReportMs: 10_001 }],
    ["failed", "when it breaks while it drains", { maintenance: "draining", reported: "failed" }],
    [
      "maintenance",
      "when it is switched off in maintenance",
      { maintenance: "maintenance", sinceReportMs: 1e9 },
    ],
  ] as const)("is %s %s", (state, _when, evidence) => {
    expect(seenNodeState({ ...heard, ...evidence }, 10_000)).toBe(state);
  });
});

describe("the cluster's state", () => {
  const voters = ["a", "b", "c"];
  const well: ClusterEvidence = {
    formed: true,
    voters,
    reachable: voters,
    alive: voters,
    led: true,
    claims: voters.map((by) => ({ by, leader: "a", term: 3 })),
    nodes: ["active", "active", "active"],
    movingSessions: false,
  };
  it.each<[string, string, Partial<ClusterEvidence>]>([
    ["forming", "until there was once a cluster", { formed: false, led: false, reachable: ["a"] }],
    ["healthy", "when all are there and active", {}],
    [
      "degraded",
      "when a voter is away and a quorum is left",
      { reachable: ["a", "b"], alive: ["a", "b"], nodes: ["active", "active", "failed"] },
    ],
    ["degraded", "when a node is in maintenance", { nodes: ["active", "active", "maintenance"] }],
    [
      "degraded",
      "when a voter that is no mail node is away",
      { reachable: ["a", "b"], alive: ["a", "b"], nodes: ["active", "active"] },
    ],
    ["rebalancing", "while a node drains", { nodes: ["active", "active", "draining"] }],
    ["rebalancing", "while clients are handed over", { movingSessions: true }],
    ["split-brain", "when somebody lives who cannot be reached", { reachable: ["a", "b"] }],
    ["split-brain", "on the side without a quorum too", { reachable: ["c"], led: false }],
    [
      "split-brain",
      "when two believe that they lead",
      {
        claims: [
          { by: "a", leader: "a", term: 3 },
          { by: "b", leader: "b", term: 4 },
        ],
      },
    ],
    [
      "healthy",
      "when somebody still names the former leader",
      {
        claims: [
          { by: "a", leader: "a", term: 4 },
          { by: "b", leader: "c", term: 3 },
        ],
      },
    ],
    [
      "failed",
      "when no quorum is there and nobody else seems to live",
      { reachable: ["c"], alive: ["c"], led: false },
    ],
    ["failed", "when nobody leads", { led: false }],
  ])("is %s %s", (state, _when, evidence) => {
    expect(clusterState({ ...well, ...evidence })).toBe(state);
  });
});
