import { CLUSTER_STATES, NODE_STATES } from "../../../contract/states.ts";
import type { RaftFigures, RunningCluster } from "../../cluster/running-cluster.ts";
import { by, single, type Family } from "./exposition.ts";

/** Metrics of a node's part in its cluster. */
export function clusterMetrics(cluster: RunningCluster): readonly Family[] {
  const raft = cluster.raft();
  return [...stateMetrics(cluster), ...proposalMetrics(cluster), ...(raft ? raftMetrics(raft) : [])];
}

function stateMetrics(cluster: RunningCluster): readonly Family[] {
  const { doubt, refused, members } = cluster.gossip();
  const { status } = cluster.part();
  const states = cluster.registry.nodes().map(({ state }) => state);
  return [
    by(
      "gauge",
      "mailbastion_cluster_state",
      "1 for the state that the cluster is in, as this node sees it.",
      "state",
      Object.fromEntries(CLUSTER_STATES.map((state) => [state, Number(state === status)])),
    ),
    by(
      "gauge",
      "mailbastion_cluster_nodes",
      "Nodes of the registry by state.",
      "state",
      Object.fromEntries(
        NODE_STATES.map((state) => [state, states.filter((other) => other === state).length]),
      ),
    ),
    by("gauge", "mailbastion_gossip_members", "Nodes that gossip knows, by state.", "state", members),
    single("gauge", "mailbastion_gossip_doubt", "How much this node doubts itself; 0 is healthy.", doubt),
    single(
      "counter",
      "mailbastion_gossip_refused_packets_total",
      "Packets that did not open: a wrong key, another cluster, or noise.",
      refused,
    ),
  ];
}

function proposalMetrics({ replica }: RunningCluster): readonly Family[] {
  const { outcomes, latency } = replica.proposals.figures();
  return [
    by(
      "counter",
      "mailbastion_raft_proposals_total",
      "Proposals of this node by what became of them.",
      "outcome",
      outcomes,
    ),
    {
      name: "mailbastion_raft_commit_duration_seconds",
      help: "From a proposal of this node until it was accepted.",
      values: { type: "histogram", figures: latency },
    },
  ];
}

function raftMetrics(raft: RaftFigures): readonly Family[] {
  const gauge = (name: string, help: string, value: number): Family =>
    single("gauge", `mailbastion_raft_${name}`, help, value);
  return [
    gauge("term", "The term that this node knows.", raft.term),
    gauge("is_leader", "1 while this node leads.", Number(raft.role === "leader")),
    single(
      "counter",
      "mailbastion_raft_leader_changes_total",
      "Changes of leader that this node has seen.",
      raft.leaderChanges,
    ),
    gauge("last_index", "The newest entry of this node's log.", raft.lastIndex),
    gauge("durable_index", "The newest entry that is on its disk.", raft.durableIndex),
    gauge("commit_index", "The newest entry that it knows as committed.", raft.commitIndex),
    gauge("applied_index", "The newest entry that it has applied.", raft.appliedIndex),
    gauge("snapshot_index", "The entry up to which its newest snapshot stands.", raft.snapshotIndex),
    gauge("log_entries", "Entries that the log holds.", Math.max(0, raft.lastIndex - raft.firstIndex + 1)),
    gauge("uncommitted_bytes", "What a leader has appended and not committed.", raft.uncommittedBytes),
    gauge("pending_reads", "Reads that wait for a leader to prove itself.", raft.pendingReads),
    {
      name: "mailbastion_raft_persist_duration_seconds",
      help: "From handing a batch of the log to the disk until it was durable.",
      values: { type: "histogram", figures: raft.persist },
    },
    by(
      "counter",
      "mailbastion_raft_snapshots_total",
      "Snapshots of the state: taken here, sent to another member, installed from a leader.",
      "what",
      raft.snapshots,
    ),
  ];
}
