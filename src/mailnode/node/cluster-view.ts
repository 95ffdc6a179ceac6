import type { ClusterPart } from "../../contract/cluster-status.ts";
import type { ClusterState, NodeState } from "../../contract/states.ts";
import type { Env } from "../../support/env.ts";
import { clusterState, type LeaderClaim } from "../cluster/cluster-state.ts";
import { ownNodeState } from "../cluster/node-state.ts";
import type { Registry } from "../cluster/registry.ts";
import type { GossipFigures, RaftFigures } from "../cluster/running-cluster.ts";
import type { Gossip } from "../membership/shell/gossip.ts";
import { leadsIn } from "./announcement.ts";
import type { RunningClusterNode } from "./cluster-node.ts";
import { Lasting } from "./lasting.ts";
import type { MemberDirectory } from "./member-directory.ts";

export interface ClusterViewParts {
  readonly name: string;
  readonly node: RunningClusterNode;
  readonly gossip: Gossip;
  readonly directory: MemberDirectory;
  readonly registry: Registry;
  readonly env: Env;
  /** How long a cut or a second leader must last to be called a partition. */
  readonly partitionMs: number;
  /** What the node itself says: what it waits for, whether it has the whole log, works, and is out of service. */
  readonly own: () => {
    readonly waiting: string | undefined;
    readonly caughtUp: boolean;
    readonly healthy: boolean;
    readonly maintenance: "draining" | "maintenance" | undefined;
  };
}

/** What a node can tell of itself and of its cluster, from its log, from gossip and from the shared state. */
export class ClusterView {
  readonly #parts: ClusterViewParts;
  readonly #cutOff: Lasting;
  readonly #rivals: Lasting;
  #unreachable: readonly string[] = [];
  #claims: readonly LeaderClaim[] = [];
  #leaderChanges = 0;

  constructor(parts: ClusterViewParts) {
    this.#parts = parts;
    this.#cutOff = new Lasting(parts.partitionMs);
    this.#rivals = new Lasting(parts.partitionMs);
    parts.node.driver.onLeaderChange(() => this.#leaderChanges++);
  }

  /** Looks who can be reached and who claims to lead. To be called often: what lasts is what was seen each time. */
  observe(): void {
    const { node, gossip, directory, env } = this.#parts;
    const now = env.monotonic();
    const silent = this.#voters().filter((id) => id !== node.id && !node.connected(id));
    const alive = silent.filter((id) => directory.seems(id) === "alive");
    this.#unreachable = this.#cutOff.look(alive, now);
    const claims = gossip.members().flatMap((member): readonly LeaderClaim[] => {
      const term = member.state === "alive" ? leadsIn(member) : undefined;
      return term === undefined ? [] : [{ by: member.id, leader: member.id, term }];
    });
    const lasting = this.#rivals.look(
      claims.map(({ by, term }) => `${by} ${term}`),
      now,
    );
    this.#claims = claims.filter(({ by, term }) => lasting.includes(`${by} ${term}`));
  }

  nodeState(): NodeState {
    const { node, gossip, directory, own } = this.#parts;
    const member = directory.standingOf(node.id) !== undefined;
    const discovered =
      member || gossip.members().some(({ id, state }) => id !== node.id && state === "alive");
    return ownNodeState({ discovered, member, ...own() });
  }

  clusterState(): ClusterState {
    const { node, registry } = this.#parts;
    const status = node.driver.status();
    const voters = this.#voters();
    const nodes = registry.nodes();
    return clusterState({
      formed: status !== undefined && voters.length > 0 && status.commit > 0,
      voters,
      reachable: voters.filter((id) => id === node.id || node.connected(id)),
      // Who was cut off just now may only be starting.
      alive: voters.filter((id) => this.#unreachable.includes(id)),
      led: node.driver.leader() !== undefined,
      claims: this.#claims,
      nodes: [...nodes.map(({ state }) => state), ...this.#unheard().map((): NodeState => "joining")],
      movingSessions: node.replica.machine.maintenances
        .list()
        .some(([, { phase, migrateSessions }]) => phase === "draining" && migrateSessions),
    });
  }

  part(): ClusterPart {
    const { name, node, directory, own } = this.#parts;
    const { term = 0, commit = 0, applied = 0 } = node.driver.status() ?? {};
    const leader = node.driver.leader();
    const standing = directory.standingOf(node.id);
    const { waiting = "to be taken in" } = own();
    return {
      name,
      state: this.nodeState(),
      status: this.clusterState(),
      member: node.id,
      ...(standing === undefined ? { waiting } : { standing }),
      leader: leader === undefined ? null : directory.nameOf(leader.id),
      term,
      commitIndex: commit,
      appliedIndex: applied,
      lag: Math.max(0, commit - applied),
      members: [...directory.view()],
    };
  }

  raft(): RaftFigures | undefined {
    const status = this.#parts.node.driver.status();
    return (
      status && {
        role: status.role,
        term: status.term,
        firstIndex: status.first,
        lastIndex: status.last.index,
        durableIndex: status.durable,
        commitIndex: status.commit,
        appliedIndex: status.applied,
        snapshotIndex: status.snapshot.index,
        uncommittedBytes: status.uncommittedBytes,
        pendingReads: status.pendingReads,
        leaderChanges: this.#leaderChanges,
        ...this.#parts.node.driver.figures(),
      }
    );
  }

  gossip(): GossipFigures {
    const { gossip } = this.#parts;
    const members = { alive: 0, suspect: 0, dead: 0, left: 0 };
    for (const { state } of gossip.members()) members[state]++;
    return { doubt: gossip.doubt, refused: gossip.refused, members };
  }

  /** Voters that hold the state and have not yet reported to it; a witness, which has no state, hears of none. */
  #unheard(): readonly string[] {
    const { node, directory } = this.#parts;
    if (directory.standingOf(node.id) === "witness") return [];
    const reported = new Set(node.replica.machine.nodes.list().map(([, { member }]) => member));
    return node.driver
      .members()
      .filter(({ id, voter, witness }) => voter && !witness && !reported.has(id))
      .map(({ id }) => id);
  }

  #voters(): readonly string[] {
    return this.#parts.node.driver
      .members()
      .filter(({ voter }) => voter)
      .map(({ id }) => id);
  }
}
